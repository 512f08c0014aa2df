"""The subsidy of phone bills: register, programmes, imports, the month, findings, and the calculation engine.

Exports the engine's functions, which are pure and need no database; see docs/library.md.
"""

from market.subsidies.engine.answer import Answer, AnswerLine
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.explain import explain_en, explain_zh
from market.subsidies.engine.models import BadCase, Case, CaseFault
from market.subsidies.engine.read import check_case, read_case
from market.subsidies.engine.steps import Step

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
