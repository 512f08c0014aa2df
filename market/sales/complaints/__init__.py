"""Complaints of buyers about a sale: each category says who answers by when; what nobody answers goes to the county.

Exports what an application needs to take and answer complaints without HTTP; see docs/library.md.
"""

from market.cases.casework.models import CaseOutcome
from market.sales.complaints.complain import OpenedComplaint, answer_complaint, complain
from market.sales.complaints.models import ComplaintCategory
from market.sales.complaints.views import Complaint

__all__ = [
    "CaseOutcome",
    "Complaint",
    "ComplaintCategory",
    "OpenedComplaint",
    "answer_complaint",
    "complain",
]
