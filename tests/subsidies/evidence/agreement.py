"""Compare engine and verifier on random cases: `python -m tests.subsidies.evidence.agreement 10000`."""

import json
import sys
import time

from market.subsidies.evidence.verify_pack import recompute
from tests.subsidies.engine.random_cases import make_random, make_random_case
from tests.subsidies.engine.test_against_oracle import told_by_engine

FIRST_SEED = 1_000_000
"""Other cases than those of the comparison with the oracle."""


def find_disagreements(count: int) -> list[int]:
    """Return the seeds of the cases on which the two disagree."""
    seeds: list[int] = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        case = make_random_case(make_random(seed))
        lines, totals = recompute(json.loads(json.dumps(case)))
        if told_by_engine(case) != {"lines": lines, "totals": totals}:
            seeds.append(seed)
    return seeds


if __name__ == "__main__":
    started = time.monotonic()
    number = int(sys.argv[1])
    sys.stdout.write(f"{find_disagreements(number)} of {number} in {time.monotonic() - started:.0f} s\n")
