"""The public functions of the engine, imported from the package, without a database."""

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from tests.story.test_cases import CASES, NAMES


def test_a_case_is_read_and_calculated_from_the_top_of_the_package() -> None:
    case = read_case((CASES / f"{NAMES[0]}.json").read_bytes())
    answer = calculate(case)
    line = answer.line(case.lines[0].id)
    assert (line.id, len(line.trace)) == (case.lines[0].id, len(line.steps))
