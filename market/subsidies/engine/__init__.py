"""The subsidy engine: pure functions from a month's case to its answer, after the rulebook; no database, no web."""

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json, hash_case, hash_result
from market.subsidies.engine.command import calculate_command, without_collector
from market.subsidies.engine.models import (
    Active,
    Answer,
    AnswerLine,
    BadCase,
    Case,
    Charge,
    Fault,
    Funder,
    FunderShare,
    Household,
    Idle,
    Kind,
    Line,
    Membership,
    Programme,
    Proration,
    Reason,
    Terms,
    Totals,
)
from market.subsidies.engine.read import check_case, read_case

__all__ = [
    "Active",
    "Answer",
    "AnswerLine",
    "BadCase",
    "Case",
    "Charge",
    "Fault",
    "Funder",
    "FunderShare",
    "Household",
    "Idle",
    "Kind",
    "Line",
    "Membership",
    "Programme",
    "Proration",
    "Reason",
    "Terms",
    "Totals",
    "calculate",
    "calculate_command",
    "canonical_json",
    "check_case",
    "hash_case",
    "hash_result",
    "read_case",
    "without_collector",
]
