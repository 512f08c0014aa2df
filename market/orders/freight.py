"""Freight of a parcel."""

from msgspec import Struct

from market.kernel import Fen


class FreightTemplate(Struct, frozen=True, kw_only=True):
    """How a producer charges freight: for the first weight, then for each started further weight.

    `no_ship` holds the first two digits of the regions that are not served. Freight is free if the goods, before any
    discount, come to at least `free_above_fen`.
    """

    first_g: int
    first_fen: Fen
    next_g: int
    next_fen: Fen
    free_above_fen: Fen | None = None
    no_ship: tuple[str, ...] = ()


def compute_freight(template: FreightTemplate | None, *, gross_g: int, goods_fen: Fen) -> Fen:
    """Return the freight of a suborder by gross weight; without a template freight is included in the price.

    Source: the golden story, shop.md: first weight + next weights begun, free above judged on goods before coupons.
    """
    if template is None:
        return Fen(0)
    if template.free_above_fen is not None and goods_fen >= template.free_above_fen:
        return Fen(0)
    over = max(0, gross_g - template.first_g)
    steps = -(-over // template.next_g)  # rounded up: a started weight counts whole
    return Fen(template.first_fen + steps * template.next_fen)


def ships_to(template: FreightTemplate | None, region_code: str) -> bool:
    """Return whether the producer ships to a region (six digits of a division)."""
    return template is None or region_code[:2] not in template.no_ship
