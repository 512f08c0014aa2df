"""Listings: kinds, states and moves, the input of sellers, and refusals."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.listing_texts import ListingTexts
from market.kernel import Fen, FieldFault, Refusal
from payments.money import format_yuan

MAX_LIVE_LISTINGS = 500
"""The maximum number of live listings of one producer."""
MIN_PRICE_FEN, MAX_PRICE_FEN = Fen(1), Fen(1_000_000_00)
MAX_ROOMS = 200
MAX_QUANTITY = 1_000_000
"""The highest quantity of a listing that a seller may enter."""


class ListingKind(StrEnum):
    """The kind of a listing."""

    PRODUCT = "product"
    STAY = "stay"
    ACTIVITY = "activity"


class Sort(StrEnum):
    """The order of search results."""

    SCORE = "score"
    SOLD = "sold"
    NEW = "new"
    PRICE = "price"


SORT_RULES: dict[str, str] = {
    Sort.SCORE: "综合：卖得多、评得好的在前，人人看到的一样",
    Sort.SOLD: "卖得多的在前，每天早上重排一次",
    Sort.NEW: "新上的在前",
    Sort.PRICE: "标价低的在前",
}
"""The rule of each order, as shown. Source: 电子商务法 18 (results not based on the person's characteristics)."""
NAME_MATCH_RULES: dict[str, str] = {
    Sort.SCORE: "综合：名字里有这个词的在前，再看卖得多、评得好，人人看到的一样",
    **{
        sort: f"名字里有这个词的在前，店名、地名就是它的其次，其中{SORT_RULES[sort]}；多于 300 样只排综合在前的"
        for sort in (Sort.SOLD, Sort.NEW, Sort.PRICE)
    },
}
"""The rule of each order for a typed query: 枣 returns dates first, not every product of 枣强 county."""
WHOLE_WORD_RULE = (
    "综合：名字就是这个词的在前，名字里有这个词的其次，店名、地名就是它的再次，再看卖得多、评得好，人人看到的一样"
)
"""The rule of the default order for a single word."""


class ListingState(StrEnum):
    """The state of a listing; only live ones are shown and sold."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"


LISTING_STATE_NAMES: dict[ListingState, str] = {
    ListingState.LIVE: "在卖",
    ListingState.WITHDRAWN: "已下架",
    ListingState.SUSPENDED: "被停售",
}


class ListingMove(StrEnum):
    """A change of state: its producer withdraws and relists, county or platform suspend and reopen."""

    WITHDRAW = "withdraw"
    RELIST = "relist"
    SUSPEND = "suspend"
    REOPEN = "reopen"


LISTING_MOVES: dict[ListingMove, tuple[frozenset[ListingState], ListingState]] = {
    ListingMove.WITHDRAW: (frozenset({ListingState.LIVE}), ListingState.WITHDRAWN),
    ListingMove.RELIST: (frozenset({ListingState.WITHDRAWN}), ListingState.LIVE),
    ListingMove.SUSPEND: (frozenset({ListingState.LIVE, ListingState.WITHDRAWN}), ListingState.SUSPENDED),
    ListingMove.REOPEN: (frozenset({ListingState.SUSPENDED}), ListingState.LIVE),
}


def list_price_faults(price_fen: int) -> list[FieldFault]:
    """Return the fault of a price that is out of range, if it is."""
    if MIN_PRICE_FEN <= price_fen <= MAX_PRICE_FEN:
        return []
    lowest, highest = (format_yuan(fen).removesuffix(".00") for fen in (MIN_PRICE_FEN, MAX_PRICE_FEN))
    return [FieldFault("price_fen", f"价格从 {lowest} 元到 {highest} 元")]


Months = Annotated[list[Annotated[int, Meta(ge=1, le=12)]], Meta(max_length=12)]


class CancelTier(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """The share of the price refunded for cancelling at least `days_before` days before the first day."""

    days_before: Annotated[int, Meta(ge=0, le=365)]
    refund_bp: Annotated[int, Meta(ge=0, le=10_000)]


WORKDAY_TIERS = (CancelTier(7, 10_000), CancelTier(3, 5_000), CancelTier(0, 0))
HOLIDAY_TIERS = (CancelTier(15, 10_000), CancelTier(7, 5_000), CancelTier(0, 0))
"""The default cancellation tiers of a stay. Source: the golden story, shop.json L6."""


class NewStay(ListingTexts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stay as its host submits it; `rooms` counts rooms or yards, `price_fen` is for one night."""

    rooms: int
    price_fen: int
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    unit: str = "间/晚"
    tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = WORKDAY_TIERS
    holiday_tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = HOLIDAY_TIERS


class NewActivity(ListingTexts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An activity as its host submits it; `price_fen` is for one person. Its places are added as slots.

    With `child_price_fen` a child costs that; a child takes a place like an adult. Without tiers a place is refunded in
    full until the day before.
    """

    category: str
    price_fen: int
    child_price_fen: int | None = None
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    harvest_months: Months = []
    tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = ()
    holiday_tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=10)] = ()


class PublishedListing(Struct, frozen=True):
    """A newly published listing; `lot_id` is the lot of its stock, None for stays and activities."""

    listing_id: UUID
    number: int
    variant_id: UUID
    lot_id: UUID | None
    title: str
    state: ListingState
    published_at: datetime


class ListingCard(Struct, frozen=True, kw_only=True):
    """A listing as lists show it.

    `per_kg_fen` is rounded once, half up; None if the unit is not a weight. `left` is the number of items that can
    be bought now; None for stays and activities. `photo` is a stored name, see `get_photo_paths`
    in market/people/storage/photos.py.
    """

    id: UUID
    number: int
    kind: ListingKind
    title: str
    category_code: str
    category: str
    county_code: str
    county: str
    village: str
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


class BadListing(Refusal):
    """Fields of the listing are invalid; `errors` lists each with the correction."""

    code = "bad_listing"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class ProducerNotOpen(Refusal):
    """The producer is not admitted yet, or is suspended."""

    code = "producer_not_open"
    status = 409
    zh = "审核通过后才能卖东西；现在是{state}，请问村里或县里。"
    en = "The producer may not sell now (it is {state}); ask the village or the county."


class CertificateNeeded(Refusal):
    """The category requires a certificate that the producer does not have, or that has expired."""

    code = "certificate_needed"
    status = 409
    zh = "卖{category}要先有{certificates}（{source}）。把证拍照交上来，县里核对好了就能卖。"
    en = "Selling {category} requires a verified certificate: {kinds} ({source})."


class CertificateUnverified(CertificateNeeded):
    """The certificate was submitted, and the county has not verified it yet."""

    zh = "{certificates}已经交了，等县里核对。核对好了，就能卖{category}。"
    en = "The county has not verified the certificate ({kinds}) yet; once it is verified, {category} may be sold."


class TooManyListings(Refusal):
    """The producer has the maximum number of live listings."""

    code = "too_many_listings"
    status = 409
    zh = "在卖的已有 {limit} 样，请先下架一些。"
    en = "There are {limit} live listings already; withdraw some first."


class WrongListingState(Refusal):
    """The move is not allowed from the listing's state."""

    code = "listing_not_now"
    status = 409
    zh = "现在不能这样做：商品是{state}。"
    en = "This is not possible while the listing is {state}."


class ListingChanged(Refusal):
    """The listing was corrected since it was read; nothing was changed."""

    code = "listing_changed"
    status = 409
    zh = "刚才有人（也可能是您在别的手机上）改过这一样，您这次改的没有算数。请看一眼现在的，再改。"
    en = "The listing was corrected in the meantime; read it again and repeat the change."
