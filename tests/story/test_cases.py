"""The golden story's cases: `calculate` returns their figures to the fen."""

import json
from pathlib import Path

import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import shuffled
from tests.subsidies.engine.random_cases import make_random

CASES = Path(__file__).parent / "expected" / "cases"
NAMES = ["2019-01", "2019-01-again", "2019-02", "2019-02-again", "2019-03"]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_of_the_story_has_its_figures_reasons_and_totals(name: str) -> None:
    want = json.loads((CASES / f"{name}.expected.json").read_bytes())
    got = json.loads(calculate(read_case((CASES / f"{name}.json").read_bytes())).to_json())
    for line in got["lines"]:
        assert line.pop("trace")
    assert len(got.pop("manifest_sha256")) == len(got.pop("result_sha256")) == 64
    assert got == want


@pytest.mark.parametrize("name", NAMES)
def test_a_shuffled_case_of_the_story_has_the_same_hashes(name: str) -> None:
    case = json.loads((CASES / f"{name}.json").read_bytes())
    answer = calculate(read_case(json.dumps(case)))
    for seed in range(20):
        again = calculate(read_case(json.dumps(shuffled(case, make_random(seed)))))
        assert again == answer


def test_every_case_of_the_story_is_tested() -> None:
    assert sorted(path.name.removesuffix(".expected.json") for path in CASES.glob("*.expected.json")) == NAMES
