"""From wishes to suborders and sums; pure, so that the cart shows exactly what placing will charge."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.bookings import Tier
from market.kernel import Fen
from market.orders.freight import FreightTemplate, freight_of
from market.orders.models import Line, SuborderKind, VariantId


class Goods(Struct, frozen=True):
    """A variant as it is sold at this moment."""

    variant_id: UUID
    listing_id: UUID
    listing_number: int
    listing_kind: str
    title: str
    label: str
    unit: str
    price_fen: Fen
    gross_g: int
    lot_id: UUID | None
    takes: int
    commission_bp: int
    on_sale: bool
    producer_id: UUID
    producer: str
    shop_open: bool
    freight: FreightTemplate | None


class Stay(Struct, frozen=True):
    """A stay as it is sold at this moment, with the price of each night asked for, and its cancellation tiers."""

    n: int
    listing_id: UUID
    listing_number: int
    variant_id: UUID
    title: str
    unit: str
    commission_bp: int
    on_sale: bool
    producer_id: UUID
    producer: str
    shop_open: bool
    nights: list[tuple[date, Fen]]
    holiday: bool
    tiers: list[Tier]

    @property
    def room_fen(self) -> Fen:
        """What one room costs for all the nights."""
        return Fen(sum(price for _, price in self.nights))


class DraftLine(Struct, frozen=True):
    """One line with its sum; `field` is where the buyer wrote it."""

    field: str
    listing_id: UUID
    variant_id: UUID
    title: str
    unit: str
    quantity: int
    price_fen: Fen
    lot_id: UUID | None
    units: int
    gross_g: int
    stay: Stay | None = None

    @property
    def amount_fen(self) -> Fen:
        """Price times quantity."""
        return Fen(self.price_fen * self.quantity)


class DraftSuborder(Struct, frozen=True):
    """One producer's share of an order; its position is its place in the list, from 1."""

    producer_id: UUID
    producer: str
    kind: SuborderKind
    commission_bp: int
    freight_fen: Fen
    lines: list[DraftLine]

    @property
    def goods_fen(self) -> Fen:
        """What the lines come to."""
        return Fen(sum(line.amount_fen for line in self.lines))


def merge(lines: Sequence[Line]) -> list[tuple[int, Line]]:
    """Sum up lines of one variant; each keeps the place at which it was first named."""
    first: dict[VariantId, int] = {}
    total: dict[VariantId, int] = {}
    for place, line in enumerate(lines):
        first.setdefault(line.variant_id, place)
        total[line.variant_id] = total.get(line.variant_id, 0) + line.quantity
    return [(first[variant_id], Line(variant_id, quantity)) for variant_id, quantity in total.items()]


def line_of(place: int, goods: Goods, quantity: int) -> DraftLine:
    """Return the line of some goods."""
    return DraftLine(
        f"lines[{place}].quantity",
        goods.listing_id,
        goods.variant_id,
        f"{goods.title} {goods.label}".strip(),
        goods.unit,
        quantity,
        goods.price_fen,
        goods.lot_id,
        quantity * goods.takes,
        quantity * goods.gross_g,
    )


def line_of_stay(place: int, stay: Stay, rooms: int) -> DraftLine:
    """Return the line of a stay: its price is one room's for all the nights."""
    return DraftLine(
        f"nights[{place}]",
        stay.listing_id,
        stay.variant_id,
        stay.title,
        stay.unit,
        rooms,
        stay.room_fen,
        None,
        0,
        0,
        stay,
    )


def suborders_of(
    goods: Sequence[tuple[Goods, DraftLine]], stays: Sequence[tuple[Stay, DraftLine]]
) -> list[DraftSuborder]:
    """Group lines into suborders in the order in which they were asked for.

    One a producer for its parcel and one for its places, and one a stay, because each stay ends by itself. Where the
    lines of one suborder have different commissions the lowest counts: the producer gains.
    """
    groups: dict[tuple[UUID, SuborderKind], list[tuple[Goods, DraftLine]]] = {}
    for each, line in goods:
        kind = SuborderKind.GOODS if each.listing_kind == "product" else SuborderKind.ACTIVITY
        groups.setdefault((each.producer_id, kind), []).append((each, line))
    made = [_goods_suborder(kind, members) for (_, kind), members in groups.items()]
    return made + [
        DraftSuborder(stay.producer_id, stay.producer, SuborderKind.STAY, stay.commission_bp, Fen(0), [line])
        for stay, line in stays
    ]


def _goods_suborder(kind: SuborderKind, members: Sequence[tuple[Goods, DraftLine]]) -> DraftSuborder:
    first = members[0][0]
    lines = [line for _, line in members]
    freight = Fen(0)
    if kind is SuborderKind.GOODS:
        freight = freight_of(
            first.freight,
            gross_g=sum(line.gross_g for line in lines),
            goods_fen=Fen(sum(line.amount_fen for line in lines)),
        )
    commission_bp = min(each.commission_bp for each, _ in members)
    return DraftSuborder(first.producer_id, first.producer, kind, commission_bp, freight, lines)
