"""A farmer's own phone bill: charge, reduction, amount to pay, and days."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.subsidies.identifiers import index_identifier
from market.subsidies.month.steps import CLOSE
from market.subsidies.names import Operator, ServiceKind

MAX_BILL_MONTHS = 12


class Bill(Struct, frozen=True, kw_only=True):
    """A line's month as billed by its operator and as approved; it does not reveal the reason for the entitlement.

    `pays_fen` is `charge_fen` − `reduction_fen`; `since` is the day of the month on which the reduction began, null
    if it applied from the 1st.
    """

    month: date
    county: str
    operator: Operator
    kind: ServiceKind
    charge_fen: Fen
    reduction_fen: Fen
    pays_fen: Fen
    days: int
    of_days: int
    since: date | None


LIST_BILLS = Query(Bill, "SELECT * FROM list_bills(:number_index::bytea, :closed::text, :limit::integer)")


async def list_bills(conn: Connection, seal: Seal, number: str, *, limit: int = MAX_BILL_MONTHS) -> list[Bill]:
    """Return the closed months of a number in any county, newest first, but those in which the line is held.

    The reduction is the approved sum.

    The caller has verified that the number belongs to the reader.
    """
    return await LIST_BILLS.all(
        conn, number_index=index_identifier(seal, number), closed=CLOSE.after, limit=min(limit, MAX_BILL_MONTHS)
    )
