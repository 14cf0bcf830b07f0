"""The command line: flags and arguments translated into the verbs of `corecar.bridge`.

NumPy, Arrow and Numba are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the `corecar` command."""
    from corecar.cli.app import app
    from corecar.cli.streams import forgive_narrow_terminals

    sys.meta_path.insert(0, WithoutPandas())
    forgive_narrow_terminals()
    app(prog_name="corecar")


class WithoutPandas:
    """An import rule: there is no pandas. No command needs it, yet Arrow imports it at the first array.

    That takes a quarter of the time of a small command; where pandas isn't installed, Arrow does without it too.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas; leave every other module to the rules that follow."""
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
