"""Benchmark of the subsidy engine on a large county's month, against decoding and encoding the same JSON."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json
from market.subsidies.engine.read import read_case
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.bench.townships import LINES, large_case


class Environment(Struct, frozen=True):
    """A county's case as a file, and the number of repeats."""

    content: bytes
    repeats: int


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
