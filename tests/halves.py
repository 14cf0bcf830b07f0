"""Run the tests as two halves side by side: `python tests/halves.py`. What the second half printed follows the first's.

A script instead of a shell's `&`: what that starts ignores Ctrl-C, which some tests are about. Thousands of tests start
a command of their own, so modules are compiled once and kept, also where the environment asks that they are not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

SECOND = tuple(f"tests/{name}" for name in ("bridge", "cli", "formats", "quality", "report", "screen", "store"))
"""Folders whose tests take about as long as all others."""
PYTEST = (sys.executable, "-m", "pytest")


def main() -> int:
    """0 when both halves passed."""
    keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen([*PYTEST, *SECOND], stdout=said, stderr=said, env=keeping) as second,
    ):
        try:
            first = subprocess.call([*PYTEST, "tests", *(f"--ignore={folder}" for folder in SECOND)], env=keeping)
            other = second.wait()
        except BaseException:
            second.terminate()
            raise
        said.seek(0)
        sys.stdout.buffer.write(said.read())
    return first or other


if __name__ == "__main__":
    sys.exit(main())
