"""The reasons of a line for officials."""

from market.reports.reasons import describe_reasons, expand_reasons
from market.subsidies.engine.reasons import REASON_NAMES, CauseCode, ReasonCode


def test_causes_replace_reduced() -> None:
    assert expand_reasons(["REDUCED", "UNFUNDED"], ["ABOVE_TERMS"]) == ["ABOVE_TERMS", "UNFUNDED"]
    assert expand_reasons(["REDUCED", "OVER_CHARGE"], ["OVER_CHARGE"]) == ["OVER_CHARGE"]
    assert expand_reasons(["MATCHED", "UNFUNDED"], []) == ["MATCHED", "UNFUNDED"]
    assert expand_reasons(["NOT_BOUND"], []) == ["NOT_BOUND"]
    assert describe_reasons(["ABOVE_TERMS", "UNFUNDED"]) == "申请高于按标准应补的数、预算不足待安排"
    assert describe_reasons([]) == ""


def test_every_reason_code_has_a_chinese_text() -> None:
    assert {*ReasonCode, *CauseCode} == set(REASON_NAMES)
    assert [words for words in REASON_NAMES.values() if "核减" in words or "快照" in words] == []
