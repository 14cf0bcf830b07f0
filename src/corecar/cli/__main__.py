"""`python -m corecar.cli`: the command line."""

from corecar.cli import main

main()
