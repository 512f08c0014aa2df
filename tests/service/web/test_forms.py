from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from msgspec import Struct

from market.kernel import Fen, FieldFault
from market.service.web.forms import (
    InvalidForm,
    PostedForm,
    parse_day,
    parse_integer,
    parse_kilograms,
    parse_time,
    parse_typed_yuan,
    parse_uuid,
)

ID = UUID("0190a0b0-0000-7000-8000-000000000001")


class OrderForm(Struct):
    """A form with text and check boxes."""

    title: str = ""
    regions: list[str] = []


def test_prices_are_parsed_as_people_type_them() -> None:
    assert [parse_typed_yuan(text) for text in ("39", "39.5", "39.05", " ¥1,200 ", "39元", "0.01")] == [
        39_00, 39_50, 39_05, 1200_00, 39_00, 1,
    ]  # fmt: skip
    assert [
        parse_typed_yuan(text) for text in ("", "x", "-3", "3.999", "1e3", "３９。", "80,5", "80，50", "12,00")
    ] == [None] * 9


def test_days_and_times_are_of_a_year_that_has_a_next_one() -> None:
    assert [parse_day(text) for text in (" 2027-05-01 ", "1900-01-01", "2999-12-31")] == [
        date(2027, 5, 1), date(1900, 1, 1), date(2999, 12, 31),
    ]  # fmt: skip
    assert [parse_day(text) for text in ("", "2027-02-30", "1899-12-31", "3000-01-01", "9999-12-31")] == [None] * 5
    assert parse_time("2027-05-01T08:00:00+08:00") == datetime(2027, 5, 1, tzinfo=UTC)
    assert [parse_time(text) for text in ("2027-05-01", "9999-12-31T23:59:59+08:00", "0001-01-01T00:00Z")] == [None] * 3


def test_numbers_weights_and_ids_are_parsed_strictly() -> None:
    assert [parse_integer(text) for text in (" 12 ", "0", "１２", "1,200")] == [12, 0, 12, 1200]
    assert [parse_integer(text) for text in ("", "-1", "1.5", "1,20", "9" * 20)] == [None] * 5
    assert (parse_integer("5", maximum=5), parse_integer("6", maximum=5)) == (5, None)
    assert [parse_kilograms(text) for text in ("1", "2.5", "0", "1234", "x")] == [1000, 2500, None, None, None]
    assert [parse_kilograms(text, maximum_g=2_000_000) for text in ("1,200", "1，200.5", "２．５", "1,20")] == [
        1_200_000, 1_200_500, 2500, None,
    ]  # fmt: skip
    assert (parse_kilograms("2025.5", maximum_g=2_025_500), parse_kilograms("2", maximum_g=1999)) == (2_025_500, None)
    assert (parse_uuid(str(ID)), parse_uuid("x")) == (ID, None)


@pytest.mark.parametrize("text", ["NaN", "nan", "Infinity", "-Infinity", "inf", "1e400", "0x1", "1_000", "\u0663"])
def test_what_is_not_a_plain_number_is_a_fault_of_its_field(text: str) -> None:
    form = PostedForm(dict.fromkeys(("count", "price", "least", "weight", "share", "day"), text))
    assert (form.read_integer("count", fault="c"), form.read_yuan("price", fault="p")) == (0, 0)
    assert (form.read_optional_yuan("least", fault="l"), form.read_kilograms("weight", fault="w")) == (0, 0)
    assert (form.read_percent("share", fault="s"), form.read_day("day", fault="d")) == (0, None)
    assert [fault.field for fault in form.faults] == ["count", "price", "least", "weight", "share", "day"]


def test_a_form_reports_all_faults_in_the_order_of_reading() -> None:
    form = PostedForm({"title": "", "price": "x", "pack": "0", "number": "12345", "until": "2027", "weight": "0"})
    assert form.read_text("title", missing="no title") == ""
    assert form.read_yuan("price", fault="bad price", missing="no price") == 0
    assert form.read_yuan("left", fault="bad price", missing="no price") == 0
    assert form.read_integer("pack", fault="bad pack", minimum=1) == 0
    assert form.read_text("number", max_length=4, too_long="too long") == "12345"
    assert form.read_optional_day("until", fault="bad day") is None
    assert form.read_kilograms("weight", fault="bad weight") == 0
    assert form.faults == [
        FieldFault("title", "no title"),
        FieldFault("price", "bad price"),
        FieldFault("left", "no price"),
        FieldFault("pack", "bad pack"),
        FieldFault("number", "too long"),
        FieldFault("until", "bad day"),
        FieldFault("weight", "bad weight"),
    ]


def test_valid_and_empty_optional_fields_have_no_fault() -> None:
    form = PostedForm({"price": "39.5", "until": "2027-05-01", "free": "", "key": "k"})
    assert form.read_yuan("price", fault="bad", maximum=Fen(39_50)) == 39_50
    assert form.read_optional_yuan("free", fault="bad", minimum=Fen(1), maximum=Fen(9)) is None
    assert form.read_optional_yuan("price", fault="bad", minimum=Fen(1), maximum=Fen(39_50)) == 39_50
    assert form.read_optional_day("until", fault="bad") == date(2027, 5, 1)
    assert form.read_optional_day("from", fault="bad") is None
    assert (form.faults, form.key) == ([], "k")


@pytest.mark.parametrize(
    ("text", "share_bp"), [("50", 50_00), ("33.3%", 33_30), ("0.05", 5), ("100", 100_00), ("", 0), ("100 %", 100_00)]
)
def test_a_percentage_is_read_into_basis_points(text: str, share_bp: int) -> None:
    form = PostedForm({"share": text})
    assert (form.read_percent("share", fault="bad"), form.faults) == (share_bp, [])


@pytest.mark.parametrize("text", ["100.01", "0.005", "-1", "½", "x", "1,5"])
def test_an_invalid_percentage_is_a_fault(text: str) -> None:
    form = PostedForm({"share": text})
    assert (form.read_percent("share", fault="bad"), form.faults) == (0, [FieldFault("share", "bad")])


def test_a_missing_day_is_a_fault() -> None:
    form = PostedForm({"since": "2027-05-01"})
    assert form.read_day("since", fault="bad") == date(2027, 5, 1)
    assert form.read_day("until", fault="bad") is None
    assert form.faults == [FieldFault("until", "bad")]


def test_a_form_without_a_key_gets_a_new_one() -> None:
    first, second = PostedForm({}), PostedForm({})
    assert len(first.key) == 24
    assert first.key != second.key


def test_a_form_is_filled_as_it_was_typed() -> None:
    form = PostedForm({"title": "枣", "regions": ["54", "65"]})
    assert form.fill(OrderForm) == OrderForm("枣", ["54", "65"])
    assert PostedForm({"title": ["枣", "梨"], "regions": "54"}).fill(OrderForm) == OrderForm("枣", ["54"])


def test_ids_are_read_and_what_no_page_shows_again_is_refused() -> None:
    form = PostedForm({"variant": str(ID), "more": "", "less": "x"})
    assert form.read_uuid("variant", fault="v") == ID
    assert (form.read_optional_uuid("more", fault="m"), form.read_optional_uuid("less", fault="l")) == (None, None)
    assert form.read_uuid("drop", fault="d") is None
    with pytest.raises(InvalidForm) as caught:
        form.refuse_faults()
    assert caught.value.errors == (FieldFault("less", "l"), FieldFault("drop", "d"))
    PostedForm({}).refuse_faults()
