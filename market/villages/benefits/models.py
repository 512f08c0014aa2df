"""Households that gain from sales, the rules of listings, and what was recorded."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Fen, Refusal

MAX_CODE_LENGTH = 20
MAX_LISTED = 500
MAX_WAGE_FEN = 1_000_000


class BenefitHow(StrEnum):
    """How a household gains from a sale."""

    SALE = "sale"
    WAGE = "wage"
    DIVIDEND = "dividend"
    RENT = "rent"


HOW_NAMES = {
    BenefitHow.SALE: "卖货", BenefitHow.WAGE: "工钱", BenefitHow.DIVIDEND: "分红", BenefitHow.RENT: "租金",
}  # fmt: skip


class BenefitRule(Struct, frozen=True, kw_only=True):
    """What a household gets of a line: a share of what is left after wages, or a wage for each unit."""

    household_id: UUID
    how: BenefitHow
    share_bp: int | None
    wage_per_unit_fen: Fen | None


class BenefitPart(Struct, frozen=True, kw_only=True):
    """What a household gets of a line, or has got of it."""

    household_id: UUID
    how: BenefitHow
    fen: Fen


class ShopRule(Struct, frozen=True, kw_only=True):
    """A rule of a producer's listing, for its members; it is open or begins later."""

    listing_id: UUID
    code: str
    how: BenefitHow
    share_bp: int | None
    wage_per_unit_fen: Fen | None
    first: date


class ShopHousehold(Struct, frozen=True, kw_only=True):
    """A household of a producer, and whether a telephone is registered, whose owner sees what it gains."""

    code: str
    linked: bool


class OwnBenefit(Struct, frozen=True, kw_only=True):
    """What the households of an account gained from a producer in a month, in one way."""

    month: date
    producer: str
    how: BenefitHow
    fen: Fen


class VillageCell(Struct, frozen=True, kw_only=True):
    """What the households of a village gained in one way: before anybody sees it, what is too small is hidden.

    `village_code` or `how` is None in the sums of all; `largest_fen` is what one household gained of it.
    """

    village_code: str | None
    how: BenefitHow | None
    households: int
    fen: Fen
    largest_fen: Fen


class HouseholdLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The household of a producer, and the telephone of the account that may see it."""

    code: Annotated[str, Meta(max_length=2 * MAX_CODE_LENGTH)]
    phone: Annotated[str, Meta(max_length=30)]


class HouseholdUnknown(Refusal):
    """The producer has no such household."""

    code = "benefit_household_unknown"
    status = 422
    zh = "没有这个户编号，先用表导入。"
    en = "The producer has no household of this code."


class HouseholdPhoneInvalid(Refusal):
    """The number is no mobile telephone's."""

    code = "benefit_phone_unknown"
    status = 422
    zh = "手机号不对，写 11 位数字。"
    en = "This is not the number of a mobile telephone."
