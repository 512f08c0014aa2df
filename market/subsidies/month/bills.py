"""A farmer's own phone bill: charge, reduction, amount to pay, and days."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.subsidies.identifiers import IDENTIFIER_CONTEXT, index_identifier
from market.subsidies.month.steps import CLOSE
from market.subsidies.names import Operator, ServiceKind

MAX_BILL_MONTHS = 12
_TAIL_LENGTH = 4


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


class LineHeld(StrEnum):
    """Whether a stopping finding holds a line: it waits for the township, or was decided against the line."""

    NO = ""
    OPEN = "open"
    STOP = "stop"


class OwnLineMonth(Struct, frozen=True, kw_only=True):
    """A line of a person in a calculated month; while the month is not `closed` its figures may change.

    `reduction_fen` is the approved sum, 0 while the line is held. `charge_fen` and `claimed_fen` are null if the
    operator sent no bill, and if the number `passed` to another person within the month, whose bill it is too. The
    household's lines and sum include this one, and leave out what is held.
    """

    month: date
    county: str
    operator: Operator
    kind: ServiceKind
    closed: bool
    charge_fen: Fen | None
    claimed_fen: Fen | None
    reduction_fen: Fen
    days: int
    of_days: int
    since: date | None
    held: LineHeld
    reasons: list[str]
    causes: list[str]
    household_lines: int
    household_fen: Fen
    passed: bool
    number_sealed: bytes

    def read_tail(self, seal: Seal) -> str:
        """Return the last four characters of the number or account."""
        return seal.open(self.number_sealed, IDENTIFIER_CONTEXT)[-_TAIL_LENGTH:]


LIST_OWN_MONTHS = Query(
    OwnLineMonth,
    "SELECT * FROM list_own_months(:number_index::bytea, :closed::text, :day::date, :months::integer)",
)
LIST_BILLS = Query(Bill, "SELECT * FROM list_bills(:number_index::bytea, :closed::text, :limit::integer)")


async def list_bills(conn: Connection, seal: Seal, number: str, *, limit: int = MAX_BILL_MONTHS) -> list[Bill]:
    """Return the closed months of a number in any county, newest first, but those in which the line is held.

    The reduction is the approved sum.

    The caller has verified that the number belongs to the reader.
    """
    return await LIST_BILLS.all(
        conn, number_index=index_identifier(seal, number), closed=CLOSE.after, limit=min(limit, MAX_BILL_MONTHS)
    )


async def list_own_months(
    conn: Connection, seal: Seal, number: str, *, day: date, months: int = MAX_BILL_MONTHS
) -> list[OwnLineMonth]:
    """Return the lines of the person to whom a number is bound on a day, in the newest calculated months.

    Newest month first, mobile numbers before broadband; nothing if the number is bound to nobody then. The caller has
    verified that the number belongs to the reader.
    """
    return await LIST_OWN_MONTHS.all(
        conn,
        number_index=index_identifier(seal, number),
        closed=CLOSE.after,
        day=day,
        months=min(months, MAX_BILL_MONTHS),
    )
