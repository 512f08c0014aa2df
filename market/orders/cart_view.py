"""The cart as it would be charged now: by producer, with freight and sums, and what cannot be ordered."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.bookings import CancelTerms, refund_rate, tiers_for
from market.identity import AccountId
from market.kernel import Connection, Fen, Query
from market.kernel.clock import day_of
from market.orders.facts import goods_of, stays_of
from market.orders.freight import ships_to
from market.orders.models import MOST_LINES, MOST_STAYS, Line, ListingId, Nights, SuborderKind, VariantId
from market.orders.rules import DraftLine, Goods, Stay, line_of, line_of_stay, suborders_of


class CartLine(Struct, frozen=True):
    """A line of the cart; `problem` says in words why it cannot be ordered now, empty where it can."""

    variant_id: UUID
    listing_id: UUID
    listing_number: int
    title: str
    unit: str
    quantity: int
    price_fen: Fen
    amount_fen: Fen
    left: int | None
    problem: str


class CartNights(Struct, frozen=True):
    """A stay in the cart, with every night's price and what cancelling would give back."""

    listing_id: UUID
    listing_number: int
    title: str
    arrive_on: date
    leave_on: date
    rooms: int
    nights: list[tuple[date, Fen]]
    amount_fen: Fen
    free: int
    terms: CancelTerms
    problem: str


class CartGroup(Struct, frozen=True):
    """What one producer sends or hosts: the suborder that placing would make. Its sums leave out what has a problem."""

    producer_id: UUID
    producer: str
    kind: SuborderKind
    lines: list[CartLine]
    nights: list[CartNights]
    goods_fen: Fen
    freight_fen: Fen
    total_fen: Fen


class Cart(Struct, frozen=True):
    """The whole cart; `ready` says that all of it can be ordered. Freight is that of the region asked about."""

    groups: list[CartGroup]
    goods_fen: Fen
    freight_fen: Fen
    total_fen: Fen
    count: int
    ready: bool


class _LineRow(Struct, frozen=True):
    variant_id: VariantId
    quantity: int
    left_units: int | None
    waiting_units: int | None


class _NightsRow(Struct, frozen=True):
    listing_id: ListingId
    arrive_on: date
    leave_on: date
    rooms: int
    free: int


CART_LINES = Query(
    _LineRow,
    """
    SELECT variant_id, quantity, left_units, waiting_units
      FROM cart_lines
      JOIN variants ON variants.id = variant_id
      LEFT JOIN lots ON lots.id = lot_id
     WHERE account_id = :account_id
     ORDER BY put_at, variant_id
     LIMIT :most
    """,
)
CART_NIGHTS = Query(
    _NightsRow,
    """
    SELECT listing_id, lower(nights) AS arrive_on, upper(nights) AS leave_on, rooms,
           (SELECT count(*) FROM rooms AS each
             WHERE each.listing_id = cart_nights.listing_id AND each.open
               AND NOT EXISTS (SELECT FROM taken_nights AS taken
                                WHERE room_id = each.id AND taken.nights && cart_nights.nights))::integer AS free
      FROM cart_nights
     WHERE account_id = :account_id
     ORDER BY put_at, listing_id
     LIMIT :most
    """,
)


async def cart_wishes(conn: Connection, account_id: AccountId) -> tuple[list[Line], list[Nights]]:
    """Return what the cart asks for, as `place` takes it."""
    lines = await CART_LINES.all(conn, account_id=account_id, most=MOST_LINES)
    nights = await CART_NIGHTS.all(conn, account_id=account_id, most=MOST_STAYS)
    return (
        [Line(row.variant_id, row.quantity) for row in lines],
        [Nights(row.listing_id, row.arrive_on, row.leave_on, row.rooms) for row in nights],
    )


async def get_cart(conn: Connection, account_id: AccountId, *, region_code: str | None = None, now: datetime) -> Cart:
    """Return the cart by producer with freight and sums, in four statements however full it is.

    What cannot be ordered now says why and is left out of the sums; freight of the rest is exactly what placing would
    charge.
    """
    rows = await CART_LINES.all(conn, account_id=account_id, most=MOST_LINES)
    stay_rows = await CART_NIGHTS.all(conn, account_id=account_id, most=MOST_STAYS)
    goods = await goods_of(conn, [row.variant_id for row in rows])
    stays = await stays_of(conn, [Nights(row.listing_id, row.arrive_on, row.leave_on, row.rooms) for row in stay_rows])
    found = [(goods[row.variant_id], row) for row in rows]
    needs: dict[UUID, int] = {}
    for thing, row in found:
        if thing.lot_id is not None:
            needs[thing.lot_id] = needs.get(thing.lot_id, 0) + row.quantity * thing.takes
    lines = [(thing, row, _problem(thing, row, needs, region_code)) for thing, row in found]
    nights: list[tuple[Stay, CartNights]] = []
    for place, row in enumerate(stay_rows, 1):
        stay = stays[place]
        nights.append((stay, _cart_nights(stay, row, day_of(now))))
    return _cart(lines, nights)


def _problem(thing: Goods, row: _LineRow, needs: dict[UUID, int], region_code: str | None) -> str:
    """Say why a line cannot be ordered now; empty where it can."""
    closed = _closed(thing)
    if closed:
        return closed
    if region_code is not None and thing.listing_kind == "product" and not ships_to(thing.freight, region_code):
        return "不发往您的地区"
    if thing.lot_id is None or row.left_units is None or row.waiting_units is None:
        return ""
    return _short(thing, needs[thing.lot_id], row.left_units, row.waiting_units)


def _closed(thing: Goods | Stay) -> str:
    if not thing.on_sale:
        return "已经下架"
    return "" if thing.shop_open else "这家现在不接单"


def _short(thing: Goods, need: int, left: int, waiting: int) -> str:
    if need <= left:
        return ""
    if need <= left + waiting:
        return f"现在只剩 {left // thing.takes} {thing.unit}，其余在等别人付款，可以稍后再试"
    return f"只剩 {left // thing.takes} {thing.unit}" if left >= thing.takes else "卖完了"


def _cart_nights(stay: Stay, row: _NightsRow, day: date) -> CartNights:
    problem = _closed(stay)
    if not problem and row.arrive_on < day:
        problem = "日期已经过了"
    elif not problem and row.free < row.rooms:
        problem = f"这几晚只剩 {row.free} 间" if row.free else "这几晚没有房间了"
    return CartNights(
        row.listing_id,
        stay.listing_number,
        stay.title,
        row.arrive_on,
        row.leave_on,
        row.rooms,
        stay.nights,
        Fen(stay.room_fen * row.rooms),
        row.free,
        CancelTerms(
            stay.holiday,
            (row.arrive_on - day).days,
            refund_rate(stay.tiers, days_left=(row.arrive_on - day).days, holiday=stay.holiday),
            tiers_for(stay.tiers, holiday=stay.holiday),
        ),
        problem,
    )


def _cart(lines: Sequence[tuple[Goods, _LineRow, str]], nights: Sequence[tuple[Stay, CartNights]]) -> Cart:
    every = suborders_of(
        [(thing, line_of(0, thing, row.quantity)) for thing, row, _ in lines],
        [(stay, line_of_stay(0, stay, shown.rooms)) for stay, shown in nights],
    )
    orderable = suborders_of(
        [(thing, line_of(0, thing, row.quantity)) for thing, row, problem in lines if not problem],
        [(stay, line_of_stay(0, stay, shown.rooms)) for stay, shown in nights if not shown.problem],
    )
    sums = {(each.producer_id, each.kind, _stay_of(each.lines)): each for each in orderable}
    groups: list[CartGroup] = []
    for each in every:
        charged = sums.get((each.producer_id, each.kind, _stay_of(each.lines)))
        goods_fen = charged.goods_fen if charged else Fen(0)
        freight_fen = charged.freight_fen if charged else Fen(0)
        members = {line.variant_id for line in each.lines}
        groups.append(
            CartGroup(
                each.producer_id,
                each.producer,
                each.kind,
                [
                    _cart_line(thing, row, problem)
                    for thing, row, problem in lines
                    if each.kind is not SuborderKind.STAY and thing.variant_id in members
                ],
                [shown for _, shown in nights if shown.listing_id == _stay_of(each.lines)],
                goods_fen,
                freight_fen,
                Fen(goods_fen + freight_fen),
            )
        )
    goods, freight = sum(each.goods_fen for each in groups), sum(each.freight_fen for each in groups)
    count = len(lines) + len(nights)
    ready = count > 0 and not any(problem for *_, problem in lines) and not any(shown.problem for _, shown in nights)
    return Cart(groups, Fen(goods), Fen(freight), Fen(goods + freight), count, ready)


def _stay_of(lines: Sequence[DraftLine]) -> UUID | None:
    return lines[0].listing_id if lines[0].stay is not None else None


def _cart_line(thing: Goods, row: _LineRow, problem: str) -> CartLine:
    left = None if row.left_units is None else row.left_units // thing.takes
    return CartLine(
        thing.variant_id,
        thing.listing_id,
        thing.listing_number,
        f"{thing.title} {thing.label}".strip(),
        thing.unit,
        row.quantity,
        thing.price_fen,
        Fen(thing.price_fen * row.quantity),
        left,
        problem,
    )
