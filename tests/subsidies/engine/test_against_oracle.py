"""The engine and a naive day-by-day oracle agree to the fen on thousands of random cases."""

import json

import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from tests.subsidies.engine import oracle
from tests.subsidies.engine.cases import Value
from tests.subsidies.engine.random_cases import make_random, make_random_case


def told_by_engine(case: Value) -> Value:
    answer = json.loads(calculate(read_case(json.dumps(case))).to_json())
    for line in answer["lines"]:
        del line["trace"]
    return {"lines": answer["lines"], "totals": answer["totals"]}


@pytest.mark.parametrize("batch", range(20))
def test_engine_and_oracle_agree_on_random_cases(batch: int) -> None:
    for seed in range(batch * 150, (batch + 1) * 150):
        case = make_random_case(make_random(seed))
        assert told_by_engine(case) == oracle.calculate(case), seed
