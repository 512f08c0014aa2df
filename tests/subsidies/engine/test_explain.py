"""The texts of steps: each step has a Chinese text with the same figures, and is stored as JSON unchanged."""

import json
import re

import msgspec

from market.subsidies.engine.answer import Answer
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.explain import explain_en, explain_zh
from market.subsidies.engine.read import read_case
from market.subsidies.engine.steps import Step
from tests.story.test_cases import CASES, NAMES
from tests.subsidies.engine.cases import answer, funders, line, programme, span, terms
from tests.subsidies.engine.random_cases import make_random, make_random_case

_LETTERS = re.compile(r"[A-Za-z]{3,}")
_SUMS = re.compile(r"[0-9]+\.[0-9]{2}")


def list_all_steps(got: Answer) -> list[Step]:
    return [step for own in got.lines for step in own.steps]


def test_every_step_of_the_story_is_written_in_chinese() -> None:
    texts = [
        explain_zh(step)
        for name in NAMES
        for step in list_all_steps(calculate(read_case((CASES / f"{name}.json").read_bytes())))
    ]
    assert len(texts) > 300
    assert [text for text in texts if _LETTERS.search(text)] == []


def test_the_trace_is_the_steps_and_both_languages_have_the_same_sums() -> None:
    kinds: set[type] = set()
    for seed in range(300):
        got = calculate(read_case(json.dumps(make_random_case(make_random(seed)))))
        for own in got.lines:
            assert own.trace == tuple(map(explain_en, own.steps))
        for step in list_all_steps(got):
            kinds.add(type(step))
            assert sorted(_SUMS.findall(explain_zh(step))) == sorted(_SUMS.findall(explain_en(step)))
    assert len(kinds) == 16


def test_stored_steps_are_read_back_as_they_were() -> None:
    for seed in range(50):
        steps = list_all_steps(calculate(read_case(json.dumps(make_random_case(make_random(seed))))))
        assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(steps)), list[Step]) == steps


def test_amounts_and_days_are_written_in_chinese() -> None:
    own = line(charge=39_33, active=[span("2019-04-11")], claimed_fen=13_00)
    borne = [programme(terms(line_cap_fen=19_40, household_pays_bp=5050, funders=funders(operator=3333, county=6667)))]
    assert [explain_zh(step) for step in answer(own, programmes=borne).line("L1").steps] == [
        "2019-04-11 至 2019-04-30：20/30 天 × 19.40",
        "19.47：月费 39.33，减去农户付的 50.5% 即 19.86（舍去不足一分）",
        "19.40：每条业务上限，原为 19.47",
        "2019-04-01 至 2019-04-10：没有绑定",
        "应补 12.93：1293 又 10/30 分，四舍五入",
        "申请 13.00：核定 12.93，核减 0.07，少报 0.00",
        "负担：运营商让利 33.33% 即 4.31，县级财政 66.67% 即 8.62",
    ]
