"""What sending a parcel costs."""

from msgspec import Struct

from market.kernel import Fen


class FreightTemplate(Struct, frozen=True):
    """How a producer charges: for the first weight, then for each next weight begun.

    `no_ship` holds the first two digits of the regions that nothing is sent to; above `free_above_fen` of goods, before
    any discount, freight is free.
    """

    first_g: int
    first_fen: Fen
    next_g: int
    next_fen: Fen
    free_above_fen: Fen | None = None
    no_ship: tuple[str, ...] = ()


def freight_of(template: FreightTemplate | None, *, gross_g: int, goods_fen: Fen) -> Fen:
    """Return the freight of one suborder by its gross weight; without a template it is in the price.

    Source: the golden story, shop.md: first weight + next weights begun, free above judged on goods before coupons.
    """
    if template is None:
        return Fen(0)
    if template.free_above_fen is not None and goods_fen >= template.free_above_fen:
        return Fen(0)
    over = max(0, gross_g - template.first_g)
    steps = -(-over // template.next_g)  # a weight begun counts whole
    return Fen(template.first_fen + steps * template.next_fen)


def ships_to(template: FreightTemplate | None, region_code: str) -> bool:
    """Say whether the producer sends to a region (six digits of a division)."""
    return template is None or region_code[:2] not in template.no_ship
