"""How goods keep and where they are not shipped, as a seller types it for a new or a corrected listing."""

from msgspec import structs

from market.catalogue.listings.goods_terms import MAX_SHELF_DAYS, STORAGE_NAMES, GoodsTerms, Storage
from market.places.divisions.regions import REGIONS
from market.service.web.farm.selling.listing_texts import TextsForm
from market.service.web.forms import PostedForm
from market.service.web.shop.regions import get_region_name

STORAGE_OPTIONS = [(str(storage), name) for storage, name in STORAGE_NAMES.items()]
REGION_OPTIONS = [(region.code, region.name) for region in REGIONS]
GOODS_FIELDS = {"goods.shelf_days": "shelf_days", "goods.no_ship": "no_ship"}
"""Form fields by the field that a refusal names."""


class GoodsForm(TextsForm, frozen=True, kw_only=True):
    """The texts and the terms of goods as they were typed; forms with more fields extend it."""

    storage: str = Storage.AMBIENT
    shelf_days: str = ""
    no_ship: list[str] = []


def fill_goods[T: GoodsForm](form: T, goods: GoodsTerms) -> T:
    """Return a form filled with stored terms."""
    days = "" if goods.shelf_days is None else str(goods.shelf_days)
    return structs.replace(form, storage=str(goods.storage), shelf_days=days, no_ship=list(goods.no_ship))


def read_goods(form: PostedForm) -> GoodsTerms:
    """Read the terms of goods; the form collects their faults."""
    storage = form.get_text("storage") or Storage.AMBIENT
    if storage not in STORAGE_NAMES:
        form.add_fault("storage", "选一下怎么存")
        storage = Storage.AMBIENT
    wrong = f"能放几天，写一个数，1 到 {MAX_SHELF_DAYS}；不知道就空着"
    days = None
    if form.get_text("shelf_days"):
        days = form.read_integer("shelf_days", fault=wrong, minimum=1, maximum=MAX_SHELF_DAYS)
    return GoodsTerms(storage=Storage(storage), shelf_days=days, no_ship=tuple(form.get_texts("no_ship")))


def describe_no_ship(goods: GoodsTerms) -> str:
    """Name the regions that goods are not shipped to."""
    return "、".join(get_region_name(f"{code}0000") for code in goods.no_ship)
