"""Paying producers: their accounts, the payouts of what they are owed, and their statements.

Exports what an application needs to pay producers without HTTP; see docs/library.md.
"""

from market.sales.payouts.account import PayoutAccount, enter_payout_account
from market.sales.payouts.account_change import activate_due_changes, decide_account_change
from market.sales.payouts.pay_out import PayoutHold, ask_for_payout
from market.sales.payouts.statement import Statement, get_statement

__all__ = [
    "PayoutAccount",
    "PayoutHold",
    "Statement",
    "activate_due_changes",
    "ask_for_payout",
    "decide_account_change",
    "enter_payout_account",
    "get_statement",
]
