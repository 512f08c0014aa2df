"""Which account a settlement is paid to: the one in force on the day of the settlement, stored with it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.places.counties.load import load_county_settings
from market.subsidies.bank_accounts.accounts import BANK_NUMBER_CONTEXT
from market.subsidies.bank_accounts.models import BankAccountMissing, PaidAccount, Transfer
from market.subsidies.models import CycleId
from market.subsidies.names import OPERATOR_NAMES, Operator


class _CurrentAccount(Struct, frozen=True):
    operator: Operator
    id: UUID


class _SealedTransfer(Struct, frozen=True, kw_only=True):
    operator: Operator
    holder: str
    bank: str
    number_sealed: bytes
    fen: Fen


LIST_CURRENT_ACCOUNTS = Query(
    _CurrentAccount,
    """
    SELECT operator, id FROM operator_bank_accounts
     WHERE county_code = :county AND outcome = 'agreed' AND valid_during @> :day::date
    """,
)
LIST_PAID_ACCOUNTS = Query(
    PaidAccount,
    """
    SELECT s.operator, b.holder, b.bank, b.number_tail AS tail
      FROM settlements s JOIN operator_bank_accounts b ON b.id = s.bank_account_id
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], s.operator)
    """,
)
LIST_TRANSFERS = Query(
    _SealedTransfer,
    """
    SELECT s.operator, b.holder, b.bank, b.number_sealed, s.pay_fen - s.set_off_fen AS fen
      FROM settlements s JOIN operator_bank_accounts b ON b.id = s.bank_account_id
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county AND s.pay_fen > s.set_off_fen
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], s.operator)
    """,
)


async def find_current_accounts(
    conn: Connection, county: str, month: date, *, paid: Sequence[Operator], now: datetime
) -> dict[Operator, UUID]:
    """Return the account in force today of each operator; `paid` are those that a settlement pays something.

    Raises:
        BankAccountMissing: an operator that is paid has none, and the county's setting `accounts_required` needs it.
    """
    today = get_business_day(now)
    found = {each.operator: each.id for each in await LIST_CURRENT_ACCOUNTS.all(conn, county=county, day=today)}
    missing = [each for each in paid if each not in found]
    if missing and (await load_county_settings(conn, county, day=today)).accounts_required:
        names = "、".join(OPERATOR_NAMES[each] for each in missing)
        raise BankAccountMissing(month=f"{month:%Y-%m}", operators=names)
    return found


async def list_paid_accounts(conn: Connection, county: str, cycle_id: CycleId) -> list[PaidAccount]:
    """Return to which accounts a settled month is paid; an operator that had none is left out."""
    return await LIST_PAID_ACCOUNTS.all(conn, county=county, cycle_id=cycle_id)


async def list_transfers(conn: Connection, seal: Seal, county: str, cycle_id: CycleId) -> list[Transfer]:
    """Return what is transferred to whom for a settled month, with full numbers; the caller checks who may see them."""
    rows = await LIST_TRANSFERS.all(conn, county=county, cycle_id=cycle_id)
    return [build_from(Transfer, row, number=seal.open(row.number_sealed, BANK_NUMBER_CONTEXT)) for row in rows]
