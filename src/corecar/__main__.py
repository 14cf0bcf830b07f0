"""`python -m corecar`: the command line."""

from corecar.cli import main

main()
