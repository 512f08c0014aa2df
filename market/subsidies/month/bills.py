"""A farmer's own phone bill: charge, reduction, amount to pay, and days."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
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


# By phone number, in any county: the caller's transaction has system scope, and shows only the reader's own line. An
# account of broadband may be written like a phone number and be somebody else's.
LIST_BILLS = Query(
    Bill,
    """
    SELECT c.month, r.county_code AS county, r.operator, r.kind, k.charge_fen, r.approved_fen AS reduction_fen,
           k.charge_fen - r.approved_fen AS pays_fen, r.payable_days AS days,
           ((c.month + interval '1 month')::date - c.month) AS of_days,
           CASE WHEN e.entitled_from > c.month THEN e.entitled_from END AS since
      FROM bindings b
      JOIN run_lines r ON r.county_code = b.county_code AND r.line_code = b.line_code
      JOIN cycles c ON c.run_id = r.run_id AND c.state = :closed
                   AND b.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
      JOIN claims k ON k.county_code = b.county_code AND k.operator = b.operator AND k.kind = b.kind
                   AND k.number_id = b.number_id AND k.month = c.month AND k.corrects_month IS NULL
      LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
     WHERE b.number_id = (SELECT id FROM identifiers WHERE value_index = :number_index)
       AND b.kind = 'mobile' AND r.in_snapshot
     ORDER BY c.month DESC, r.line_code
     LIMIT :limit
    """,
)


async def list_bills(conn: Connection, seal: Seal, number: str, *, limit: int = MAX_BILL_MONTHS) -> list[Bill]:
    """Return the closed months of a number, newest first; the reduction is the approved sum.

    The caller has verified that the number belongs to the reader.
    """
    return await LIST_BILLS.all(
        conn, number_index=seal.index(number), closed=CLOSE.after, limit=min(limit, MAX_BILL_MONTHS)
    )
