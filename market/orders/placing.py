"""Place a batch of orders: requests to drafts, drafts to rows, one statement, rows to outcomes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct, field

from market.kernel import Connection, Fen, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.idempotency import IdempotencyKeyReused
from market.orders.models import (
    MAX_UNPAID_ORDERS,
    NightsReserved,
    NightsTaken,
    NotForSale,
    OrderId,
    OrderState,
    PlacedOrder,
    ShopClosed,
    SoldOut,
    TooManyUnpaidOrders,
    TotalChanged,
    WaitingForPayment,
)
from market.orders.offers import load_goods_offers, load_stay_offers
from market.orders.order_request import OrderRequest
from market.orders.pricing import (
    DraftLine,
    DraftSuborder,
    GoodsOffer,
    StayOffer,
    find_shipping_fault,
    get_order_price,
    get_pay_minutes,
    make_parcels,
    price_goods_line,
    price_stay_line,
    price_suborders,
)

type PlacementOutcome = PlacedOrder | Exception
type Row = dict[str, object]


class OrderMatch(Struct, frozen=True, kw_only=True):
    """The order with a request's key; every field is None if there is no such order."""

    fingerprint: bytes | None
    id: OrderId | None
    number: int | None
    state: OrderState | None
    goods_fen: Fen | None
    freight_fen: Fen | None
    discount_fen: Fen | None
    total_fen: Fen | None
    placed_at: datetime | None
    pay_until: datetime | None

    def get_outcome(self, request: OrderRequest) -> PlacementOutcome | None:
        """Return the order, or the refusal if the key was used for another request; None if there is no order."""
        if self.id is None:
            return None
        if self.fingerprint != request.fingerprint:
            return IdempotencyKeyReused()
        return msgspec.convert(self, PlacedOrder, from_attributes=True)


class PriorOrder(OrderMatch, frozen=True, kw_only=True):
    """The order that request `n` placed before, if any, and the number of unpaid orders of its buyer."""

    n: int
    unpaid_orders: int


class PlacementResult(OrderMatch, frozen=True, kw_only=True):
    """The result of the statement for request `n`.

    Without an order, `missing_id` is the lot or the stay of which too little is available; `reserved` means that the
    missing units are in unpaid orders and may become available.
    """

    n: int
    missing_id: UUID | None
    available_units: int | None
    reserved: bool


LIST_PRIOR_ORDERS = Query(
    PriorOrder,
    """
    SELECT request.n::integer AS n,
           (SELECT count(*) FROM orders AS unpaid
             WHERE unpaid.buyer_id = request.buyer_id AND unpaid.state = 'placed')::integer AS unpaid_orders,
           fingerprint, id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until
      FROM unnest(:buyers::uuid[], :keys::text[]) WITH ORDINALITY AS request (buyer_id, key, n)
      LEFT JOIN orders ON orders.buyer_id = request.buyer_id AND orders.key = request.key
     ORDER BY request.n
    """,
)
CREATE_IDS = Query(UUID, "SELECT uuidv7() FROM generate_series(1, :count::integer)")
PLACE_ORDERS = Query(
    PlacementResult,
    """
    SELECT n, fingerprint, id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until,
           missing_id, available_units, reserved
      FROM place_orders(:batch::jsonb)
    """,
)
DELETE_CART_ROWS = Query(
    None,
    """
    WITH placed AS (SELECT * FROM unnest(:buyers::uuid[], :item_ids::uuid[]) AS placed (buyer_id, item_id)),
         lines AS (DELETE FROM cart_lines USING placed WHERE account_id = buyer_id AND variant_id = item_id)
    DELETE FROM cart_nights USING placed WHERE account_id = buyer_id AND listing_id = item_id
    """,
)


async def place_batch(conn: Connection, requests: Sequence[OrderRequest]) -> list[PlacementOutcome]:
    """Place the requests, no two of one buyer and key, in the caller's transaction; return an outcome for each.

    A refusal or an error in drafting one request is its own outcome. Any other error ends the transaction; `Batcher`
    then retries each request alone. The number of statements does not depend on the number of requests.
    """
    outcomes: dict[int, PlacementOutcome] = {}
    numbered = dict(enumerate(requests, 1))
    unpaid: dict[int, int] = {}
    for prior in await LIST_PRIOR_ORDERS.all(
        conn, buyers=[each.buyer_id for each in requests], keys=[each.key for each in requests]
    ):
        unpaid[prior.n] = prior.unpaid_orders
        outcome = prior.get_outcome(numbered[prior.n])
        if outcome is not None:
            outcomes[prior.n] = outcome
    new_requests = {n: request for n, request in numbered.items() if n not in outcomes}
    drafts = await _draft_orders(conn, new_requests, unpaid, outcomes)
    if drafts:
        ids = iter(await CREATE_IDS.all(conn, count=sum(_count_ids(suborders) for suborders in drafts.values())))
        batch = BatchRows()
        for n, suborders in drafts.items():
            batch.add_order(n, numbered[n], suborders, ids)
        for result in await PLACE_ORDERS.all(conn, batch=msgspec.structs.asdict(batch)):
            request = numbered[result.n]
            outcomes[result.n] = result.get_outcome(request) or _refuse(result, request, drafts[result.n])
        await _delete_cart_rows(conn, numbered, outcomes)
    return [outcomes[n] for n in numbered]


async def _draft_orders(
    conn: Connection, requests: dict[int, OrderRequest], unpaid: dict[int, int], outcomes: dict[int, PlacementOutcome]
) -> dict[int, list[DraftSuborder]]:
    """Draft each request at current prices; a request that cannot be ordered gets its refusal as outcome."""
    lines = [line.variant_id for each in requests.values() for _, line in each.lines]
    nights = [nights for each in requests.values() for nights in each.nights]
    day = get_business_day(max((each.now for each in requests.values()), default=datetime.now(UTC)))
    goods = await load_goods_offers(conn, lines, day=day)
    stays = await load_stay_offers(conn, nights, day=day)
    drafts: dict[int, list[DraftSuborder]] = {}
    position = 1
    for n, request in requests.items():
        stay_offers = [stays.get(position + offset) for offset in range(len(request.nights))]
        position += len(request.nights)
        if unpaid[n] >= MAX_UNPAID_ORDERS:
            outcomes[n] = TooManyUnpaidOrders(limit=MAX_UNPAID_ORDERS)
            continue
        try:
            drafts[n] = draft_order(request, goods, stay_offers)
        except Exception as error:  # noqa: BLE001 - an error in one request is its own outcome and fails no other
            outcomes[n] = error
    return drafts


def draft_order(
    request: OrderRequest, goods: dict[UUID, GoodsOffer], stays: Sequence[StayOffer | None]
) -> list[DraftSuborder]:
    """Return the suborders of a request at current prices.

    `stays` are the offers of the request's nights, in the same order.

    Raises:
        NotForSale, ShopClosed, RegionNotServed, TotalChanged: see `place`.
    """
    goods_lines: list[tuple[GoodsOffer, DraftLine]] = []
    known = [(goods[line.variant_id], line.quantity) for _, line in request.lines if line.variant_id in goods]
    parcels = make_parcels(known, request.destination.region_code)
    for index, line in request.lines:
        offer = goods.get(line.variant_id)
        field_name = f"lines[{index}].variant_id"
        if offer is None:
            raise NotForSale(title="", errors=(FieldFault(field_name, "没有这种商品"),))
        _check_on_sale(offer, field_name)
        if fault := find_shipping_fault(offer, parcels):
            raise fault.refusal(producer=offer.producer, errors=(FieldFault(fault.field, f"{offer.title} {fault.zh}"),))
        goods_lines.append((offer, price_goods_line(index, offer, line.quantity)))
    stay_lines: list[tuple[StayOffer, DraftLine]] = []
    for index, (nights, stay) in enumerate(zip(request.nights, stays, strict=True)):
        field_name = f"nights[{index}].listing_id"
        if stay is None:
            raise NotForSale(title="", errors=(FieldFault(field_name, "没有这处住宿"),))
        _check_on_sale(stay, field_name)
        stay_lines.append((stay, price_stay_line(index, stay, nights.rooms)))
    suborders = price_suborders(goods_lines, stay_lines)
    total = get_order_price(suborders).total_fen
    if request.total_fen is not None and request.total_fen != total:
        raise TotalChanged(total_fen=total, errors=(FieldFault("total_fen", str(total)),))
    return suborders


def _check_on_sale(offer: GoodsOffer | StayOffer, field_name: str) -> None:
    refusal: Refusal | None = None
    if not offer.on_sale:
        refusal = NotForSale(title=offer.title, errors=(FieldFault(field_name, "已经下架"),))
    elif not offer.shop_open:
        refusal = ShopClosed(producer=offer.producer, errors=(FieldFault(field_name, "这家现在不接单"),))
    if refusal is not None:
        raise refusal


def _get_pay_minutes(request: OrderRequest, suborders: Sequence[DraftSuborder]) -> int:
    return get_pay_minutes((each.pay_minutes for each in suborders), default=request.pay_minutes)


def _count_ids(suborders: Sequence[DraftSuborder]) -> int:
    rooms = sum(line.quantity for each in suborders for line in each.lines if line.stay is not None)
    return 1 + len(suborders) + sum(len(each.lines) for each in suborders) + rooms


class BatchRows(Struct):
    """The rows of a batch as the SQL function `place_orders` takes them; each has the request's number `n`."""

    orders: list[Row] = field(default_factory=list[Row])
    suborders: list[Row] = field(default_factory=list[Row])
    lines: list[Row] = field(default_factory=list[Row])
    stays: list[Row] = field(default_factory=list[Row])

    def add_order(self, n: int, request: OrderRequest, suborders: Sequence[DraftSuborder], ids: Iterator[UUID]) -> None:
        """Add an order with its suborders, lines and stays."""
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
                "placed_at": request.now,
                "pay_until": request.now + timedelta(minutes=_get_pay_minutes(request, suborders)),
            }
        )
        for position, suborder in enumerate(suborders, 1):
            suborder_id = next(ids)
            self.suborders.append(
                {
                    "n": n,
                    "id": suborder_id,
                    "order_id": order_id,
                    "position": position,
                    "producer_id": suborder.producer_id,
                    "kind": suborder.kind,
                    "goods_fen": suborder.goods_fen,
                    "freight_fen": suborder.freight_fen,
                    "discount_fen": 0,
                    "commission_bp": suborder.commission_bp,
                }
            )
            for line_position, line in enumerate(suborder.lines, 1):
                self._add_line(n, suborder_id, line_position, line, ids)

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
                "lot_id": line.lot_id,
                "units": 0 if line.lot_id is None else line.units,
            }
        )
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
                    "room_fen": line.price_fen,
                    "bookings": [next(ids) for _ in range(line.quantity)],
                    "prices": [{"night": night, "fen": price} for night, price in nights],
                }
            )


def _refuse(result: PlacementResult, request: OrderRequest, suborders: Sequence[DraftSuborder]) -> Refusal:
    """Return the refusal of a request for which too little is available."""
    minutes = _get_pay_minutes(request, suborders)
    lines = [line for each in suborders for line in each.lines]
    stay = next((line for line in lines if line.stay is not None and line.listing_id == result.missing_id), None)
    if stay is not None:
        refusal = NightsReserved if result.reserved else NightsTaken
        return refusal(title=stay.title, minutes=minutes, errors=(FieldFault(stay.field, "这几晚房间不够"),))
    short = [line for line in lines if line.lot_id == result.missing_id]
    first = short[0]
    left = (result.available_units or 0) // (first.units // first.quantity)
    return (WaitingForPayment if result.reserved else SoldOut)(
        title=first.title,
        left=left,
        unit=first.unit,
        minutes=minutes,
        errors=tuple(FieldFault(line.field, f"只剩 {left} {first.unit}") for line in short),
    )


async def _delete_cart_rows(
    conn: Connection, requests: dict[int, OrderRequest], outcomes: dict[int, PlacementOutcome]
) -> None:
    placed: list[tuple[UUID, UUID]] = []
    for n, request in requests.items():
        if request.from_cart and isinstance(outcomes[n], PlacedOrder):
            placed += [(request.buyer_id, line.variant_id) for _, line in request.lines]
            placed += [(request.buyer_id, each.listing_id) for each in request.nights]
    if placed:
        await DELETE_CART_ROWS.run(
            conn, buyers=[buyer for buyer, _ in placed], item_ids=[item_id for _, item_id in placed]
        )
