"""What is offered for sale, its states, and why an offer is not taken."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Fen, Refusal

GOODS_COMMISSION_BP = 200
TOURISM_COMMISSION_BP = 300
"""What the platform keeps of goods and of tourism, frozen in a listing. Source: the golden story, shop.md."""

MOST_LISTINGS = 500
"""Live listings of one producer."""
MOST_PRICE_FEN = 1_000_000_00
MOST_ROOMS = 200


class Kind(StrEnum):
    """What sort of offer it is."""

    PRODUCT = "product"
    STAY = "stay"
    ACTIVITY = "activity"


class State(StrEnum):
    """Where an offer stands; only a live one is seen and sold."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"


STATE_NAMES: dict[State, str] = {
    State.LIVE: "在卖",
    State.WITHDRAWN: "已下架",
    State.SUSPENDED: "被停售",
}


class Move(StrEnum):
    """What may be done with an offer: the first two by its producer, the others by county or platform."""

    WITHDRAW = "withdraw"
    RELIST = "relist"
    SUSPEND = "suspend"
    REOPEN = "reopen"


MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.WITHDRAW: (frozenset({State.LIVE}), State.WITHDRAWN),
    Move.RELIST: (frozenset({State.WITHDRAWN}), State.LIVE),
    Move.SUSPEND: (frozenset({State.LIVE, State.WITHDRAWN}), State.SUSPENDED),
    Move.REOPEN: (frozenset({State.SUSPENDED}), State.LIVE),
}

Months = Annotated[list[Annotated[int, Meta(ge=1, le=12)]], Meta(max_length=12)]


class NewProduct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as its seller gives it: what, price, unit, how many, a photo; the rest may stay as it is.

    `producer_id` may be left out by who works for one producer. `perishable` is the category's habit unless given.
    """

    title: str
    category: str
    unit: str
    price_fen: int
    quantity: int
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    story: str = ""
    harvest_months: Months = []
    chilled: bool = False
    perishable: bool | None = None
    gross_g: int | None = None


class CancelTier(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Who cancels at least `days_before` days before the first night gets `refund_bp` of the price back."""

    days_before: Annotated[int, Meta(ge=0, le=365)]
    refund_bp: Annotated[int, Meta(ge=0, le=10_000)]


WORKDAY_TIERS = (CancelTier(7, 10_000), CancelTier(3, 5_000), CancelTier(0, 0))
HOLIDAY_TIERS = (CancelTier(15, 10_000), CancelTier(7, 5_000), CancelTier(0, 0))
"""What a stay promises unless its host says otherwise. Source: the golden story, shop.json L6."""


class NewStay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stay as its host gives it: what, how many rooms or yards, the price of a night, a photo."""

    title: str
    rooms: int
    price_fen: int
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    unit: str = "间/晚"
    story: str = ""
    tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = WORKDAY_TIERS
    holiday_tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = HOLIDAY_TIERS


class NewActivity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An activity as its host gives it: what, price for one, how many places, a photo."""

    title: str
    category: str
    price_fen: int
    places: int
    unit: str = "人"
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    story: str = ""
    harvest_months: Months = []


class Published(Struct, frozen=True):
    """A listing that is live now; `lot_id` is what its stock is counted on, None for a stay."""

    listing_id: UUID
    number: int
    variant_id: UUID
    lot_id: UUID | None
    title: str
    state: State
    published_at: datetime


class Card(Struct, frozen=True):
    """A listing as a list shows it.

    `per_kg_fen` is rounded once, half up; None where the unit is no weight. `left` counts units that can be bought
    now; None where nights are sold. `photo` is a stored name, see `market.storage.photo_paths`.
    """

    id: UUID
    number: int
    kind: Kind
    title: str
    category_code: str
    category: str
    county_code: str
    county: str
    producer_id: UUID
    producer: str
    variant_id: UUID
    unit: str
    price_fen: Fen
    net_g: int | None
    pieces: int | None
    per_kg_fen: Fen | None
    left: int | None
    in_season: bool
    gi: str
    rating_sum: int
    rating_count: int
    sold_count: int
    photo: str | None
    photo_kind: str | None
    key: int


class Freight(Struct, frozen=True):
    """What the producer charges for carriage, by gross weight; `no_ship` are regions it does not send to."""

    first_g: int
    first_fen: Fen
    next_g: int
    next_fen: Fen
    free_above_fen: Fen | None
    no_ship: list[str]

    @property
    def is_free(self) -> bool:
        """Whether every parcel goes free, at the producer's cost."""
        return not self.first_fen and not self.next_fen


class BadListing(Refusal):
    """Fields of the offer are not right; each is named with what would be."""

    code = "bad_listing"
    status = 422
    zh = "有几处要改。"
    en = "Some fields need another look."


class ProducerNotOpen(Refusal):
    """The producer has not been admitted yet, or is suspended."""

    code = "producer_not_open"
    status = 409
    zh = "审核通过后才能卖东西；现在是{state}，请问村里或县里。"
    en = "The producer may not sell now (it is {state}); ask the village or the county."


class CertificateNeeded(Refusal):
    """Goods of this kind need a certificate that the producer has not shown, or that has expired."""

    code = "certificate_needed"
    status = 409
    zh = "卖{category}要先有{certificates}（{source}）。把证拍照交上来，县里核对好了就能卖。"
    en = "To sell {category} a verified certificate is needed: {kinds} ({source})."


class CertificateWaiting(CertificateNeeded):
    """The certificate was handed in, and the county has not verified it yet."""

    zh = "{certificates}已经交了，等县里核对。核对好了，就能卖{category}。"
    en = "The certificate ({kinds}) waits for the county; once it is verified, {category} may be sold."


class TooManyListings(Refusal):
    """The producer has as many live listings as anyone may have."""

    code = "too_many_listings"
    status = 409
    zh = "在卖的已有 {most} 样，请先下架一些。"
    en = "There are {most} live listings already; withdraw some first."


class NotNow(Refusal):
    """The listing does not stand where this could be done."""

    code = "listing_not_now"
    status = 409
    zh = "现在不能这样做：商品是{state}。"
    en = "This cannot be done: the listing is {state}."


class BadCursor(Refusal):
    """The key that continues a list is none of ours."""

    code = "bad_cursor"
    status = 422
    zh = "翻页的记号不对，请从头看。"
    en = "The cursor is not one of ours; begin again without it."
