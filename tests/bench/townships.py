"""The cases of a county and of a province's townships, and `python -m tests.bench.townships`, which calculates them.

The command prints what it measured as JSON. It is a process of its own, and imports little, because each worker imports
what the main process has, and because its memory is measured.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from market.subsidies.engine.many import calculate_many, count_processors
from tests.bench.memory import watch_memory
from tests.subsidies.engine.cases import case, funders, line, programme, span, terms

LINES = 57_000
COUNTIES, TOWNSHIPS = 26, 20
MONTH = "2019-04"
SIZES = (1, 1, 2, 3)
PROVINCE_SIZES = (1, 1, 2, 2)
"""Lines of a household."""
_MOVED, _SPLIT, _LATE = 0.02, 0.05, 0.08
"""Shares of lines with an unusual month; sample values."""


def large_case(lines: int = LINES, seed: int = 1, *, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Return a county's month: households of one to three lines, some ended, some with plan changes, some idle."""
    rng = Random(seed)
    lines_made: list[dict[str, Any]] = []
    household = 0
    while len(lines_made) < lines:
        household += 1
        for _ in range(min(rng.choice(sizes), lines - len(lines_made))):
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


class Measured(Struct, frozen=True):
    """What a province's month took: processor seconds of all processes for a line of it, and of a county's case."""

    lines: int
    seconds: float
    line_seconds: float
    county_line_seconds: float
    peak_mib: float
    result_sha256: str


def measure_province(counties: int, processes: int, repeats: int) -> Measured:
    """Calculate a province of one million households with 1.5 million lines, and a county in one case.

    The townships of one county are made beforehand; each county has them under other ids of lines.
    """
    own = LINES // TOWNSHIPS
    townships = [json.dumps(large_case(own, seed=seed, sizes=PROVINCE_SIZES)).encode() for seed in range(TOWNSHIPS)]
    processor, begun = _sum_processor_seconds(), time.perf_counter()
    with watch_memory() as memory, _open_nothing() as answers:
        province = _list_province(townships, counties)
        sums = calculate_many(province, processes=processes, answers=answers, err=sys.stderr)
    seconds, processor = time.perf_counter() - begun, _sum_processor_seconds() - processor
    assert sums is not None
    county = json.dumps(large_case(sizes=PROVINCE_SIZES)).encode()
    alone: list[float] = []
    for _ in range(repeats):
        begun = _sum_processor_seconds()
        with _open_nothing() as answers:
            calculate_many([county], processes=1, answers=answers, err=sys.stderr)
        alone.append(_sum_processor_seconds() - begun)
    county_seconds = sorted(alone)[len(alone) // 2] / LINES
    return Measured(sums.lines, seconds, processor / sums.lines, county_seconds, memory.peak_mib, sums.result_sha256)


def _list_province(townships: list[bytes], counties: int) -> Iterator[bytes]:
    for county in range(counties):
        for township in townships:
            yield township.replace(b'"L', b'"L%02d' % county)


def _open_nothing() -> BinaryIO:
    return Path(os.devnull).open("wb")


def _sum_processor_seconds() -> float:
    """Return what this process and the processes that it has ended took of all processors."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    measured = measure_province(int(sys.argv[1]), int(sys.argv[2]) or count_processors(), int(sys.argv[3]))
    sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")
