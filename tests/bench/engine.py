"""Benchmark of the subsidy engine on a large county's month, against decoding and encoding the same JSON."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json
from market.subsidies.engine.read import read_case
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.subsidies.engine.cases import case, funders, line, programme, span, terms

LINES = 57_000
MONTH = "2019-04"
_MOVED, _SPLIT, _LATE = 0.02, 0.05, 0.08
"""Shares of lines with an unusual month; sample values."""


class Environment(Struct, frozen=True):
    """A county's case as a file, and the number of repeats."""

    content: bytes
    repeats: int


def large_case(lines: int = LINES, seed: int = 1) -> dict[str, Any]:
    """Return a county's month: households of one to three lines, some ended, some with plan changes, some idle."""
    rng = Random(seed)
    lines_made: list[dict[str, Any]] = []
    household = 0
    while len(lines_made) < lines:
        household += 1
        for _ in range(min(rng.choice((1, 1, 2, 3)), lines - len(lines_made))):
            charge = rng.choice((19_00, 29_00, 39_00, 59_00))
            own = line(
                f"L{len(lines_made):06}",
                charge,
                f"H{household:06}",
                programme=rng.choice(("P1", "P1", "P2")),
                operator=rng.choice("ABC"),
                claimed_fen=charge // 2 + rng.choice((0, 0, 0, 100)),
                used_on=[f"2019-04-{day:02}" for day in sorted(rng.sample(range(1, 31), 3))],
            )
            draw = rng.random()
            if draw < _MOVED:
                own["active"] = [span("2018-01-01", "2019-04-18")]
            elif draw < _SPLIT:
                own["charges"] = [
                    span("2018-01-01", "2019-04-11", monthly_fen=charge),
                    span("2019-04-11", monthly_fen=charge + 10_00),
                ]
            elif draw < _LATE:
                own["used_on"] = ["2019-02-20"]
            lines_made.append(own)
    versions = [
        terms("2018-01-01", "2019-04-10", line_cap_fen=25_00, funders=funders(operator=7000, county=3000)),
        terms("2019-04-10", household_cap_fen=40_00, funders=funders(operator=7000, county=3000)),
    ]
    programmes = [programme(*versions), programme(terms(fixed_fen=10_00), code="P2", idle=(30, 15))]
    return case(*lines_made, month=MONTH, budget=30_000_000, programmes=programmes)


@asynccontextmanager
async def engine_environment(*, quick: bool) -> AsyncGenerator[Environment]:
    """Yield a large county's case."""
    yield Environment(json.dumps(large_case()).encode(), 3 if quick else 9)


async def subsidy_engine(environment: Environment) -> Row:
    """Measure lines calculated, explained and hashed per second; the limit decodes and encodes the same JSON."""
    answer = msgspec.to_builtins(calculate(read_case(environment.content)))

    async def ours() -> int:
        found = calculate(read_case(environment.content))
        canonical_json(found)
        return len(found.lines)

    async def bare() -> int:
        msgspec.json.decode(environment.content)
        msgspec.json.encode(answer)
        return LINES

    return await in_pairs("subsidy_engine", "lines/s", repeats=environment.repeats, limit=bare, ours=ours)


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {"subsidy_engine": subsidy_engine}
"""The figures of the group `subsidies` that need no database."""
