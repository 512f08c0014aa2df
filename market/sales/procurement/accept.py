"""验收: the unit's third person accepts what was delivered; what is refused goes back, and its quota is restored."""

from datetime import datetime

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_producer
from market.places.organisations.models import UnitDuty
from market.sales.orders.contracts import accept_goods
from market.sales.procurement.models import Acceptance, PurchaseDetail, PurchaseState, QuotaEntryKind
from market.sales.procurement.request import note_step
from market.sales.procurement.rules import check_acceptance, check_quantities
from market.sales.procurement.steps import finish_without_goods, lock_purchase, post_entry, require_third_person
from market.sales.procurement.views import get_purchase, get_seat
from payments.money import format_yuan

ADD_CHECK = Query(
    None, "INSERT INTO procurement_checks (order_id, item, passed, note) VALUES (:order_id, :item, :passed, :note)"
)
SET_ACCEPTED_LINES = Query(
    None,
    """
    UPDATE procurement_lines l SET accepted = quantity
      FROM unnest(:line_ids::uuid[], :quantities::integer[]) AS part (line_id, quantity)
     WHERE l.line_id = part.line_id AND l.order_id = :order_id
    """,
)
SET_ACCEPTED = Query(
    None,
    """
    UPDATE procurements SET accepted_by = :by, accepted_at = :now, accepted_on = :day, accepted_fen = :fen
     WHERE order_id = :order_id
    """,
)
_REFUSED_WHOLE = "全部没有验收合格"


async def accept_purchase(
    conn: Connection, seal: Seal, actor: Actor, number: int, acceptance: Acceptance, *, now: datetime
) -> PurchaseDetail:
    """Accept what was delivered, line by line, with the three checks; the seller, who is told, issues the invoice next.

    What was ordered and is not accepted goes back into stock, is never charged, and its quota is restored. If nothing
    is accepted the purchase ends. Payment is due `payment_days` after this day.

    Raises:
        NotOfPublicUnit: the actor does not accept for a unit.
        NotFound: the unit has no such purchase.
        SamePersonTwice: the actor requested or approved it.
        SellersPurchase: the actor works or worked for the seller.
        PurchaseStepChanged: it is at another step.
        PurchaseInvalid: a line or a check is missing, more than was delivered, or a failed check has no note.
    """
    today = get_business_day(now)
    seat = await get_seat(conn, actor, UnitDuty.ACCEPTOR, day=today)
    locked = await lock_purchase(conn, actor, number, {PurchaseState.DELIVERED}, now=now)
    bought, order_id = locked.purchase, locked.order.id
    if bought.organisation_id != seat.organisation_id:
        raise NotFound
    await require_third_person(conn, actor, bought.producer_id, bought.requested_by, bought.approved_by)
    lines = (await get_purchase(conn, number)).lines
    quantities = check_quantities(acceptance.lines, lines, most="delivered")
    for each in check_acceptance(acceptance.checks):
        await ADD_CHECK.run(conn, order_id=order_id, item=each.item, passed=each.passed, note=each.note)
    facts = {"unit": bought.unit, "order": str(number)}
    if not any(quantities.values()):
        await finish_without_goods(conn, actor, locked, _REFUSED_WHOLE, now=now)
        await notify_producer(conn, seal, bought.producer_id, "purchase_ended", facts, now=now)
        return await get_purchase(conn, number)
    refused = [(each.line_id, each.ordered - quantities[each.line_id], each) for each in lines]
    await accept_goods(
        conn, order_id, [(line_id, back, back * line.price_fen) for line_id, back, line in refused], now=now
    )
    refused_fen = sum(back * line.price_fen for _, back, line in refused)
    accepted_fen = Fen(bought.ordered_fen - refused_fen)
    await SET_ACCEPTED_LINES.run(
        conn, order_id=order_id, line_ids=list(quantities), quantities=list(quantities.values())
    )
    await SET_ACCEPTED.run(conn, order_id=order_id, by=actor.account_id, now=now, day=today, fen=accepted_fen)
    await post_entry(conn, order_id, QuotaEntryKind.ACCEPTED, accepted_fen, now=now)
    await post_entry(conn, order_id, QuotaEntryKind.RESTORED, refused_fen, now=now)
    told = {**facts, "amount": format_yuan(accepted_fen)}
    await notify_producer(conn, seal, bought.producer_id, "purchase_accepted", told, now=now)
    await note_step(conn, actor, "accept", number, {"accepted_fen": accepted_fen, "refused_fen": refused_fen}, now=now)
    return await get_purchase(conn, number)
