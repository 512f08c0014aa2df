"""The stock that a product's page shows."""

from uuid import UUID

import pytest

from market.catalogue.detail import ListingVariant
from market.kernel import Fen
from market.web.shop.product import count_items_left


def make_variant(number: int, left: int | None, lot: int | None) -> ListingVariant:
    return ListingVariant(
        id=UUID(int=number), label="", unit="袋", price_fen=Fen(1), public_price_fen=None, net_g=None, pieces=None,
        per_kg_fen=None, gross_g=0, left=left, reserved=0, lot_id=None if lot is None else UUID(int=lot),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variants", "left"),
    [
        ([(1, 86, 9), (2, 43, 9)], 86),
        ([(1, 5, 8), (2, 3, 9)], 8),
        ([(1, 0, 9), (2, 0, 9)], 0),
        ([(1, None, None)], 999),
    ],
)
def test_sizes_that_share_a_lot_are_counted_once(variants: list[tuple[int, int | None, int | None]], left: int) -> None:
    assert count_items_left([make_variant(*each) for each in variants]) == left
