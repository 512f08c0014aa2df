"""The fields of a pack as its seller types them, on the forms of a new and of a corrected listing."""

from market.catalogue.listings.models import MAX_PRICE_FEN, MAX_QUANTITY, MIN_PRICE_FEN
from market.catalogue.listings.packs import NewPack
from market.service.web.farm.sending.weighing import read_ceiling
from market.service.web.forms import PostedForm
from market.service.web.ui.format import yuan

_FIELDS = {
    "unit": "pack", "label": "pack", "price_fen": "price", "quantity": "left", "ceiling_bp": "ceiling",
    "gross_g": "gross",
}  # fmt: skip


def read_new_pack(form: PostedForm, *, prefix: str = "", suffix: str = "", label: str = "") -> NewPack:
    """Read a pack; the form collects the faults of its fields, whose names have the prefix and the suffix."""
    left = f"{prefix}left{suffix}"
    return NewPack(
        unit=form.read_text(f"{prefix}pack{suffix}", missing="怎么装没写。比如 5斤箱"),
        price_fen=form.read_yuan(
            f"{prefix}price{suffix}",
            fault=f"价钱没写对。写一个数，比如 39，最多 {yuan(MAX_PRICE_FEN)}",
            minimum=MIN_PRICE_FEN,
            maximum=MAX_PRICE_FEN,
        ),
        label=label,
        quantity=form.read_integer(left, fault="有几份没写对。写一个数，比如 20", maximum=MAX_QUANTITY)
        if form.get_text(left)
        else None,
        ceiling_bp=read_ceiling(form, f"{prefix}ceiling{suffix}"),
        gross_g=read_gross(form, f"{prefix}gross{suffix}"),
    )


def read_gross(form: PostedForm, name: str = "gross") -> int | None:
    """Read the gross weight of a pack, typed in kilograms, into grams; None leaves it to the estimate."""
    if not form.get_text(name):
        return None
    return form.read_kilograms(name, fault="连箱多重没写对。写公斤数，比如 2.5")


def get_pack_field_names(prefix: str = "", suffix: str = "") -> dict[str, str]:
    """Return the names that the form gives to the fields of a pack."""
    return {field: f"{prefix}{name}{suffix}" for field, name in _FIELDS.items()}
