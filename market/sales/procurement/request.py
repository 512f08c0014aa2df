"""Request a purchase: an unpaid order of the unit's requester waits for the approver and the seller."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.seller_ties import is_of_seller
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.places.organisations.models import UnitDuty
from market.sales.orders.cart_view import Cart
from market.sales.orders.contracts import set_order_terms
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.models import OrderState, PaymentTerms, SuborderKind
from market.sales.orders.transitions import lock_order
from market.sales.procurement.models import (
    APPROVAL_TIME,
    MAX_PAYMENT_DAYS,
    OrderNotForUnit,
    Purchase,
    PurchaseInvalid,
    PurchaseRequest,
    SellersPurchase,
)
from market.sales.procurement.rules import make_payer_code
from market.sales.procurement.views import get_purchase, get_seat
from payments import Purpose, find_live_payment


class _Contents(Struct, frozen=True, kw_only=True):
    """What an order is of; `whole` of lines at one price each; `invoiced`: an invoice was asked for with it.

    `special`: it has a deposit, is a package, is picked up or is weighed.
    """

    parts: int
    kind: SuborderKind
    producer_id: UUID
    whole: bool
    invoiced: bool
    special: bool


class _RequestedOrder(_Contents, frozen=True, kw_only=True):
    """An order to be requested; `list` is that of the seller's county on the day."""

    county: str
    list: str | None
    freight_fen: Fen
    total_fen: Fen


READ_ORDER = Query(
    _RequestedOrder,
    """
    SELECT (SELECT count(*)::integer FROM suborders WHERE order_id = o.id) AS parts, s.kind, s.producer_id,
           truncate_code(p.village_code, 3) AS county,
           (SELECT list FROM listed_counties l
             WHERE l.county_code = truncate_code(p.village_code, 3) AND l.valid_during @> :day::date
             ORDER BY list LIMIT 1) AS list,
           o.freight_fen, o.total_fen,
           o.discount_fen = 0 AND NOT EXISTS (
               SELECT FROM order_lines WHERE suborder_id = s.id AND amount_fen <> price_fen * quantity) AS whole,
           EXISTS (SELECT FROM invoice_requests i WHERE i.suborder_id = s.id) AS invoiced,
           EXISTS (SELECT FROM deposits d WHERE d.order_id = o.id)
           OR EXISTS (SELECT FROM package_orders k WHERE k.order_id = o.id)
           OR EXISTS (SELECT FROM pickups k WHERE k.suborder_id = s.id)
           OR EXISTS (SELECT FROM catch_weights w JOIN order_lines l ON l.id = w.line_id
                       WHERE l.suborder_id = s.id) AS special
      FROM orders o JOIN suborders s ON s.order_id = o.id AND s.position = 1 JOIN producers p ON p.id = s.producer_id
     WHERE o.id = :order_id
    """,
)
ADD_PURCHASE = Query(
    None,
    """
    INSERT INTO procurements (order_id, organisation_id, producer_id, producer_county, year, ordered_on, list,
                              payment_days, payer_code, freight_fen, ordered_fen, requested_by, requested_at)
    VALUES (:order_id, :organisation_id, :producer_id, :county, extract(year FROM :day::date), :day, :list,
            :payment_days, :payer_code, :freight_fen, :ordered_fen, :by, :now)
    """,
)
ADD_LINES = Query(
    None,
    """
    INSERT INTO procurement_lines (line_id, order_id, price_fen, ordered)
    SELECT l.id, order_id, price_fen, quantity
      FROM order_lines l JOIN suborders s ON s.id = suborder_id WHERE order_id = :order_id
    """,
)


def _find_obstacle(order: _Contents) -> str | None:
    if order.parts != 1:
        return "一份合同只跟一家，请分开下单"
    if order.kind is not SuborderKind.GOODS or order.special:
        return "订金、套餐、自提、称重和住宿采摘的不行"
    if order.invoiced:
        return "发票记在采购单里，下单时不用另外要"
    return None if order.whole else "用了券的不行"


async def require_unit_cart(
    conn: Connection, actor: Actor, cart: Cart, *, voucher: bool, pickup: bool, now: datetime
) -> None:
    """Require that the unit of the actor can buy a cart by contract, before it is placed; an empty one passes.

    Its invoice is recorded with the purchase, so that none is asked for with the order.

    Raises:
        NotOfPublicUnit: the actor does not request for a verified unit.
        OrderNotForUnit: it is of several sellers, or not for a contract.
        SellersPurchase: the actor works or worked for the seller.
    """
    await get_seat(conn, actor, UnitDuty.REQUESTER, day=get_business_day(now))
    if not cart.groups:
        return
    first = cart.groups[0]
    weighed = any(line.weight is not None for group in cart.groups for line in group.lines)
    contents = _Contents(
        parts=len(cart.groups), kind=first.kind, producer_id=first.producer_id, whole=not voucher, invoiced=False,
        special=pickup or weighed or cart.deposit is not None,
    )  # fmt: skip
    if why := _find_obstacle(contents):
        raise OrderNotForUnit(why=why)
    await require_not_of_seller(conn, actor, first.producer_id)


async def request_purchase(conn: Connection, actor: Actor, new: PurchaseRequest, *, now: datetime) -> Purchase:
    """Request that the unit buys an unpaid order of its requester: it is paid after acceptance, without commission.

    The goods wait for the approver and the seller for three days. Which county list counts is that of this day. The
    caller's transaction has the scope of the person.

    Raises:
        NotOfPublicUnit: the actor does not request for a verified unit.
        PurchaseInvalid: the days of payment are not 1 to 60.
        NotFound: the order is not the actor's.
        OrderNotForUnit: it is paid, ended, requested before, of several sellers, or not for a contract.
        SellersPurchase: the actor works or worked for the seller.
    """
    today = get_business_day(now)
    seat = await get_seat(conn, actor, UnitDuty.REQUESTER, day=today)
    if not 1 <= new.payment_days <= MAX_PAYMENT_DAYS:
        raise PurchaseInvalid(errors=(FieldFault("payment_days", f"验收后 1 到 {MAX_PAYMENT_DAYS} 天内付"),))
    order = await lock_order(conn, new.order_id)
    if order is None or order.buyer_id != actor.account_id:
        raise NotFound
    if order.state is not OrderState.PLACED or order.pay_until <= now or order.terms is not PaymentTerms.PREPAID:
        raise OrderNotForUnit(why="已经付款、结束或者申请过了")
    if await find_live_payment(conn, get_order_ref(order.number), Purpose.FULL) is not None:
        raise OrderNotForUnit(why="网上付款已经开始，请取消了重下")
    found = await READ_ORDER.one(conn, order_id=order.id, day=today)
    if why := _find_obstacle(found):
        raise OrderNotForUnit(why=why)
    await require_not_of_seller(conn, actor, found.producer_id)
    await set_order_terms(conn, order.id, PaymentTerms.REQUESTED, until=now + APPROVAL_TIME)
    await ADD_PURCHASE.run(
        conn, order_id=order.id, organisation_id=seat.organisation_id, producer_id=found.producer_id,
        county=found.county, day=today, list=found.list, payment_days=new.payment_days,
        payer_code=make_payer_code(order.number), freight_fen=found.freight_fen, ordered_fen=found.total_fen,
        by=actor.account_id, now=now,
    )  # fmt: skip
    await ADD_LINES.run(conn, order_id=order.id)
    await note_step(conn, actor, "request", order.number, {"fen": found.total_fen, "list": found.list}, now=now)
    return (await get_purchase(conn, order.number)).purchase


async def require_not_of_seller(conn: Connection, actor: Actor, producer_id: UUID) -> None:
    """Require that a person of the unit neither works nor worked for the seller.

    Raises:
        SellersPurchase: the person does or did, by whatever account.
    """
    if await is_of_seller(conn, actor.account_id, producer_id):
        raise SellersPurchase


async def note_step(
    conn: Connection, actor: Actor, step: str, number: int, detail: dict[str, object], *, now: datetime
) -> None:
    """Add the audit entry of a step of a purchase."""
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"procurement.{step}",
        object=f"order:{number}",
        detail=detail,
        now=now,
    )
