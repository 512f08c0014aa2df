"""Place a batch of orders: requests to drafts, drafts to rows, one statement, rows to outcomes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct, field

from market.catalogue.bookings.minimum import find_short_stay
from market.catalogue.producers.closures import describe_closure
from market.catalogue.slots.list_slots import load_slots
from market.catalogue.slots.models import Slot, SlotId
from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.language import say, use_language
from market.kernel.uuid7 import create_ids
from market.sales.coupons.models import Voucher, VoucherUnknown
from market.sales.coupons.rules import VOUCHER_FIELD, find_voucher_fault
from market.sales.coupons.vouchers import load_vouchers
from market.sales.orders.checkout.companions import run_companions
from market.sales.orders.checkout.offers import load_goods_offers, load_public_buyers, load_stay_offers
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.outcomes import (
    PlacementOutcome,
    PlacementResult,
    PriorOrder,
    get_request_pay_minutes,
    refuse,
)
from market.sales.orders.checkout.packages import load_live_packages, price_packages, require_live_package
from market.sales.orders.checkout.placing_parcels import add_placed_pickups, require_destination
from market.sales.orders.checkout.placing_slots import find_slot
from market.sales.orders.checkout.pricing import (
    DraftLine,
    DraftSuborder,
    GoodsOffer,
    StayOffer,
    apply_coupon,
    find_shipping_fault,
    get_order_price,
    list_coupon_items,
    make_parcels,
    price_goods_line,
    price_stay_line,
    price_suborders,
)
from market.sales.orders.checkout.seen_terms import require_package_terms, require_seen_terms
from market.sales.orders.deposits import plan_deposit
from market.sales.orders.models import (
    FREE_LOT_UNITS,
    LAPSE_WINDOW,
    LOT_SHARES,
    MAX_LAPSE_COUNTED,
    MAX_LAPSED,
    MAX_UNPAID_FEN,
    MAX_UNPAID_ITEMS,
    MAX_UNPAID_NIGHTS,
    MAX_UNPAID_ORDERS,
    FarmClosed,
    NotForSale,
    ShopClosed,
)
from market.sales.pickup_points.register import load_points

type Row = dict[str, object]


LIST_PRIOR_ORDERS = Query(
    PriorOrder,
    """
    SELECT request.n,
           fingerprint, id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until
      FROM unnest(:numbers::integer[], :buyers::uuid[], :keys::text[]) AS request (n, buyer_id, key)
      JOIN orders ON orders.buyer_id = request.buyer_id AND orders.key = request.key
    """,
)
PLACE_ORDERS = Query(
    PlacementResult,
    """
    SELECT n, fingerprint, id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until,
           obstacle, item_id, left_units, reserved, until
      FROM place_orders(:batch::jsonb, :skip_locked)
    """,
)
UNPAID_LIMITS: Row = {
    "orders": MAX_UNPAID_ORDERS,
    "fen": MAX_UNPAID_FEN,
    "items": MAX_UNPAID_ITEMS,
    "nights": MAX_UNPAID_NIGHTS,
    "lot_shares": LOT_SHARES,
    "free_units": FREE_LOT_UNITS,
    "lapsed": f"{MAX_LAPSED.total_seconds()} s",
    "lapse_counted": f"{MAX_LAPSE_COUNTED.total_seconds()} s",
    "lapse_window": f"{LAPSE_WINDOW.total_seconds()} s",
}


async def place_batch(
    conn: Connection, requests: Sequence[OrderRequest], *, skip_locked: bool = False
) -> list[PlacementOutcome]:
    """Place the requests, no two of one buyer; return an outcome for each.

    One statement writes all of them, and empties their carts. So the caller needs a transaction only for requests that
    write something beside it (`OrderRequest.writes_beside_order`).

    A refusal or an error in drafting one request is its own outcome. Any other error ends the transaction; `Batcher`
    then divides the batch. With `skip_locked` no lock is waited for, and the outcome of a request that needs what
    another transaction has locked is `ItemLocked`. The number of statements does not depend on the number of requests.

    The statement that places orders also finds those that were placed with the same key. They are looked for before it
    only for requests that do not reach it, because what was ordered can no longer be ordered at this price.

    Raises:
        asyncpg.LockNotAvailableError: without `skip_locked`, a lock was not free within 0.3 s.
    """
    numbered = dict(enumerate(requests, 1))
    drafts, outcomes = await _draft_orders(conn, numbered)
    if outcomes:
        outcomes |= await _find_prior_orders(conn, {n: numbered[n] for n in outcomes})
    if drafts:
        batch, ids = BatchRows(), create_ids()
        for n, suborders in drafts.items():
            batch.add_order(n, numbered[n], suborders, ids)
        for result in await PLACE_ORDERS.all(conn, batch=msgspec.structs.asdict(batch), skip_locked=skip_locked):
            request = numbered[result.n]
            outcomes[result.n] = result.get_outcome(request) or refuse(result, request, drafts[result.n])
        await add_placed_pickups(conn, numbered, outcomes)
        await run_companions(conn, numbered, outcomes, new_ids={each["id"] for each in batch.orders})
    return [outcomes[n] for n in numbered]


async def _find_prior_orders(conn: Connection, requests: Mapping[int, OrderRequest]) -> dict[int, PlacementOutcome]:
    """Return the outcomes of the requests that were placed before."""
    outcomes: dict[int, PlacementOutcome] = {}
    for prior in await LIST_PRIOR_ORDERS.all(
        conn,
        numbers=list(requests),
        buyers=[each.buyer_id for each in requests.values()],
        keys=[each.key for each in requests.values()],
    ):
        outcome = prior.get_outcome(requests[prior.n])
        if outcome is not None:
            outcomes[prior.n] = outcome
    return outcomes


async def _draft_orders(
    conn: Connection, requests: Mapping[int, OrderRequest]
) -> tuple[dict[int, list[DraftSuborder]], dict[int, PlacementOutcome]]:
    """Draft each request at current prices; return the drafts, and the refusals of what cannot be ordered."""
    lines = [line.variant_id for each in requests.values() for _, line in each.lines]
    nights = [nights for each in requests.values() for nights in each.nights]
    day = get_business_day(max((each.now for each in requests.values()), default=datetime.now(UTC)))
    goods = await load_goods_offers(conn, lines, day=day)
    stays = await load_stay_offers(conn, nights, day=day)
    chosen = [line.slot_id for each in requests.values() for _, line in each.lines if line.slot_id]
    slots = await load_slots(conn, chosen)
    buyers = [each.buyer_id for each in requests.values()]
    public_buyers = await load_public_buyers(conn, buyers, goods.values(), day=day)
    sellers = {each.producer_id for each in goods.values()} | {each.producer_id for each in stays.values()}
    receivers = {each.voucher_id: each.destination.recipient for each in requests.values() if each.voucher_id}
    vouchers = await load_vouchers(conn, receivers, sellers)
    live = await load_live_packages(conn, [each.package.package_id for each in requests.values() if each.package])
    points = await load_points(conn, [each.pickup_point_id for each in requests.values() if each.pickup_point_id])
    drafts: dict[int, list[DraftSuborder]] = {}
    faults: dict[int, PlacementOutcome] = {}
    position = 1
    for n, request in requests.items():
        stay_offers = [stays.get(position + offset) for offset in range(len(request.nights))]
        position += len(request.nights)
        try:
            use_language(request.language)
            voucher = vouchers.get(request.voucher_id) if request.voucher_id else None
            require_destination(request, goods, points)
            require_live_package(request.package, live)
            require_package_terms(request, live)
            drafts[n] = draft_order(
                request, goods, stay_offers, slots, voucher=voucher, public_buyer=request.buyer_id in public_buyers
            )
        except Exception as error:  # noqa: BLE001 - an error in one request is its own outcome and fails no other
            faults[n] = error
    return drafts, faults


def draft_order(
    request: OrderRequest,
    goods: dict[UUID, GoodsOffer],
    stays: Sequence[StayOffer | None],
    slots: dict[SlotId, Slot],
    *,
    voucher: Voucher | None = None,
    public_buyer: bool = False,
) -> list[DraftSuborder]:
    """Return the suborders of a request at current prices, less its coupon.

    `stays` are the offers of the request's nights, in the same order; `voucher` is the one that the request names;
    `public_buyer` is true if the buyer buys for a public unit.

    Raises:
        VoucherUnknown and other refusals of the voucher: see `place`.
        NotForSale, ShopClosed, RegionNotServed, TotalChanged, CancelTermsChanged: see `place`.
        SlotNeeded, SlotNotOffered, SlotStarted, SlotClosed, PartyTooLarge, StayTooShort: see `place`.
    """
    goods_lines: list[tuple[GoodsOffer, DraftLine]] = []
    known = [(goods[line.variant_id], line.quantity) for _, line in request.lines if line.variant_id in goods]
    parcels = make_parcels(known, request.destination.region_code)
    for index, line in request.lines:
        offer = goods.get(line.variant_id)
        field_name = f"lines[{index}].variant_id"
        if offer is None:
            raise NotForSale(title="", errors=(FieldFault(field_name, say("没有这种商品")),))
        require_on_sale(offer, field_name)
        if fault := find_shipping_fault(offer, parcels):
            faults = (FieldFault(fault.field or field_name, f"{offer.title} {say(fault.zh)}"),)
            raise fault.refusal(producer=offer.producer, title=offer.title, errors=faults)
        slot = find_slot(offer, line, slots, field=f"lines[{index}].slot_id", now=request.now)
        goods_lines.append((offer, price_goods_line(index, offer, line.quantity, slot, public_buyer=public_buyer)))
    stay_lines: list[tuple[StayOffer, DraftLine]] = []
    for index, (nights, stay) in enumerate(zip(request.nights, stays, strict=True)):
        field_name = f"nights[{index}].listing_id"
        if stay is None:
            raise NotForSale(title="", errors=(FieldFault(field_name, say("没有这处住宿")),))
        require_on_sale(stay, field_name)
        field_name = f"nights[{index}].leave_on"
        if refusal := find_short_stay(
            stay.minimum, title=stay.title, arrive=nights.arrive_on, leave=nights.leave_on, field=field_name
        ):
            raise refusal
        stay_lines.append((stay, price_stay_line(index, stay, nights.rooms)))
    if request.package is not None:
        goods_lines, stay_lines = price_packages(request.package, goods_lines, stay_lines)
    suborders = price_suborders(goods_lines, stay_lines, region_code=request.destination.region_code)
    if request.voucher_id is not None:
        suborders = _use_voucher(request, voucher, suborders)
    require_seen_terms(request, suborders)
    return suborders


def _use_voucher(
    request: OrderRequest, voucher: Voucher | None, suborders: Sequence[DraftSuborder]
) -> list[DraftSuborder]:
    if voucher is None or voucher.account_id != request.buyer_id:
        raise VoucherUnknown(errors=(FieldFault(VOUCHER_FIELD, say("您没有这张券")),))
    fault = find_voucher_fault(voucher, list_coupon_items(suborders), day=get_business_day(request.now))
    if fault is not None:
        raise fault
    return apply_coupon(suborders, voucher)


def require_on_sale(offer: GoodsOffer | StayOffer, field_name: str) -> None:
    """Require that a listing is on sale, at the field that names it.

    Raises:
        NotForSale, ShopClosed: it is not, or its producer takes no orders.
    """
    refusal: Refusal | None = None
    if not offer.on_sale:
        refusal = NotForSale(title=offer.title, errors=(FieldFault(field_name, say("已经下架")),))
    elif not offer.shop_open:
        refusal = ShopClosed(producer=offer.producer, errors=(FieldFault(field_name, say("这家现在不接单")),))
    elif closed := describe_closure(offer.closed_for, offer.reopens_on):
        errors = (FieldFault(field_name, closed),)
        refusal = FarmClosed(producer=offer.producer, why=closed, reopens_on=offer.reopens_on, errors=errors)
    if refusal is not None:
        raise refusal


class BatchRows(Struct):
    """The rows of a batch as the SQL function `place_orders` takes them; each has the request's number `n`."""

    orders: list[Row] = field(default_factory=list[Row])
    suborders: list[Row] = field(default_factory=list[Row])
    lines: list[Row] = field(default_factory=list[Row])
    weights: list[Row] = field(default_factory=list[Row])
    windows: list[Row] = field(default_factory=list[Row])
    deposits: list[Row] = field(default_factory=list[Row])
    stays: list[Row] = field(default_factory=list[Row])
    slots: list[Row] = field(default_factory=list[Row])
    redemptions: list[Row] = field(default_factory=list[Row])
    packages: list[Row] = field(default_factory=list[Row])
    package_lines: list[Row] = field(default_factory=list[Row])
    carts: list[Row] = field(default_factory=list[Row])
    limits: Row = field(default_factory=lambda: UNPAID_LIMITS)

    def add_order(self, n: int, request: OrderRequest, suborders: Sequence[DraftSuborder], ids: Iterator[UUID]) -> None:
        """Add an order with its suborders, lines, stays and places in slots, and the use of its voucher."""
        price = get_order_price(suborders)
        order_id = next(ids)
        self.orders.append(
            {
                "n": n,
                "id": order_id,
                "buyer_id": request.buyer_id,
                "key": request.key,
                "fingerprint": request.fingerprint.hex(),
                "region_code": request.destination.region_code,
                "address": request.destination.sealed.hex(),
                "goods_fen": price.goods_fen,
                "freight_fen": price.freight_fen,
                "discount_fen": price.discount_fen,
                "items": sum(line.quantity for each in suborders for line in each.lines),
                "lot_units": sum(line.lot_units for each in suborders for line in each.lines),
                "placed_at": request.now,
                "pay_until": request.now + timedelta(minutes=get_request_pay_minutes(request, suborders)),
            }
        )
        if request.from_cart:
            items = [line.variant_id for _, line in request.lines]
            items += [each.listing_id for each in request.nights]
            self.carts.append({"n": n, "owner_id": request.buyer_id, "items": items})
        if request.voucher_id is not None:
            reduced_fen = sum(line.reduction_fen for each in suborders for line in each.lines)
            self.redemptions.append(
                {
                    "n": n, "order_id": order_id, "voucher_id": request.voucher_id,
                    "discount_fen": price.discount_fen + reduced_fen, "redeemed_at": request.now,
                }
            )  # fmt: skip
        if request.package is not None:
            choice = request.package
            terms = {"count": choice.count, "price_fen": choice.price_fen, "arrive_on": choice.arrive_on}
            self.packages.append({"n": n, "order_id": order_id, "package_id": choice.package_id, **terms})
        plan = plan_deposit(suborders, day=get_business_day(request.now))
        if plan is not None:
            self.deposits.append({"n": n, "order_id": order_id, **msgspec.structs.asdict(plan)})
        for position, suborder in enumerate(suborders, 1):
            suborder_id = next(ids)
            self.suborders.append(
                {
                    "n": n, "id": suborder_id, "order_id": order_id, "position": position,
                    "producer_id": suborder.producer_id, "kind": suborder.kind, "goods_fen": suborder.goods_fen,
                    "freight_fen": suborder.freight_fen, "discount_fen": suborder.discount_fen,
                    "commission_bp": suborder.commission_bp,
                }
            )  # fmt: skip
            for line_position, line in enumerate(suborder.lines, 1):
                self._add_line(n, suborder_id, line_position, line, ids)
            if suborder.presale is not None:
                window = {"send_from": suborder.presale.send_from, "send_until": suborder.presale.send_until}
                self.windows.append({"n": n, "suborder_id": suborder_id, **window})
            if suborder.slot is not None:
                party = sum(line.quantity for line in suborder.lines)
                self.slots.append({"n": n, "suborder_id": suborder_id, "slot_id": suborder.slot.id, "party": party})

    def _add_line(self, n: int, suborder_id: UUID, position: int, line: DraftLine, ids: Iterator[UUID]) -> None:
        line_id = next(ids)
        self.lines.append(
            {
                "n": n,
                "id": line_id,
                "suborder_id": suborder_id,
                "position": position,
                "listing_id": line.listing_id,
                "variant_id": line.variant_id,
                "title": line.title,
                "unit": line.unit,
                "quantity": line.quantity,
                "price_fen": line.price_fen,
                "amount_fen": line.amount_fen,
                "reduction_fen": line.reduction_fen,
                "price_basis": line.price_basis,
                "lot_id": line.lot_id,
                "units": line.lot_units,
            }
        )
        if line.package is not None:
            part = {"position": line.package.position, "packages": line.package.packages}
            self.package_lines.append({"n": n, "line_id": line_id, **part})
        if line.weight is not None:
            weight = line.weight
            self.weights.append({"n": n, "line_id": line_id, "unit_g": weight.unit_g, "ceiling_g": weight.ceiling_g})
        if line.stay is not None:
            nights = line.stay.nights
            self.stays.append(
                {
                    "n": n,
                    "suborder_id": suborder_id,
                    "line_id": line_id,
                    "listing_id": line.listing_id,
                    "arrive": nights[0][0],
                    "leave": nights[-1][0] + timedelta(days=1),
                    "fills_gap": line.stay.minimum.fills_gap,
                    "room_fen": line.price_fen,
                    "bookings": [next(ids) for _ in range(line.quantity)],
                    "prices": [{"night": night, "fen": price} for night, price in nights],
                }
            )
