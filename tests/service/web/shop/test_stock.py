"""The stock that a product's page shows."""

from uuid import UUID

import pytest

from market.catalogue.listings.detail import ListingVariant
from market.kernel import Fen
from market.service.web.shop.listing.product import count_items_left, format_stock


def make_variant(number: int, left: int | None, lot: int | None, unit: str = "袋") -> ListingVariant:
    return ListingVariant(
        id=UUID(int=number), label="", unit=unit, price_fen=Fen(1), public_price_fen=None, net_g=None, pieces=None,
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


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ([(1, 12, 8, "1kg袋"), (2, 3, 9, "5斤箱")], "12 袋，3 箱"),
        ([(1, 86, 9, "500g袋"), (2, 17, 9, "2.5kg袋")], "500 克袋：86，2.5 公斤袋：17"),
        ([(1, 0, 8, "1kg袋"), (2, 3, 9, "5斤箱")], "3 箱"),
        ([(1, 860, 8, "枚"), (2, 28, 8, "箱")], "860 枚，28 箱"),
        ([(1, 12, 8, "1kg袋")], "12 袋"),
        ([(1, None, None, "1kg袋")], ""),
    ],
)
def test_what_is_left_is_said_of_each_size(variants: list[tuple[int, int | None, int | None, str]], words: str) -> None:
    """Three boxes and twelve bags are not fifteen bags."""
    assert format_stock([make_variant(*each) for each in variants]) == words
