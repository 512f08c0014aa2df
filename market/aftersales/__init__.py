"""After the sale: shipping, check-in, receipt, refunds, and returns.

Exports what an application needs to send, receive and claim without HTTP; see docs/library.md.
"""

from market.aftersales.bad_fruit import NewClaim, OpenedClaim, open_claim
from market.aftersales.check_in import CheckIn, check_in_guest
from market.aftersales.decide_bad_fruit import ClaimAnswer, answer_claim
from market.aftersales.receive import ReceiptConfirmation, confirm_receipt
from market.aftersales.ship import ship_suborder
from market.casework.moves import get_person_scope

__all__ = [
    "CheckIn",
    "ClaimAnswer",
    "NewClaim",
    "OpenedClaim",
    "ReceiptConfirmation",
    "answer_claim",
    "check_in_guest",
    "confirm_receipt",
    "get_person_scope",
    "open_claim",
    "ship_suborder",
]
