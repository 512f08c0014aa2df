"""The subsidy of phone bills: register, programmes, imports, the month, findings, and the engine that calculates.

The engine's functions are the public surface: pure, without a database.
"""

from market.subsidies.engine import (
    Answer,
    AnswerLine,
    BadCase,
    Case,
    CaseFault,
    Step,
    calculate,
    check_case,
    explain_en,
    explain_zh,
    read_case,
)

__all__ = [
    "Answer",
    "AnswerLine",
    "BadCase",
    "Case",
    "CaseFault",
    "Step",
    "calculate",
    "check_case",
    "explain_en",
    "explain_zh",
    "read_case",
]
