"""Structs built from other Structs."""

import pytest
from msgspec import Struct

from market.kernel.structs import build_from


class Row(Struct, frozen=True):
    id: int
    price_fen: int
    sealed: bytes


class View(Struct, frozen=True, kw_only=True):
    id: int
    price_fen: int
    name: str
    note: str = "-"


ROW = Row(7, 19_50, b"x")


def test_fields_of_the_same_name_are_copied_and_the_others_passed() -> None:
    assert build_from(View, ROW, name="a") == View(id=7, price_fen=19_50, name="a", note="-")


def test_a_given_field_wins_over_the_source() -> None:
    assert build_from(View, ROW, name="a", price_fen=1).price_fen == 1


@pytest.mark.parametrize("fields", [{}, {"name": "a", "colour": "red"}])
def test_a_missing_or_unknown_field_is_an_error(fields: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        build_from(View, ROW, **fields)
