"""Each figure of the suite can be measured, and README repeats measured figures."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from market.kernel import Database
from market.kernel.postgres.embedded import EmbeddedServer
from tests.bench import (
    buyers,
    checkout,
    county,
    engine,
    market,
    pages,
    payments,
    queues,
    reports,
    requests,
    shop,
    subsidies,
    townships,
)
from tests.bench.__main__ import BY_NAME, GROUPS, Suite
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


SMALLEST: dict[ModuleType, dict[str, float]] = {
    buyers: {"CONNECTIONS": 2},
    checkout: {
        "WORKERS": 1,
        "ORDERS": 4,
        "SANDBOX_ORDERS": 2,
        "HEALTHS": 20,
        "MEASURED_ORDERS": 40,
        "FEW_LISTINGS": 100,
    },
    county: {"SCALE": 1, "PERSONS": 50},
    engine: {"LINES": 200},
    market: {"LISTINGS": 200, "FEW_LISTINGS": 100, "PRODUCERS": 10},
    pages: {"REQUESTS": 20, "SLOW_REQUESTS": 10, "HOT_PRODUCTS": 10, "SEARCHES": 10},
    payments: {"CONNECTIONS": 2, "FACTS": 20, "FACTS_BEFORE": 10, "MESSAGES": 20, "CHARGES": 4},
    queues: {
        "WEBHOOKS": 8,
        "EVENTS": 8,
        "REFUNDS": 4,
        "NOTICES_WAITING": 20,
        "WRITERS": 2,
        "COMMITS_EACH": 5,
        "COMMITS": 20,
    },
    reports: {"READS": 1},
    requests: {"REQUESTS": 20, "CONNECTIONS": 2},
    shop: {"GOODS_COUNT": 20, "BUYERS": 600, "QUICK_SECONDS": 1, "CALLERS": 4, "CLIENTS": 2},
    subsidies: {"READS": 1},
    townships: {"LINES": 200},
}
"""What each module of the suite measures with, as small as its figures allow."""
SUITES = [suite for group, suites in GROUPS.items() if group not in BY_NAME for suite in suites]


@pytest.mark.long
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: next(iter(suite.figures)))
async def test_each_figure_of_the_suite_is_measured(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, sizes in SMALLEST.items():
        for name, size in sizes.items():
            monkeypatch.setattr(module, name, size)
    async with suite.environment(quick=True) as environment:
        for name, measure in suite.figures.items():
            row = await measure(environment)
            assert row.name == name
            assert row.value > 0
