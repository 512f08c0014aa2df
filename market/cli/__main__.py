"""`python -m market.cli` is `market`."""

from market.cli import main

main()
