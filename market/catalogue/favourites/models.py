"""What a person keeps: listings and producers, at most `MAX_FAVOURITES` of both together."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingKind
from market.kernel import Fen, Refusal

MAX_FAVOURITES = 200


class FavouriteKind(StrEnum):
    """What is kept: something that is sold, or the producer who sells."""

    LISTING = "listing"
    PRODUCER = "producer"


class Favourite(Struct, frozen=True, kw_only=True):
    """A kept listing, or a kept producer, which has no price; `number` is its public number.

    `shown`: it has a page, as the listing is live, or the producer admitted. `on_sale`: it is shown, and not sold out.
    `taking_orders`: its producer is open.
    """

    id: UUID
    kind: FavouriteKind
    number: int
    title: str
    producer: str
    village: str
    listing_kind: ListingKind | None
    category: str | None
    unit: str | None
    price_fen: Fen | None
    photo: str | None
    photo_kind: str | None
    shown: bool
    on_sale: bool
    taking_orders: bool
    added_at: datetime


class TooManyFavourites(Refusal):
    """The maximum number of favourites is kept."""

    code = "too_many_favourites"
    zh = "最多收藏 {limit} 样，先去“我的收藏”取消几样。"
    en = "At most {limit} favourites are kept; remove some first."
