"""Packages: their parts, who supplies them, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.models import ListingKind
from market.kernel import Fen, Refusal

MAX_PARTS = 8
MAX_SUPPLIERS = 10
"""How many households may supply one part."""
MAX_COUNT = 20
"""How many packages one order may have."""
MAX_PERSONS = 50
MAX_PACKAGE_NIGHTS = 30
MAX_QUANTITY = 50
MAX_OPEN_PACKAGES = 20
"""How many packages of one producer may be drafts or on sale at once."""
MAX_SEASON_DAYS = 366
MIN_SHARE_FEN = Fen(1_00)
MIN_PRICE_FEN, MAX_PRICE_FEN = Fen(2_00), Fen(100_000_00)
REST_HOURS = 72
REST_WINDOW = timedelta(hours=REST_HOURS)
"""How long after a host cancelled its part the buyer may cancel the rest without cost."""


class PackageState(StrEnum):
    """The state of a package; only live ones are shown and sold."""

    DRAFT = "draft"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


class Consent(StrEnum):
    """What a household answered when it was asked to supply a part."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"


class NewPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a package to compose: `quantity` rooms, places or items of one of the variants.

    Several variants, each of another listing, are a pool: each package that is booked takes one of them. `share_fen` is
    what its household gets for a package. The shares add up to the price; if none is given, the price is divided by
    what the parts cost otherwise.
    """

    variant_ids: Annotated[list[UUID], Meta(min_length=1, max_length=MAX_SUPPLIERS)]
    quantity: int
    share_fen: int | None = None


class NewPackage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package to compose, for `persons` people. Guests arrive from `starts_on` to `ends_on`, both included.

    `price_fen` is for one package, without the freight of its goods. With `on_holidays` it is also sold for nights and
    days of public holidays, at the same price.
    """

    title: str
    story: str = ""
    persons: int
    nights: int = 0
    price_fen: int
    starts_on: date
    ends_on: date
    on_holidays: bool = False
    parts: Annotated[list[NewPart], Meta(max_length=MAX_PARTS)]


class Supplier(Struct, frozen=True, kw_only=True):
    """A household that supplies a part, or was asked to."""

    ordinal: int
    listing_id: UUID
    listing_number: int
    variant_id: UUID
    title: str
    producer_id: UUID
    producer: str
    state: Consent


class PackagePart(Struct, frozen=True, kw_only=True):
    """A part of a package, with everybody who supplies it or was asked to; `unit` is what `quantity` counts."""

    position: int
    kind: ListingKind
    quantity: int
    unit: str
    share_fen: Fen
    suppliers: list[Supplier]

    @property
    def agreed(self) -> list[Supplier]:
        """Those who agreed."""
        return [each for each in self.suppliers if each.state is Consent.AGREED]


class Package(Struct, frozen=True, kw_only=True):
    """A package with all its terms, as who composed it sees it; the photo is the first of what is in it."""

    id: UUID
    number: int
    producer_id: UUID
    producer: str
    village: str
    county: str
    title: str
    story: str
    persons: int
    nights: int
    price_fen: Fen
    starts_on: date
    ends_on: date
    on_holidays: bool
    state: PackageState
    created_at: datetime
    photo: str | None
    photo_kind: str | None
    parts: list[PackagePart]

    @property
    def is_complete(self) -> bool:
        """Whether everybody answered, each part has somebody who agreed, and they are two households at least."""
        suppliers = [each for part in self.parts for each in part.suppliers]
        households = {each.producer_id for part in self.parts for each in part.agreed}
        return (
            all(each.state is not Consent.ASKED for each in suppliers)
            and all(part.agreed for part in self.parts)
            and len(households) > 1
        )


class InvalidPackage(Refusal):
    """Fields of the package are invalid; `errors` lists each with the correction."""

    code = "package_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class TooManyPackages(Refusal):
    """The producer has the maximum number of packages that are drafts or on sale."""

    code = "too_many_packages"
    zh = "在卖的和没卖的套餐已有 {limit} 个，请先停掉一些。"
    en = "There are {limit} open packages already; withdraw some first."


class PackageNotReady(Refusal):
    """Somebody has not answered yet, or a part has nobody who agreed."""

    code = "package_not_ready"
    zh = "还不能卖：{waiting}。每一家都答复了、每一样都有人同意，才能卖。"
    en = "The package cannot be sold yet: everybody answers first, and each part needs somebody who agreed."


class ConsentOfHelper(Refusal):
    """A helper cannot agree for the household; its owner or another member does."""

    code = "consent_of_helper"
    status = 403
    zh = "要店主本人或者家里人来答复，帮忙的人不能替他答应。"
    en = "The owner or a member of the household answers; a helper cannot agree for it."


class InvalidPackageBooking(Refusal):
    """What was chosen for a package is invalid; `errors` lists each field with the correction."""

    code = "package_booking_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class PackageFull(Refusal):
    """Too little is free for a part, even counting unpaid orders; `errors` names the parts."""

    code = "package_full"
    zh = "“{title}”那几天不够了：{parts}。换个日子，或者少订几套。"
    en = "“{title}” has too little left at that time; choose another day or fewer packages."


class PackageReserved(PackageFull):
    """What is missing is in unpaid orders and may become available."""

    code = "package_held"
    zh = "“{title}”那几天正等别人付款：{parts}。{minutes} 分钟内没付款会放出来，可以再试。"
    en = "What is missing for “{title}” is in orders that have {minutes} minutes to pay. Try again."


class RestNotFree(Refusal):
    """No host cancelled a part of the package in the last days, or nothing is left to cancel."""

    code = "package_rest_not_free"
    zh = "店家取消一样以后 {hours} 小时内，剩下的没用过，才能全退。"
    en = "The rest is free to cancel only within {hours} hours after a host cancelled a part, and if it was not used."
