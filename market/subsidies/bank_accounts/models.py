"""Bank accounts of operators: what is entered and read, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Refusal
from market.people.identity.models import Role
from market.subsidies.models import MonthRefusal
from market.subsidies.names import Operator

MAX_HOLDER_LENGTH = 80
MAX_BANK_LENGTH = 80
MAX_WAITING_ACCOUNTS = 10
"""Accounts of a county that nobody has decided: each is told to an operator."""
CHANGE_PERIOD = timedelta(days=3)
"""How long before its first day a changed account is entered, so that the operator that is told can object.

Source: money-and-trust, a changed payout account waits 3 days.
"""
ENTERER, AGREER = Role.FINANCE, Role.COUNTY
"""Who enters an account, and who agrees to it; both for the whole county."""


class NewBankAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account as finance enters it from the operator's agreement.

    `number` has 8 to 30 digits. `until` is the first day after it, null if it is open.
    """

    operator: Operator
    holder: str
    bank: str
    number: str
    start: date
    until: date | None = None


class BankAccountOutcome(StrEnum):
    """How an entered account was decided."""

    AGREED = "agreed"
    REFUSED = "refused"


class BankAccount(Struct, frozen=True, kw_only=True):
    """An operator's account; it counts once `outcome` is agreed. `until` is set by the one that replaces it.

    Of the number only the last four digits are shown.
    """

    id: UUID
    operator: Operator
    holder: str
    bank: str
    tail: str
    start: date
    until: date | None
    entered_by: str
    entered_at: datetime
    outcome: BankAccountOutcome | None
    decided_by: str
    decided_at: datetime | None


class PaidAccount(Struct, frozen=True, kw_only=True):
    """To which account an operator's settlement of a month is paid, by the last four digits of its number."""

    operator: Operator
    holder: str
    bank: str
    tail: str


class Transfer(Struct, frozen=True, kw_only=True):
    """What finance transfers to an operator for a settled month, with the number of the account in full."""

    operator: Operator
    holder: str
    bank: str
    number: str
    fen: Fen


class BankAccountInvalid(Refusal):
    """Fields of an account are missing or wrong; `errors` names each."""

    code = "bank_account_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the account are missing or wrong; see errors."


class TooManyBankAccounts(Refusal):
    """`MAX_WAITING_ACCOUNTS` accounts of the county are not decided."""

    code = "too_many_bank_accounts"
    status = 429
    zh = f"还有 {MAX_WAITING_ACCOUNTS} 个账户等着核对，定了再填。"
    en = f"{MAX_WAITING_ACCOUNTS} accounts of the county wait to be decided."


class BankAccountNotFound(Refusal):
    """The county has no such account."""

    code = "bank_account_not_found"
    status = 404
    zh = "没有这个账户。"
    en = "The county has no such account."


class BankAccountDecided(Refusal):
    """The account was decided before, or its days are another account's."""

    code = "bank_account_decided"
    zh = "已经有人定过了，或者这些日子已经有一个账户。"
    en = "It was decided before, or another account of the operator has these days."


class BankAccountNumberDiffers(Refusal):
    """The number that the second person read from the agreement is not the entered one."""

    code = "bank_account_differs"
    status = 422
    zh = "跟填的账号不一样。照着协议再对一遍；填错了的，不同意，重新填。"
    en = "The number is not the one that was entered; read it again from the agreement."


class SecondBankAccountPart(Refusal):
    """Who entered an account does not agree to it, by whatever account."""

    code = "second_bank_account_part"
    status = 403
    zh = "账户是您填的，要另一个人来核对。"
    en = "You entered the account; another person has to agree to it."


class BankAccountMissing(MonthRefusal):
    """The county settles a month only with an agreed account of each operator that it pays."""

    code = "bank_account_missing"
    zh = "{month}还不能结算：{operators}没有核对过的收款账户。"
    en = "{month} cannot be settled: {operators} has no agreed account to be paid to."
