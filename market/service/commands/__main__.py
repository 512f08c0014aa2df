"""`python -m market.service.commands` is `market`."""

from market.service.commands import main

main()
