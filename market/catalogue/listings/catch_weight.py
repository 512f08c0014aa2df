"""Catch-weight (称重计价): goods sold by an estimated weight, whose price is settled when they are weighed."""

from msgspec import Struct

from market.catalogue.listings.units import Unit
from market.kernel import BASIS_POINTS, Fen, FieldFault, divide_half_up

MIN_CEILING_BP = 10_000
MAX_CEILING_BP = 12_000
"""The most that may be charged: a fifth more than was ordered."""


class LineWeight(Struct, frozen=True):
    """The weight of one item of a line as it was offered, and the most of the whole line that is charged, in grams."""

    unit_g: int
    ceiling_g: int


def compute_ceiling(net_g: int | None, quantity: int, *, ceiling_bp: int | None) -> LineWeight | None:
    """Return the weight of a line that is weighed later, or None for one with a fixed price.

    The ceiling is rounded down to whole grams, in favour of the buyer.
    """
    if net_g is None or ceiling_bp is None:
        return None
    return LineWeight(net_g, net_g * quantity * ceiling_bp // BASIS_POINTS)


def compute_weight_price(price: Fen, weight: LineWeight, weighed_g: int) -> Fen:
    """Return the price of a weight at `price` for one item, rounded once, half up."""
    return Fen(divide_half_up(price * weighed_g, weight.unit_g))


def list_ceiling_faults(ceiling_bp: int | None, unit: Unit | None) -> list[FieldFault]:
    """Return why an offer cannot be sold by weight: its pack states no weight, or the ceiling is out of range."""
    if ceiling_bp is None:
        return []
    if not MIN_CEILING_BP <= ceiling_bp <= MAX_CEILING_BP:
        return [FieldFault("ceiling_bp", "称重最多多收两成")]
    if unit is not None and unit.net_g is None:
        return [FieldFault("ceiling_bp", "称重计价，装法要写斤数，比如 斤、5斤箱")]
    return []
