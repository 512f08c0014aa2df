"""The calculator's steps in the words of officials: every form that the engine writes is said in Chinese."""

import json
import re

from market.reports.desk.line import mask_name, mask_number
from market.reports.desk.words import say_step
from market.subsidies.engine import calculate, read_case
from tests.story.test_cases import CASES, NAMES
from tests.subsidies.engine.chance import case_by_chance, from_seed

_LETTERS = re.compile(r"[A-Za-z]{3,}")


def test_every_step_of_the_story_is_said_in_chinese() -> None:
    said = [
        say_step(step)
        for name in NAMES
        for line in calculate(read_case((CASES / f"{name}.json").read_bytes())).lines
        for step in line.trace
    ]
    assert len(said) > 300
    assert [each for each in said if _LETTERS.search(each)] == []


def test_every_step_of_any_case_is_said_in_chinese() -> None:
    said: set[str] = set()
    for seed in range(300):
        answer = calculate(read_case(json.dumps(case_by_chance(from_seed(seed)))))
        steps = [step for line in answer.lines for step in line.trace]
        assert [step for step in steps if say_step(step) == step] == []
        said |= {re.sub(r"[0-9][0-9.,/-]*", "#", step) for step in steps}
    assert len(said) > 100


def test_the_steps_keep_their_figures() -> None:
    assert say_step("2019-04-11..2019-04-30: 20 of 30 days × 19.50") == "2019-04-11 至 2019-04-30：20/30 天 × 19.50"
    assert say_step("entitled 13.84: 1383 27/31 fen, rounded half up") == "应补 13.84：1383 又 27/31 分，四舍五入"
    assert (
        say_step("borne by operator 70% 9.69, county 30% 4.15") == "负担：运营商让利 70% 即 9.69，县级财政 30% 即 4.15"
    )
    assert say_step("an unknown step") == "an unknown step"


def test_numbers_and_names_are_masked_so_that_their_owner_knows_them() -> None:
    assert mask_number("17050000102") == "170****0102"
    assert mask_number("kd-yd-0001") == "kd-****01"
    assert mask_number("") == ""
    assert mask_name("赵一二") == "赵**"
    assert mask_name("样例赵一") == "样例赵*"
    assert mask_name("赵") == "赵*"
