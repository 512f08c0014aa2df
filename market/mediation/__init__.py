"""Mediation by an official of the county after a refused claim or return, while the seller's money is kept back.

Exports what an application needs to mediate without HTTP; see docs/library.md.
"""

from market.mediation.mediate import OpenedMediation, ask_for_mediation, end_mediation
from market.mediation.views import Mediation

__all__ = [
    "Mediation",
    "OpenedMediation",
    "ask_for_mediation",
    "end_mediation",
]
