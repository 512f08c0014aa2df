"""Areas, product codes, and the text of a label, without a database."""

from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.trace import LabelFacts, LabelForged, LabelKeys, LabelRevoked, read_label_keys, verify_label
from market.catalogue.trace.rules import (
    compute_area_m2,
    compute_hundredths_of_mu,
    format_area,
    normalize_gtin,
    parse_area,
    parse_grams,
    write_payload,
)
from market.catalogue.trace.verify_label import encode_signature, read_payload, sign_input

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEY_ID = sha256(PUBLIC).hexdigest()[:8]
FACTS = LabelFacts(
    gtin="", lot=1024, serial=17, grams=2500, harvested_on=date(2019, 9, 20), producer_number=28, crop="香菇"
)
KEYS = LabelKeys(at=datetime(2019, 9, 20, tzinfo=UTC), keys={KEY_ID: PUBLIC.hex()}, revoked=["1024.18"])


def sign(payload: str, key: Ed25519PrivateKey = KEY) -> str:
    return f"{payload}&sig={KEY_ID}.{encode_signature(key.sign(sign_input(payload)))}"


def test_an_area_is_stored_in_square_metres() -> None:
    assert compute_area_m2(300) == 2000
    assert [format_area(each) for each in (667, 1000, 2001, 7)] == ["1 亩", "1.5 亩", "3 亩", "0.01 亩"]


@given(st.integers(1, 1_000_000))
def test_an_area_is_shown_as_it_was_typed(hundredths: int) -> None:
    assert compute_hundredths_of_mu(compute_area_m2(hundredths)) == hundredths


def test_weights_and_areas_are_read_as_typed() -> None:
    assert [parse_grams(each) for each in ("120", "0.5", "１２．５", "1,200", "0", "1.2345", "x", "-1", "12,5")] == [
        120_000, 500, 12_500, 1_200_000, None, None, None, None, None,
    ]  # fmt: skip
    assert [parse_area(each) for each in ("3", "1.5", "0.01", "1.234", "", "1,5")] == [2000, 1000, 7, None, None, None]


def test_a_product_code_has_its_check_digit() -> None:
    assert [normalize_gtin(each) for each in ("6901234567892", "96385074", "6901234567893", "12345", "６９")] == [
        "06901234567892", "00000096385074", None, None, None,
    ]  # fmt: skip


@given(
    st.integers(1, 10**18 - 1), st.integers(1, 999_999), st.integers(10, 999_999),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.text(min_size=1, max_size=20).filter(lambda s: s.isprintable()),
    st.sampled_from(["", "06901234567892"]),
)  # fmt: skip
def test_a_label_states_what_was_written(lot: int, serial: int, grams: int, day: date, crop: str, gtin: str) -> None:
    facts = LabelFacts(gtin=gtin, lot=lot, serial=serial, grams=grams, harvested_on=day, producer_number=28, crop=crop)
    assert read_payload(write_payload(facts)) == facts


def test_a_label_verifies_without_the_market_and_a_changed_one_does_not() -> None:
    payload = write_payload(FACTS)
    assert payload == "/l/10/1024/21/17?3103=002500&7007=190920&p=28&c=%E9%A6%99%E8%8F%87"
    label = sign(payload)
    # The host is not signed.
    for host in ("", "https://xiangji.example", "http://192.0.2.1:8000"):
        assert verify_label(host + label, KEYS) == FACTS
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = label.rpartition(".")[2]
    for forged in (
        label.replace("3103=002500", "3103=005000"),
        label.replace("/21/17", "/21/16"),
        label.replace("7007=190920", "7007=190921"),
        label.replace("p=28", "p=29"),
        label.replace("%87", "%88"),
        label.replace("/l/", "/01/06901234567892/"),
        label.replace(KEY_ID, "00000000"),
        sign(payload, other),
        payload,
        label[:-1],
        label + "A",
        label + "&x=1",
        sign(payload + "&c=x"),
        label.replace(signature, "!" + signature[1:]),
        label.replace(signature, ""),
        # The last character of 64 bytes has bits that say nothing: another spelling of the same signature.
        label[:-1] + ("R" if label[-1] == "Q" else "B" if label[-1] == "A" else "h" if label[-1] == "g" else "x"),
        "香菇" + label,
        "x" * 601,
        sign("/l/10/1024/21/17?3103=002500&7007=191320&p=28&c=x"),
        sign("/l/10/1024/21/17?3103=002500&7007=190920&p=28&c=%FF"),
    ):
        with pytest.raises(LabelForged):
            verify_label(forged, KEYS)
    with pytest.raises(LabelRevoked):
        verify_label(sign(payload.replace("/21/17", "/21/18")), KEYS)


def test_the_file_of_keys_is_read_as_published(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    text = b'{"at":"2019-09-20T00:00:00Z","keys":{"%b":"%b"},"revoked":["1024.18"]}'
    path.write_bytes(text % (KEY_ID.encode(), PUBLIC.hex().encode()))
    assert read_label_keys(path.read_bytes()) == KEYS
