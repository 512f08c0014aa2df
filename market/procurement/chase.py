"""Tell sellers of due red-letter invoices: when something came back, two days before the day, daily after it."""

from collections.abc import Callable
from datetime import date, datetime

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.orders.notifications import format_month_day, notify_producer
from market.procurement.models import Purchase
from market.procurement.views import get_purchase
from payments.money import format_yuan
from payments.retries import run_each

log = structlog.get_logger()

DAYS_BEFORE, DAYS_AFTER = 2, 10
MAX_TOLD = 200


class OwedRedLetter(Struct, frozen=True):
    """A purchase for which a red-letter invoice is due, and the county of its unit."""

    number: int
    county_code: str


LIST_UNTOLD = Query(OwedRedLetter, "SELECT number, county_code FROM list_untold_red_letters(:most::integer)")
LIST_UNCHASED = Query(
    OwedRedLetter,
    """
    SELECT number, county_code
      FROM list_unchased_red_letters(:today::date, :before::integer, :after::integer, :most::integer)
    """,
)
# The row claims its message: of two workers only one changes it.
CLAIM_TELLING = Query(
    int,
    """
    UPDATE procurements p SET told_fen = returned_fen, reduce_since = coalesce(reduce_since, :today::date)
      FROM orders o
     WHERE o.id = p.order_id AND o.number = :number AND returned_fen > reduced_fen AND told_fen < returned_fen
    RETURNING 1
    """,
)
CLAIM_CHASE = Query(
    int,
    """
    UPDATE procurements p SET chased_on = :today::date
      FROM orders o
     WHERE o.id = p.order_id AND o.number = :number AND reduce_since IS NOT NULL
       AND chased_on IS DISTINCT FROM :today::date
    RETURNING 1
    """,
)


async def tell_of_red_letters(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell the sellers of purchases of which more came back since, at most 200; return how many.

    The first telling begins the five working days. Opens its own transactions, one for each purchase.
    """
    async with db.connection() as conn:
        owed = await LIST_UNTOLD.all(conn, most=MAX_TOLD)
    today = get_business_day(now)
    return await _tell(db, seal, owed, CLAIM_TELLING, lambda _: "purchase_red_letter", today=today, now=now)


async def chase_red_letters(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind the sellers whose red-letter invoices are due, or late for at most 10 days; return how many.

    Opens its own transactions, one for each purchase.
    """
    today = get_business_day(now)

    def choose(purchase: Purchase) -> str:
        late = purchase.reduce_due_on is not None and purchase.reduce_due_on < today
        return "purchase_red_letter_late" if late else "purchase_red_letter_due"

    async with db.connection() as conn:
        owed = await LIST_UNCHASED.all(conn, today=today, before=DAYS_BEFORE, after=DAYS_AFTER, most=MAX_TOLD)
    return await _tell(db, seal, owed, CLAIM_CHASE, choose, today=today, now=now)


async def _tell(
    db: Database,
    seal: Seal,
    owed: list[OwedRedLetter],
    claim: Query[int],
    choose: Callable[[Purchase], str],
    *,
    today: date,
    now: datetime,
) -> int:
    """Claim each message and queue it; one that fails is tried the next time and delays no other."""
    told = 0

    async def tell(each: OwedRedLetter) -> None:
        nonlocal told
        async with db.transaction(scope=each.county_code) as conn:
            if await claim.maybe(conn, number=each.number, today=today) is None:
                return
            await _notify(conn, seal, each.number, choose, now=now)
            told += 1

    async def fail(each: OwedRedLetter, error: Exception) -> None:
        log.error("red_letter_not_told", purchase=each.number, exc_info=error)

    await run_each(owed, tell, fail)
    return told


async def _notify(
    conn: Connection, seal: Seal, number: int, choose: Callable[[Purchase], str], *, now: datetime
) -> None:
    purchase = (await get_purchase(conn, number)).purchase
    assert purchase.reduce_due_on is not None, "claimed"
    facts = {
        "unit": purchase.unit, "order": str(number), "amount": format_yuan(purchase.reducible_fen),
        "due": format_month_day(purchase.reduce_due_on),
    }  # fmt: skip
    await notify_producer(conn, seal, purchase.producer_id, choose(purchase), facts, now=now)
