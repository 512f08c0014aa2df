"""Refusals: a unique code, a status, and a text in both languages."""

import re
from typing import Any

import pytest

import payments
from payments import Amount, Refusal
from payments.errors import Busy, FieldFault

EVERY = sorted(
    {each for each in vars(payments).values() if isinstance(each, type) and issubclass(each, Refusal)} - {Refusal}
    | {Busy},
    key=lambda each: each.__name__,
)


def test_codes_are_unique() -> None:
    codes = [each.code for each in EVERY]
    assert len(codes) == len(set(codes)) == 18
    assert "refused" not in codes


@pytest.mark.parametrize("kind", EVERY)
def test_a_refusal_has_texts_in_both_languages_with_the_same_facts(kind: type[Refusal]) -> None:
    in_chinese, in_english = (set(re.findall(r"{(\w+)}", text)) for text in (kind.zh, kind.en))
    assert in_chinese <= in_english
    facts: dict[str, Any] = dict.fromkeys(in_english, "7")
    if "refundable" in facts:
        facts["refundable"] = Amount(7_00, "CNY")
    refusal = kind(**facts)
    assert re.search(r"[\u4e00-\u9fff]", refusal.text())
    assert refusal.text("en").isascii()
    assert str(refusal) == f"{kind.code}: {refusal.text('en')}"
    assert 400 <= kind.status < 600
    assert kind.__doc__


def test_a_refusal_may_name_fields() -> None:
    assert Busy(errors=(FieldFault("amount", "at most 5"),)).errors == (FieldFault("amount", "at most 5"),)
    assert payments.RefundExceedsPayment(refundable=Amount(5_07, "CNY")).text() == "最多还可退 5.07。"
    assert payments.RefundExceedsPayment(refundable=Amount(507, "JPY")).text() == "最多还可退 507。"
