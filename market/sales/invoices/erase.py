"""Erase the details of invoices whose buyer closed the account, and those that nobody needs any more."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Database, Query
from market.sales.invoices.models import DETAILS_LIFETIME, UNPAID_LIFETIME

_CHUNK = 500
_ALL = 1_000_000

ERASE_DETAILS = Query(
    int,
    """
    SELECT erase_invoice_details(:account_id::uuid, :before::timestamptz, :unpaid_before::timestamptz, :most::integer)
    """,
)


async def erase_invoice_details(conn: Connection, account_id: UUID) -> None:
    """Erase title, tax number and e-mail address of every invoice that an account asked for; numbers and sums stay.

    A later refund opens the seller's task all the same: a red-letter invoice needs no details.
    """
    await ERASE_DETAILS.one(conn, account_id=account_id, before=None, unpaid_before=None, most=_ALL)


async def erase_old_invoice_details(db: Database, before: datetime) -> int:
    """Erase the details of invoices that nobody touched since `before`, in pieces; return how many.

    Those of orders that ended unpaid go after `UNPAID_LIFETIME`.
    """
    unpaid_before = before + DETAILS_LIFETIME - UNPAID_LIFETIME
    total, erased = 0, _CHUNK
    while erased == _CHUNK:
        async with db.transaction() as conn:
            erased = await ERASE_DETAILS.one(
                conn, account_id=None, before=before, unpaid_before=unpaid_before, most=_CHUNK
            )
        total += erased
    return total
