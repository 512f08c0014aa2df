"""The subsidy engine: pure functions from the case of a month to its answer; no database, no web."""

from market.subsidies.engine.answer import Answer, AnswerLine, Totals
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json, hash_case, hash_result
from market.subsidies.engine.command import calculate_command, pause_gc
from market.subsidies.engine.explain import explain_en, explain_zh
from market.subsidies.engine.models import (
    ActiveSpan,
    BadCase,
    Case,
    CaseFault,
    CaseHousehold,
    CaseLine,
    CauseCode,
    Funder,
    FunderShare,
    IdleRule,
    Membership,
    MonthlyCharge,
    Programme,
    Proration,
    ReasonCode,
    Terms,
    TermsKind,
)
from market.subsidies.engine.read import check_case, read_case
from market.subsidies.engine.steps import Step

__all__ = [
    "ActiveSpan",
    "Answer",
    "AnswerLine",
    "BadCase",
    "Case",
    "CaseFault",
    "CaseHousehold",
    "CaseLine",
    "CauseCode",
    "Funder",
    "FunderShare",
    "IdleRule",
    "Membership",
    "MonthlyCharge",
    "Programme",
    "Proration",
    "ReasonCode",
    "Step",
    "Terms",
    "TermsKind",
    "Totals",
    "calculate",
    "calculate_command",
    "canonical_json",
    "check_case",
    "explain_en",
    "explain_zh",
    "hash_case",
    "hash_result",
    "pause_gc",
    "read_case",
]
