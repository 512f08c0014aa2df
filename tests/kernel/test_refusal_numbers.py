"""The number of a refusal: four digits, one a code, the same for ever."""

import json

import pytest

from market.kernel import Refusal
from market.kernel.refusal_numbers import get_refusal_number, list_refusals
from market.service.app import create_app
from market.service.commands import execute


def list_codes() -> set[str]:
    """Return the code of every refusal."""
    assert create_app.__module__ == "market.service.app", "the service loads every refusal"
    codes: set[str] = set()
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        codes |= {kind.code} if "code" in vars(kind) and kind is not Refusal else set()
    return codes


def test_every_refusal_has_four_digits_of_its_own() -> None:
    codes = {code for code in list_codes() if not code.startswith("test")}
    numbers = {get_refusal_number(code) for code in codes}
    assert len(numbers) == len(codes), "two codes have one number: give the newer one a number in _CHOSEN"
    assert all(len(number) == 4 and number.isdecimal() for number in numbers)


def test_a_number_never_changes() -> None:
    assert [get_refusal_number(code) for code in ("not_found", "foreign_form", "already_reviewed")] == NUMBERS


NUMBERS = ["4726", "6085", "5982"]


def test_the_helpline_finds_a_refusal_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    number = get_refusal_number("foreign_form")
    assert execute(["refusals", number, "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["number"], row["code"]) == (number, "foreign_form")
    assert row["zh"] == list_refusals()[number].zh
    assert execute(["refusals", "0000"]) == 1
