"""The engine against the rulebook told day by day: thousands of cases by chance, equal to the fen."""

import json

import pytest

from market.subsidies.engine import calculate, read_case
from tests.subsidies.engine import oracle
from tests.subsidies.engine.cases import Value
from tests.subsidies.engine.chance import case_by_chance, from_seed


def told_by_engine(case: Value) -> Value:
    answer = json.loads(calculate(read_case(json.dumps(case))).to_json())
    for line in answer["lines"]:
        del line["trace"]
    return {"lines": answer["lines"], "totals": answer["totals"]}


@pytest.mark.parametrize("batch", range(20))
def test_engine_and_oracle_agree_on_cases_by_chance(batch: int) -> None:
    for seed in range(batch * 150, (batch + 1) * 150):
        case = case_by_chance(from_seed(seed))
        assert told_by_engine(case) == oracle.calculate(case), seed
