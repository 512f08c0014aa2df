"""Mediation after a refused claim or return, while the seller's money is kept back.

Exports what an application needs to mediate without HTTP; see docs/library.md.
"""

from market.sales.mediation.agree import answer_proposal, propose_share
from market.sales.mediation.end import decide_mediation
from market.sales.mediation.mediate import OpenedMediation, ask_for_mediation
from market.sales.mediation.views import Mediation

__all__ = [
    "Mediation",
    "OpenedMediation",
    "answer_proposal",
    "ask_for_mediation",
    "decide_mediation",
    "propose_share",
]
