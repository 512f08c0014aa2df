"""Prices of lines, suborders and whole orders. Pure, so that the cart shows exactly what placing charges."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.bookings.minimum import NightMinimum
from market.catalogue.bookings.models import CancellationTier
from market.catalogue.listings.catch_weight import LineWeight, compute_ceiling, compute_weight_price
from market.catalogue.listings.freight import FreightTerms, ParcelFault, Shipment, compute_freight, find_parcel_fault
from market.catalogue.listings.goods_terms import GoodsTerms
from market.catalogue.listings.presale import PresaleTerms
from market.catalogue.listings.stay_deposit import StayDeposit
from market.catalogue.listings.tier_prices import TierPrice
from market.catalogue.producers.closures import ClosureReason
from market.catalogue.slots.models import Slot
from market.kernel import Fen, split
from market.sales.coupons.models import Bearer, CouponTerms
from market.sales.coupons.rules import CouponItem, covers
from market.sales.orders.models import SuborderKind


class PriceBasis(StrEnum):
    """The price that applied to a line: that of one item, of a quantity, for public units, or a share of a package."""

    UNIT = "unit"
    TIER = "tier"
    PUBLIC = "public"
    PACKAGE = "package"


class GoodsOffer(Struct, frozen=True, kw_only=True):
    """A variant as currently offered; one that is `replaced` is not on sale, but another pack of the listing may be.

    `pay_minutes` is the county's own setting, if it has one. With `ceiling_bp` the price is settled by weight:
    `net_g` is that of one item, and at most the share `ceiling_bp` of it is charged. `child` is the price of a child in
    an activity; what a place costs depends on the day of its slot (`choose_price`). Of its lot units are available, and
    reserved by unpaid orders.
    """

    variant_id: UUID
    listing_id: UUID
    listing_number: int
    listing_kind: str
    title: str
    label: str
    unit: str
    price_fen: Fen
    child: bool = False
    gross_g: int
    net_g: int | None = None
    ceiling_bp: int | None = None
    presale: PresaleTerms | None = None
    lot_id: UUID | None
    lot_units_per_item: int
    available_units: int | None = None
    reserved_units: int | None = None
    commission_bp: int
    on_sale: bool
    replaced: bool = False
    producer_id: UUID
    producer: str
    shop_open: bool
    closed_for: ClosureReason | None = None
    reopens_on: date | None = None
    freight: FreightTerms | None
    goods: GoodsTerms = GoodsTerms()
    tiers: list[TierPrice] = []
    public_price_fen: Fen | None = None
    pay_minutes: int | None = None
    category_code: str = ""
    county_code: str = ""


class StayOffer(Struct, frozen=True, kw_only=True):
    """A stay as currently offered: the price of each requested night and the cancellation tiers.

    `minimum` is the least number of nights that one of them asks for. `n` is the position of the request, from 1;
    `pay_minutes` is the county's own setting, if it has one. With a `deposit` the stay may be paid in two parts. `free`
    rooms are so in all of the nights.
    """

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
    closed_for: ClosureReason | None = None
    reopens_on: date | None = None
    nights: list[tuple[date, Fen]]
    minimum: NightMinimum
    holiday: bool
    free: int = 0
    tiers: list[CancellationTier]
    deposit: StayDeposit | None = None
    pay_minutes: int | None = None
    category_code: str = ""
    county_code: str = ""

    @property
    def room_fen(self) -> Fen:
        """The price of one room for all nights."""
        return Fen(sum(price for _, price in self.nights))


class PackageLine(Struct, frozen=True, kw_only=True):
    """The part of a package that a line is: `packages` of them together cost `amount_fen`."""

    position: int
    packages: int
    amount_fen: Fen


class DraftLine(Struct, frozen=True, kw_only=True):
    """A priced line; `field` is the field of the request that it comes from.

    `category` and `county` are codes; `reduction_fen` is what a coupon that the producer bears takes off it.
    """

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
    stay: StayOffer | None = None
    slot: Slot | None = None
    weight: LineWeight | None = None
    presale: PresaleTerms | None = None
    category: str = ""
    county: str = ""
    reduction_fen: Fen = Fen(0)
    price_basis: PriceBasis = PriceBasis.UNIT
    package: PackageLine | None = None

    @property
    def amount_fen(self) -> Fen:
        """Price times quantity, less the reduction; of a line that is weighed later, the price of its ceiling."""
        if self.weight is None:
            return Fen(self.price_fen * self.quantity - self.reduction_fen)
        return Fen(compute_weight_price(self.price_fen, self.weight, self.weight.ceiling_g) - self.reduction_fen)

    @property
    def lot_units(self) -> int:
        """The units taken from the lot; 0 without a lot."""
        return 0 if self.lot_id is None else self.units


class DraftSuborder(Struct, frozen=True, kw_only=True):
    """One producer's share of an order; its position is its index in the list, from 1.

    `discount_fen` is the part of the buyer's coupon that the platform bears.
    """

    producer_id: UUID
    producer: str
    kind: SuborderKind
    commission_bp: int
    freight_fen: Fen
    lines: list[DraftLine]
    pay_minutes: int | None = None
    discount_fen: Fen = Fen(0)

    @property
    def goods_fen(self) -> Fen:
        """The sum of the lines."""
        return Fen(sum(line.amount_fen for line in self.lines))

    @property
    def presale(self) -> PresaleTerms | None:
        """The terms of a product that is sold before its harvest."""
        return self.lines[0].presale

    @property
    def slot(self) -> Slot | None:
        """The slot in which an activity takes places."""
        return self.lines[0].slot


class OrderPrice(Struct, frozen=True, kw_only=True):
    """The price of an order."""

    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen

    @property
    def total_fen(self) -> Fen:
        """The amount that the buyer pays."""
        return Fen(self.goods_fen + self.freight_fen - self.discount_fen)


def make_parcels(goods: Iterable[tuple[GoodsOffer, int]], region_code: str | None) -> dict[UUID, Shipment]:
    """Return the parcel of each producer, by the producer's id, from offers and quantities."""
    weights: dict[UUID, int] = {}
    for offer, quantity in goods:
        if offer.listing_kind == "product":
            weights[offer.producer_id] = weights.get(offer.producer_id, 0) + quantity * offer.gross_g
    return {producer: Shipment(gross_g=gross_g, region_code=region_code) for producer, gross_g in weights.items()}


def find_shipping_fault(offer: GoodsOffer, parcels: Mapping[UUID, Shipment]) -> ParcelFault | None:
    """Return why the producer does not ship the parcel that the goods are in, or None; activities are not shipped."""
    if offer.listing_kind != "product":
        return None
    return find_parcel_fault(offer.freight, offer.goods, parcels[offer.producer_id])


def choose_price(
    goods: GoodsOffer, quantity: int, *, slot: Slot | None = None, public_buyer: bool
) -> tuple[Fen, PriceBasis]:
    """Return the lowest price of an item that applies to a quantity and a buyer, and which one it is.

    A place in a slot costs what the day of the slot does.
    """
    if slot is not None:
        child_fen = slot.child_price_fen if goods.child else None
        return slot.price_fen if child_fen is None else child_fen, PriceBasis.UNIT
    prices = [(goods.price_fen, PriceBasis.UNIT)]
    prices += [(tier.price_fen, PriceBasis.TIER) for tier in goods.tiers if tier.from_quantity <= quantity]
    if public_buyer and goods.public_price_fen is not None:
        prices.append((goods.public_price_fen, PriceBasis.PUBLIC))
    return min(prices, key=lambda each: each[0])


def price_goods_line(
    index: int, goods: GoodsOffer, quantity: int, slot: Slot | None = None, *, public_buyer: bool = False
) -> DraftLine:
    """Return the priced line of a variant; that of an activity has a slot."""
    price_fen, basis = choose_price(goods, quantity, slot=slot, public_buyer=public_buyer)
    return DraftLine(
        field=f"lines[{index}].quantity",
        listing_id=goods.listing_id,
        variant_id=goods.variant_id,
        title=f"{goods.title} {goods.label}".strip(),
        unit=goods.unit,
        quantity=quantity,
        price_fen=price_fen,
        price_basis=basis,
        lot_id=goods.lot_id,
        units=quantity * goods.lot_units_per_item,
        gross_g=quantity * goods.gross_g,
        slot=slot,
        presale=goods.presale,
        weight=compute_ceiling(goods.net_g, quantity, ceiling_bp=goods.ceiling_bp),
        category=goods.category_code,
        county=goods.county_code,
    )


def price_stay_line(index: int, stay: StayOffer, rooms: int) -> DraftLine:
    """Return the priced line of a stay: its price is one room's for all nights."""
    return DraftLine(
        field=f"nights[{index}]",
        listing_id=stay.listing_id,
        variant_id=stay.variant_id,
        title=stay.title,
        unit=stay.unit,
        quantity=rooms,
        price_fen=stay.room_fen,
        lot_id=None,
        units=0,
        gross_g=0,
        stay=stay,
        category=stay.category_code,
        county=stay.county_code,
    )


def get_order_price(suborders: Sequence[DraftSuborder]) -> OrderPrice:
    """Return the price of the suborders together."""
    return OrderPrice(
        goods_fen=Fen(sum(each.goods_fen for each in suborders)),
        freight_fen=Fen(sum(each.freight_fen for each in suborders)),
        discount_fen=Fen(sum(each.discount_fen for each in suborders)),
    )


def get_pay_minutes(county_minutes: Iterable[int | None], *, default: int) -> int:
    """Return how long an order keeps its reservation: the shortest time that its counties have set, else `default`."""
    return min((minutes for minutes in county_minutes if minutes), default=default)


def price_suborders(
    goods: Sequence[tuple[GoodsOffer, DraftLine]],
    stays: Sequence[tuple[StayOffer, DraftLine]],
    *,
    region_code: str | None = None,
) -> list[DraftSuborder]:
    """Group priced lines into suborders, in the order in which they were requested, and price their freight.

    A producer has one suborder for its parcel; each slot, each stay and each pre-sale has its own, because it ends
    separately.
    Freight is to a region (six digits of a division), if it is known. If the lines of a suborder have different
    commissions, the lowest applies, in the producer's favour.
    """
    groups: dict[tuple[UUID, SuborderKind, UUID | None], list[tuple[GoodsOffer, DraftLine]]] = {}
    for each, line in goods:
        kind = SuborderKind.GOODS if each.listing_kind == "product" else SuborderKind.ACTIVITY
        groups.setdefault((each.producer_id, kind, get_apart_id(line)), []).append((each, line))
    suborders = [_price_goods_suborder(kind, members, region_code) for (_, kind, _), members in groups.items()]
    return suborders + [
        DraftSuborder(
            producer_id=stay.producer_id,
            producer=stay.producer,
            kind=SuborderKind.STAY,
            commission_bp=stay.commission_bp,
            freight_fen=Fen(0),
            lines=[line],
            pay_minutes=stay.pay_minutes,
        )
        for stay, line in stays
    ]


def get_apart_id(line: DraftLine) -> UUID | None:
    """Return what gives a line a suborder of its own: its stay, its slot or its pre-sale."""
    if line.slot is not None:
        return line.slot.id
    return line.listing_id if line.stay is not None or line.presale is not None else None


def _price_goods_suborder(
    kind: SuborderKind, members: Sequence[tuple[GoodsOffer, DraftLine]], region_code: str | None
) -> DraftSuborder:
    first = members[0][0]
    lines = [line for _, line in members]
    freight = Fen(0)
    if kind is SuborderKind.GOODS:
        freight = compute_freight(
            first.freight,
            gross_g=sum(line.gross_g for line in lines),
            goods_fen=Fen(sum(line.amount_fen for line in lines)),
            cold=any(each.goods.cold for each, _ in members),
            region_code=region_code,
        )
    commission_bp = min(each.commission_bp for each, _ in members)
    return DraftSuborder(
        producer_id=first.producer_id,
        producer=first.producer,
        kind=kind,
        commission_bp=commission_bp,
        freight_fen=freight,
        lines=lines,
        pay_minutes=first.pay_minutes,
    )


def list_coupon_items(suborders: Iterable[DraftSuborder]) -> list[CouponItem]:
    """Return the lines of suborders as coupons look at them, suborder by suborder."""
    return [
        CouponItem(
            producer_id=suborder.producer_id,
            category_code=line.category,
            county_code=line.county,
            amount_fen=line.amount_fen,
        )
        for suborder in suborders
        for line in suborder.lines
    ]


def apply_coupon(suborders: Sequence[DraftSuborder], terms: CouponTerms) -> list[DraftSuborder]:
    """Return priced suborders with a coupon that may be used for them.

    Its amount is divided among suborders by the goods that it covers, by largest remainder. The platform's part of a
    suborder is its discount; a producer's reduces its lines, divided in the same way. Freight stays as it was.

    Source: the golden story, shop.md: a coupon is split over suborders by goods, largest remainder.
    """
    covered = [
        [item.amount_fen if covers(terms, item) else 0 for item in list_coupon_items([each])] for each in suborders
    ]
    parts = split(terms.amount_fen, [sum(amounts) for amounts in covered])
    if terms.bearer is Bearer.PLATFORM:
        return [structs.replace(each, discount_fen=Fen(part)) for each, part in zip(suborders, parts, strict=True)]
    return [
        structs.replace(
            each,
            lines=[
                structs.replace(line, reduction_fen=Fen(fen))
                for line, fen in zip(each.lines, split(part, amounts), strict=True)
            ],
        )
        for each, amounts, part in zip(suborders, covered, parts, strict=True)
    ]
