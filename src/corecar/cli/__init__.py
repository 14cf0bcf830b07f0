"""The command line: flags and arguments translated into the verbs of `corecar.bridge`, and nothing else.

NumPy, Arrow and Numba are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations


def main() -> None:
    """Run the `corecar` command."""
    from corecar.cli.app import app
    from corecar.cli.streams import forgive_narrow_terminals

    forgive_narrow_terminals()
    app(prog_name="corecar")
