"""How fast a large county's month is calculated, against reading and writing the same JSON and nothing else."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from market.subsidies.engine import calculate, canonical_json, read_case
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.subsidies.engine.cases import case, funders, line, programme, span, terms

LINES = 57_000
MONTH = "2019-04"
_MOVED, _SPLIT, _LATE = 0.02, 0.05, 0.08
"""Shares of lines with an unusual month; sample values."""


class Ground(Struct, frozen=True):
    """A county's case as a file, and how often it is calculated."""

    content: bytes
    repeats: int


def large_case(lines: int = LINES, seed: int = 1) -> dict[str, Any]:
    """Return a county's month: households of one to three lines, some changing hands, plans or days, some idle."""
    chance = Random(seed)  # noqa: S311 - a reproducible draw
    made: list[dict[str, Any]] = []
    household = 0
    while len(made) < lines:
        household += 1
        for _ in range(min(chance.choice((1, 1, 2, 3)), lines - len(made))):
            charge = chance.choice((19_00, 29_00, 39_00, 59_00))
            own = line(
                f"L{len(made):06}",
                charge,
                f"H{household:06}",
                programme=chance.choice(("P1", "P1", "P2")),
                operator=chance.choice("ABC"),
                claimed_fen=charge // 2 + chance.choice((0, 0, 0, 100)),
                used_on=[f"2019-04-{day:02}" for day in sorted(chance.sample(range(1, 31), 3))],
            )
            drawn = chance.random()
            if drawn < _MOVED:
                own["active"] = [span("2018-01-01", "2019-04-18")]
            elif drawn < _SPLIT:
                own["charges"] = [
                    span("2018-01-01", "2019-04-11", monthly_fen=charge),
                    span("2019-04-11", monthly_fen=charge + 10_00),
                ]
            elif drawn < _LATE:
                own["used_on"] = ["2019-02-20"]
            made.append(own)
    versions = [
        terms("2018-01-01", "2019-04-10", line_cap_fen=25_00, funders=funders(operator=7000, county=3000)),
        terms("2019-04-10", household_cap_fen=40_00, funders=funders(operator=7000, county=3000)),
    ]
    programmes = [programme(*versions), programme(terms(fixed_fen=10_00), code="P2", idle=(30, 15))]
    return case(*made, month=MONTH, budget=30_000_000, programmes=programmes)


@asynccontextmanager
async def engine_ground(*, quick: bool) -> AsyncGenerator[Ground]:
    """Lend a large county's case."""
    yield Ground(json.dumps(large_case()).encode(), 3 if quick else 9)


async def subsidy_engine(ground: Ground) -> Row:
    """Lines read, checked, calculated, explained and hashed a second; the limit decodes and encodes the same JSON."""
    answer = msgspec.to_builtins(calculate(read_case(ground.content)))

    async def ours() -> int:
        found = calculate(read_case(ground.content))
        canonical_json(found)
        return len(found.lines)

    async def bare() -> int:
        msgspec.json.decode(ground.content)
        msgspec.json.encode(answer)
        return LINES

    return await in_pairs("subsidy_engine", "lines/s", repeats=ground.repeats, limit=bare, ours=ours)


FIGURES: dict[str, Callable[[Ground], Awaitable[Row]]] = {"subsidy_engine": subsidy_engine}
"""A part of the group `subsidies`: what needs no database."""
