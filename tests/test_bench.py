"""The figures whose limit is a bare statement give it every value that it asks for; README repeats measured figures."""

import re
from pathlib import Path

from market.kernel import Database
from market.kernel.postgres.embedded import EmbeddedServer
from tests.bench.shop import Environment, cart_read, nights_read
from tests.support.make import make_account, make_product, make_stay


async def test_the_shops_figures_with_bare_statements_can_be_measured(
    server: EmbeddedServer, database: Database
) -> None:
    async with database.transaction() as conn:
        products = [await make_product(conn, left=100) for _ in range(20)]
        stay = await make_stay(conn)
        buyer = await make_account(conn)
    variants = [each.variant_id for each in products]
    environment = Environment(server, database, variants, [buyer], stay.listing_id, 0.01, 1)
    assert [(await measure(environment)).value > 0 for measure in (nights_read, cart_read)] == [True, True]


def read_figures(path: str, pattern: str) -> dict[str, tuple[str, str]]:
    """Return the value with its unit and the ratio of each figure of a page's table."""
    page = (Path(__file__).parents[1] / path).read_text(encoding="utf-8")
    found = [each.groupdict() for each in re.finditer(pattern, page, flags=re.MULTILINE)]
    return {each["name"]: (f"{each['value']} {each['unit']}", each["ratio"]) for each in found}


def test_the_figures_of_the_readme_are_those_that_were_measured() -> None:
    measured = read_figures(
        "docs/figures.md",
        r"^\| `(?P<name>\w+)` \| (?P<value>[\d,.]+) \| [\d,.]+ \| (?P<unit>\S+) \| (?P<ratio>[\d.]+) \|$",
    )
    shown = read_figures(
        "README.md", r"^\| `(?P<name>\w+)` \| .* \| (?P<value>[\d,.]+) (?P<unit>\S+) \| (?P<ratio>[\d.]+) \|$"
    )
    assert len(shown) > 1
    assert shown == {name: measured[name] for name in shown}
