"""`make bench`: how fast the parts are, each against its own limit measured in the same run.

A JSON object a figure on standard output, `{"name", "value", "unit", "limit", "ratio"}`; what is being done goes to
standard error. `ONLY=` takes a group (shop, payments, subsidies) or a figure, `QUICK=1` repeats less at the same sizes.
Ours and the limit are measured in turn, and the medians of both are given; `ratio` is our speed over the limit's.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from msgspec import Struct

from market.startup import collect_seldom
from tests.bench import engine, payments, requests, shop, subsidies
from tests.bench.shop import Row


class Suite(Struct, frozen=True):
    """Figures that are measured on one ground, which is made once."""

    ground: Callable[..., AbstractAsyncContextManager[Any]]
    figures: dict[str, Callable[[Any], Awaitable[Row]]]


GROUPS = {
    "shop": [Suite(shop.shop_ground, {**shop.FIGURES, **requests.FIGURES})],
    "payments": [Suite(payments.payments_ground, payments.FIGURES)],
    "subsidies": [Suite(engine.engine_ground, engine.FIGURES), Suite(subsidies.county_ground, subsidies.FIGURES)],
}


def _chosen(only: str) -> list[tuple[Suite, list[str]]]:
    """Return the suites that are wanted with the names of their figures; nothing for an unknown word."""
    wanted: list[tuple[Suite, list[str]]] = []
    for group, suites in GROUPS.items():
        for suite in suites:
            names = [name for name in suite.figures if only in {"", group, name}]
            if names:
                wanted.append((suite, names))
    return wanted


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


async def main(only: str, *, quick: bool) -> int:
    """Measure what is wanted; return the exit code, 2 where there is no such group or figure."""
    wanted = _chosen(only)
    if not wanted:
        known = [*GROUPS, *(name for suites in GROUPS.values() for suite in suites for name in suite.figures)]
        _tell(f"ONLY={only} names no group or figure; there are: {' '.join(known)}")
        return 2
    collect_seldom()
    for suite, names in wanted:
        _tell(f"preparing {' '.join(names)}")
        async with suite.ground(quick=quick) as ground:
            for name in names:
                _tell(f"measuring {name}")
                row = await suite.figures[name](ground)
                sys.stdout.write(json.dumps({field: getattr(row, field) for field in Row.__struct_fields__}) + "\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(os.environ.get("ONLY", ""), quick=bool(os.environ.get("QUICK")))))
