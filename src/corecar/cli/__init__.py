"""The command line: flags and arguments translated into the verbs of `corecar.bridge`.

NumPy, Arrow and Numba are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations

import gc
import sys

UNUSED = frozenset({"pandas", "yaml"})
"""What Arrow and Numba import where it is installed, and no command needs: a quarter of a small command's time."""
NEEDING = "distributed"
"""The one package that cannot do without: once work goes to a cluster, nothing is refused any more."""


def main() -> None:
    """Run the `corecar` command."""
    sys.meta_path.insert(0, WithoutUnused())
    _collect_seldom()
    from corecar.cli.app import app
    from corecar.cli.streams import forgive_narrow_terminals, stand_in_for_closed

    stand_in_for_closed()
    forgive_narrow_terminals()
    app(prog_name="corecar")


def _collect_seldom() -> None:
    """Spare a small command a tenth of its time: what it imports stays, and needs no search for circles so often."""
    gc.set_threshold(50_000, 20, 20)


class WithoutUnused:
    """An import rule: what is `UNUSED` is not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse the unused; leave every other module to the rules that follow."""
        if name in UNUSED and NEEDING not in sys.modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
