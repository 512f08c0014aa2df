"""How the goods of a listing keep, and where they are not shipped: the fields, their columns and their checks."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Final, LiteralString

from msgspec import Meta, Struct

from market.kernel import FieldFault
from market.kernel.division_codes import PROVINCE, truncate_code
from market.places.divisions.regions import REGIONS

_REGION_CODES = frozenset(region.code for region in REGIONS)
MAX_SHELF_DAYS = 3650
PERISHABLE = frozenset({"fruit", "vegetable", "mushroom", "livestock", "aquatic", "flower"})
"""Categories of perishable goods, which the seven-day return does not cover. Source: 消费者权益保护法 25."""


class Storage(StrEnum):
    """The temperature at which goods are kept and shipped."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"


STORAGE_NAMES: dict[Storage, str] = {Storage.AMBIENT: "常温", Storage.CHILLED: "冷藏", Storage.FROZEN: "冷冻"}

type RegionCodes = Annotated[tuple[str, ...], Meta(max_length=31)]
"""Provinces by their 2-digit codes."""


class GoodsTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a product keeps and where it is not shipped; the columns of `listings` have the names of the fields.

    `shelf_days` is how long it keeps from the day on which it is sent, None if the seller does not say. `no_ship` are
    2-digit codes of regions that it is not shipped to, besides those of the producer's freight terms.
    """

    storage: Storage = Storage.AMBIENT
    shelf_days: int | None = None
    no_ship: RegionCodes = ()

    @property
    def cold(self) -> bool:
        """Whether it is shipped in the cold chain."""
        return self.storage is not Storage.AMBIENT

    def list_faults(self) -> list[FieldFault]:
        """Return the faults of the fields; none if all are valid."""
        faults = list_region_faults("goods.no_ship", self.no_ship)
        if self.shelf_days is not None and not 1 <= self.shelf_days <= MAX_SHELF_DAYS:
            faults.append(FieldFault("goods.shelf_days", f"能放几天，写 1 到 {MAX_SHELF_DAYS}"))
        return faults


COLUMNS: LiteralString = "storage, shelf_days, no_ship"
PARAMETERS: LiteralString = ":storage, :shelf_days, :no_ship::text[]"
ASSIGNMENTS: LiteralString = "storage = :storage, shelf_days = :shelf_days, no_ship = :no_ship::text[]"
GOODS_JSON: Final = """
    jsonb_build_object('storage', l.storage, 'shelf_days', l.shelf_days, 'no_ship', l.no_ship)
"""
"""The terms of a row of `listings AS l` as JSON."""


def make_parameters(goods: GoodsTerms) -> dict[str, object]:
    """Return the values of `PARAMETERS`; regions are sorted, each once."""
    return {"storage": goods.storage, "shelf_days": goods.shelf_days, "no_ship": sorted(set(goods.no_ship))}


def list_region_faults(field: str, codes: Collection[str]) -> list[FieldFault]:
    """Return the fault of 2-digit codes that are no regions, or that are all of them."""
    unknown = sorted(set(codes) - _REGION_CODES)
    if unknown:
        return [FieldFault(field, f"没有这个地区：{unknown[0]}，请用省的两位代码")]
    return [FieldFault(field, "至少留一个省能发")] if set(codes) >= _REGION_CODES else []


def contains_region(codes: Collection[str], region_code: str) -> bool:
    """Return whether a region (six digits of a division) is in one of the provinces."""
    return truncate_code(region_code, PROVINCE) in codes


def is_perishable(category: str, storage: Storage) -> bool:
    """Return whether goods perish, if the seller does not say."""
    return category in PERISHABLE or storage is not Storage.AMBIENT
