"""`python -m stack.cli`: the command without its script."""

from stack.cli import main

main()
