"""R12: the order of a case does not change its hashes; other changes do."""

import hashlib
import json

import pytest

from market.subsidies.engine.answer import Answer
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import Json, Value, answer, case, funders, line, programme, shuffled, span, terms
from tests.subsidies.engine.full_case import KEYS, full, put
from tests.subsidies.engine.random_cases import make_random


def calculated(value: Json, **dumping: Value) -> Answer:
    return calculate(read_case(json.dumps(value, **dumping)))


def test_a_shuffled_case_has_the_same_answer() -> None:
    first = calculated(full())
    for seed in range(100):
        assert calculated(shuffled(full(), make_random(seed)), indent=seed % 3 or None) == first


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    value: Json = {
        "ö": [None, True, False, 0, -1, 10**12],
        "a": '\u20ac$\u000f\nA\'B"\\\\"/\u007f\u2028',
        "€": {},
        "\r": [],
    }
    assert canonical_json(value).decode() == (
        '{"\\r":[],"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f\u2028","ö":[null,true,false,0,-1,1000000000000],"€":{}}'
    )
    for code in (*range(0xD800), *range(0xE000, 0x110000, 97)):
        assert canonical_json(chr(code)).decode() == json.dumps(chr(code), ensure_ascii=False)


def canonical_by_hand(value: Value) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_the_manifest_is_the_hash_of_the_ordered_case() -> None:
    own = line("L1", used_on=["2019-04-02", "2019-04-01", "2019-04-02"], operator="移动")
    written = case(line("L2"), own, budget=7)
    ordered = {**written, "lines": [{**own, "used_on": ["2019-04-01", "2019-04-02"]}, line("L2")]}
    assert calculated(written).manifest_sha256 == hashlib.sha256(canonical_by_hand(ordered)).hexdigest()


def test_the_result_is_the_hash_of_lines_and_totals() -> None:
    got = json.loads(calculated(full()).to_json())
    result = {"lines": got["lines"], "totals": got["totals"]}
    assert got["result_sha256"] == hashlib.sha256(canonical_by_hand(result)).hexdigest()


OTHER: dict[str, object] = {
    "month": "2019-06", "budget_fen": 2, "in_snapshot": False, "operator": "B", "tier": 9, "monthly_fen": 3,
    "claimed_fen": 7, "settled_fen": 7, "household_pays_bp": 1, "fixed_fen": 7, "line_cap_fen": 7,
    "household_cap_fen": 7, "idle_days": 7, "cure_days": 7, "proration": "none", "used_on": ["2019-04-03"],
}  # fmt: skip


FORBIDDEN = {f"programmes[0].terms[{at}].fixed_fen" for at in (0, 1)} | {"programmes[1].terms[0].household_pays_bp"}
"""Parameters of the other kind."""
READ = [path for path in KEYS if path.rpartition(".")[2] in OTHER and path not in FORBIDDEN]


@pytest.mark.parametrize("path", READ)
def test_every_declared_value_changes_the_manifest(path: str) -> None:
    other = put(full(), path, OTHER[path.rpartition(".")[2]])
    assert calculated(other).manifest_sha256 != calculated(full()).manifest_sha256


def test_the_order_of_funders_changes_the_manifest() -> None:
    listed = [
        answer(line(), programmes=[programme(terms(funders=own))])
        for own in (funders(county=5000, province=5000), funders(province=5000, county=5000))
    ]
    assert listed[0].manifest_sha256 != listed[1].manifest_sha256


def test_adjacent_intervals_change_the_manifest_but_not_the_result() -> None:
    one = answer(line(active=[span("2018-01-01")]))
    two = answer(line(active=[span("2018-01-01", "2019-04-10"), span("2019-04-10")]))
    assert one.manifest_sha256 != two.manifest_sha256
    assert one.result_sha256 == two.result_sha256


def test_a_line_of_an_answer_is_found_by_its_id() -> None:
    got = answer(line("L1"), line("L10"), line("L2"), line("线"))
    for line_id in ("L1", "L10", "L2", "线"):
        assert got.line(line_id).id == line_id
    for line_id in ("L0", "L11", "L3", "线线", ""):
        with pytest.raises(KeyError) as unknown:
            got.line(line_id)
        assert unknown.value.args == (line_id,)
