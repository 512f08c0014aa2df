"""Tell of what is due: sellers of red-letter invoices, also when something came back, and units of acceptances.

Reminders come once within two days before the day, and daily after it.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import list_unit_accounts
from market.sales.procurement.models import Purchase
from market.sales.procurement.views import get_purchase
from payments.money import format_yuan
from payments.retries import run_listed

log = structlog.get_logger()

DAYS_BEFORE, DAYS_AFTER = 2, 10
MAX_TOLD = 200


class DuePurchase(Struct, frozen=True):
    """A purchase of which something is due, and the county of its unit."""

    number: int
    county_code: str


LIST_UNTOLD = Query(DuePurchase, "SELECT number, county_code FROM list_untold_red_letters(:most::integer)")
LIST_UNCHASED = Query(
    DuePurchase,
    """
    SELECT number, county_code
      FROM list_unchased_red_letters(:today::date, :before::integer, :after::integer, :most::integer)
    """,
)
LIST_UNCHASED_ACCEPTANCES = Query(
    DuePurchase,
    """
    SELECT number, county_code
      FROM list_unchased_acceptances(:today::date, :before::integer, :after::integer, :most::integer)
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
CLAIM_ACCEPTANCE_CHASE = Query(
    int,
    """
    UPDATE procurements p SET chased_on = :today::date
      FROM orders o
     WHERE o.id = p.order_id AND o.number = :number AND p.state = 'delivered'
       AND chased_on IS DISTINCT FROM :today::date
    RETURNING 1
    """,
)


async def tell_of_red_letters(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell the sellers of purchases of which more came back since; return how many.

    The first telling begins the five working days. Opens its own transactions, one for each purchase.
    """
    today = get_business_day(now)

    async def notify(conn: Connection, purchase: Purchase) -> None:
        await _notify_seller(conn, seal, purchase, "purchase_red_letter", now=now)

    return await _tell(db, LIST_UNTOLD, {}, CLAIM_TELLING, notify, today=today)


async def chase_red_letters(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind the sellers whose red-letter invoices are due, or late for at most 10 days; return how many.

    Opens its own transactions, one for each purchase.
    """
    today = get_business_day(now)

    async def notify(conn: Connection, purchase: Purchase) -> None:
        late = purchase.reduce_due_on is not None and purchase.reduce_due_on < today
        template = "purchase_red_letter_late" if late else "purchase_red_letter_due"
        await _notify_seller(conn, seal, purchase, template, now=now)

    return await _tell(db, LIST_UNCHASED, _get_window(today), CLAIM_CHASE, notify, today=today)


async def chase_acceptances(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind the units that have to accept what was delivered, or are late for at most 10 days; return how many.

    The requester and those who accept for the unit are told. Opens its own transactions, one for each purchase.
    """
    today = get_business_day(now)

    async def notify(conn: Connection, purchase: Purchase) -> None:
        assert purchase.accept_due_on is not None, "claimed"
        template = "purchase_accept_late" if purchase.accept_due_on < today else "purchase_accept_due"
        facts = {"order": str(purchase.number), "due": format_month_day(purchase.accept_due_on)}
        acceptors = await list_unit_accounts(conn, purchase.organisation_id, UnitDuty.ACCEPTOR, day=today)
        for each in {purchase.requested_by, *acceptors}:
            await notify_account(conn, seal, each, template, facts, now=now)

    return await _tell(db, LIST_UNCHASED_ACCEPTANCES, _get_window(today), CLAIM_ACCEPTANCE_CHASE, notify, today=today)


def _get_window(today: date) -> dict[str, object]:
    return {"today": today, "before": DAYS_BEFORE, "after": DAYS_AFTER}


async def _tell(
    db: Database,
    listing: Query[DuePurchase],
    window: dict[str, object],
    claim: Query[int],
    notify: Callable[[Connection, Purchase], Awaitable[None]],
    *,
    today: date,
) -> int:
    """Claim each message and queue it; one that fails is tried the next time and delays no other."""

    async def list_due(most: int) -> list[DuePurchase]:
        async with db.connection() as conn:
            return await listing.all(conn, **window, most=most)

    async def tell(each: DuePurchase) -> int:
        async with db.transaction(scope=each.county_code) as conn:
            if await claim.maybe(conn, number=each.number, today=today) is None:
                return 0
            await notify(conn, (await get_purchase(conn, each.number)).purchase)
        return 1

    async def fail(each: DuePurchase, error: Exception) -> None:
        log.error("purchase_not_told", purchase=each.number, exc_info=error)

    return await run_listed(list_due, tell, fail, most=MAX_TOLD)


async def _notify_seller(conn: Connection, seal: Seal, purchase: Purchase, template: str, *, now: datetime) -> None:
    assert purchase.reduce_due_on is not None, "claimed"
    facts = {
        "unit": purchase.unit, "order": str(purchase.number), "amount": format_yuan(purchase.reducible_fen),
        "due": format_month_day(purchase.reduce_due_on),
    }  # fmt: skip
    await notify_producer(conn, seal, purchase.producer_id, template, facts, now=now)
