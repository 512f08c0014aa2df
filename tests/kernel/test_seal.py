"""A sealed value opens only in its context, under its key, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.seal import Seal, UnsealError, derive_seal

SEAL = derive_seal("a secret of the tests, 32 characters and more")


@given(st.text(), st.text())
def test_a_sealed_text_opens_in_its_context(text: str, context: str) -> None:
    assert SEAL.open(SEAL.seal(text, context), context) == text


def test_equal_texts_have_different_seals_and_equal_indexes() -> None:
    assert SEAL.seal("17000000301", "phone") != SEAL.seal("17000000301", "phone")
    assert SEAL.index("17000000301") == SEAL.index("17000000301") != SEAL.index("17000000302")


def test_a_sealed_text_does_not_open_in_another_context_changed_or_under_another_key() -> None:
    sealed = SEAL.seal("17000000301", "phone")
    other = derive_seal("another secret of the tests, 32 characters")
    for opened in (
        lambda: SEAL.open(sealed, "address"),
        lambda: SEAL.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "phone"),
        lambda: SEAL.open(bytes([9]) + sealed[1:], "phone"),
        lambda: SEAL.open(b"", "phone"),
        lambda: other.open(sealed, "phone"),
    ):
        with pytest.raises(UnsealError):
            opened()


def test_an_old_key_still_opens_after_a_rotation() -> None:
    old, new, index = b"o" * 32, b"n" * 32, b"i" * 32
    sealed = Seal({1: old}, 1, index).seal("text", "c")
    rotated = Seal({1: old, 2: new}, 2, index)
    assert rotated.open(sealed, "c") == "text"
    assert rotated.seal("text", "c")[0] == 2


@pytest.mark.parametrize(
    ("keys", "current", "index"), [({}, 1, b"i" * 32), ({1: b"short"}, 1, b"i" * 32), ({1: b"k" * 32}, 1, b"i")]
)
def test_short_or_missing_keys_are_rejected(keys: dict[int, bytes], current: int, index: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(keys, current, index)
