"""Clawbacks in the ledger: what is receivable of each debtor, and what was claimed, recovered and set off in a year.

`receivable:COUNTY:DEBTOR` is an operator's, or `household`'s for all households of a county. Against it stands what was
claimed, `clawback:COUNTY:YEAR`; a repayment is `recovered:…`, a settlement that withholds it `setoff:…`.
"""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.subsidies.clawbacks.models import EntryKind
from market.subsidies.month.budget_lines import ALL_POSTED
from payments import LedgerDiscrepancy, post

CLAWBACK_PREFIX = "clawback"
"""How the keys begin under which clawbacks are posted."""
_COUNTERPARTS = {EntryKind.REPAID: "recovered", EntryKind.SET_OFF: "setoff"}

FIND_WRONG_RECEIVABLES = Query(
    LedgerDiscrepancy,
    """
    WITH booked AS (
        SELECT accounts.code, sum(amount_minor)::bigint AS fen
          FROM payments.accounts JOIN """
    + ALL_POSTED
    + """ ON account_id = accounts.id
         WHERE kind IN ('receivable', 'clawback', 'recovered', 'setoff')
         GROUP BY accounts.code)
    SELECT 'wrong_receivable' AS code, code AS subject,
           'booked ' || coalesce(booked.fen, 0) || ', of the clawbacks ' || coalesce(counted.fen, 0) AS detail
      FROM booked FULL JOIN sum_receivables() AS counted USING (code)
     WHERE coalesce(booked.fen, 0) <> coalesce(counted.fen, 0)
     ORDER BY code COLLATE "C"
     LIMIT 1000
    """,
)


async def post_claim(conn: Connection, clawback_id: UUID, *, county: str, debtor: str, fen: int, now: datetime) -> None:
    """Post what a debtor owes from now on; `debtor` is an operator or `household`."""
    legs = [
        (f"receivable:{county}:{debtor}", fen),
        (f"clawback:{county}:{get_business_day(now).year}", -fen),
    ]
    await post(conn, key=f"{CLAWBACK_PREFIX}:posted:{clawback_id}", kind="clawback posted", legs=legs, at=now)


async def post_entry(
    conn: Connection, entry_id: UUID, kind: EntryKind, *, county: str, debtor: str, fen: int, now: datetime
) -> None:
    """Post what a clawback was recovered by; a negative sum is paid back to an operator by a settlement."""
    account = _COUNTERPARTS.get(kind, "clawback")
    legs = [
        (f"{account}:{county}:{get_business_day(now).year}", fen),
        (f"receivable:{county}:{debtor}", -fen),
    ]
    await post(conn, key=f"{CLAWBACK_PREFIX}:entry:{entry_id}", kind=f"clawback {kind}", legs=legs, at=now)


async def verify_receivables(conn: Connection) -> list[LedgerDiscrepancy]:
    """Return the accounts that differ from what the clawbacks say, of all counties."""
    return await FIND_WRONG_RECEIVABLES.all(conn)
