"""`make bench`: measure each figure against a limit that is measured in the same run.

Writes one JSON object per figure to standard output, `{"name", "value", "unit", "limit", "ratio"}`, and progress to
standard error. `ONLY=` selects a group (shop, payments, subsidies) or a figure; `QUICK=1` repeats less at the same
sizes. Value and limit are measured alternately and reported as medians; `ratio` is value over limit. The group `peers`
installs other markets with npm, so it is measured only when it is named.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from msgspec import Struct

from market.service.startup import tune_garbage_collector
from tests.bench import checkout, county, engine, market, pages, payments, peers, queues, requests, shop, subsidies
from tests.bench.shop import Row


class Suite(Struct, frozen=True):
    """Figures that share one environment, which is set up once."""

    environment: Callable[..., AbstractAsyncContextManager[Any]]
    figures: dict[str, Callable[[Any], Awaitable[Row]]]


GROUPS = {
    "shop": [
        Suite(shop.shop_environment, {**shop.FIGURES, **queues.FIGURES, **requests.FIGURES}),
        Suite(checkout.checkout_environment, checkout.FIGURES),
        Suite(checkout.checkout_environment, checkout.VOLUME_FIGURES),
        Suite(market.market_environment, {**pages.FIGURES, "growth_checkout": checkout.growth_checkout}),
    ],
    "payments": [Suite(payments.payments_environment, payments.FIGURES)],
    "subsidies": [
        Suite(engine.engine_environment, engine.FIGURES),
        Suite(county.county_environment, subsidies.FIGURES),
    ],
    "peers": [Suite(peers.peers_environment, peers.FIGURES)],
}
BY_NAME = {"peers"}
"""Groups that are measured only when they are named: they need npm."""


def _select(only: str) -> list[tuple[Suite, list[str]]]:
    """Return the selected suites with the names of their figures; empty for an unknown name."""
    selected: list[tuple[Suite, list[str]]] = []
    for group, suites in GROUPS.items():
        for suite in suites:
            names = [name for name in suite.figures if only in {group, name} or (not only and group not in BY_NAME)]
            if names:
                selected.append((suite, names))
    return selected


def _print(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


async def main(only: str, *, quick: bool) -> int:
    """Measure the selected figures; return the exit code, 2 for an unknown group or figure."""
    selected = _select(only)
    if not selected:
        known = [*GROUPS, *(name for suites in GROUPS.values() for suite in suites for name in suite.figures)]
        _print(f"ONLY={only} is not a group or figure; known: {' '.join(known)}")
        return 2
    tune_garbage_collector()
    for suite, names in selected:
        _print(f"preparing {' '.join(names)}")
        async with suite.environment(quick=quick) as environment:
            for name in names:
                _print(f"measuring {name}")
                row = await suite.figures[name](environment)
                sys.stdout.write(json.dumps({field: getattr(row, field) for field in Row.__struct_fields__}) + "\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(os.environ.get("ONLY", ""), quick=bool(os.environ.get("QUICK")))))
