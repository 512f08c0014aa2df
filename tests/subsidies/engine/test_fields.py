"""Faults of single values: keys, integers, lists, choices, each at its exact path."""

import json

import pytest

from tests.subsidies.engine.cases import Value, fault_paths, faults
from tests.subsidies.engine.full_case import DELETED, KEYS, OBJECTS, full, put


def test_the_full_case_has_no_fault() -> None:
    assert faults(full()) == []


@pytest.mark.parametrize("path", KEYS)
def test_every_key_is_required(path: str) -> None:
    assert f"{path}: is missing; every key is required, null where there is nothing" in faults(
        put(full(), path, DELETED)
    )


@pytest.mark.parametrize("path", OBJECTS)
def test_an_unknown_key_is_a_fault(path: str) -> None:
    unknown = f"{path}.colour" if path else "colour"
    assert fault_paths(put(full(), unknown, 1)) == [unknown]


@pytest.mark.parametrize("path", KEYS)
def test_a_key_given_twice_is_a_fault(path: str) -> None:
    marked = json.dumps(put(full(), path, "MARK"))
    key = path.rpartition(".")[2]
    whole: Value = full()
    for step in path.replace("[", ".[").split("."):
        whole = whole[int(step[1:-1])] if step.startswith("[") else whole[step]
    value = json.dumps(whole)
    twice = marked.replace(f'"{key}": "MARK"', f'"{key}": {value}, "{key}": {value}, "{key}": {value}')
    assert faults(twice) == [f"{path}: must be given once, but is given more often"]


def test_all_keys_given_twice_are_named() -> None:
    text = json.dumps(full()).replace('"month": ', '"month": "2019-04", "budget_fen": 1, "month": ')
    assert fault_paths(text) == ["month", "budget_fen"]


INTEGERS = [
    ("budget_fen", 0, 10**12, True),
    ("programmes[0].idle.idle_days", 1, 2**53 - 1, False),
    ("programmes[0].idle.cure_days", 0, 2**53 - 1, False),
    ("programmes[0].terms[1].household_pays_bp", 0, 10000, False),
    ("programmes[0].terms[0].line_cap_fen", 0, 10**12, True),
    ("programmes[0].terms[0].household_cap_fen", 0, 10**12, True),
    ("programmes[1].terms[0].fixed_fen", 0, 10**12, False),
    ("households[1].tier", 1, 2**53 - 1, False),
    ("lines[0].charges[1].monthly_fen", 0, 10**12, False),
    ("lines[0].claimed_fen", 0, 10**12, True),
    ("lines[1].settled_fen", 0, 10**12, True),
]


@pytest.mark.parametrize(("path", "low", "high", "nullable"), INTEGERS)
def test_an_integer_is_an_integer_within_its_bounds(path: str, low: int, high: int, *, nullable: bool) -> None:
    for value in (low, low + 1, high - 1, high, *([None] if nullable else [])):
        assert faults(put(full(), path, value)) == []
    refused: list[object] = [
        low - 1,
        high + 1,
        True,
        False,
        1950.0,
        1e3,
        "1",
        [],
        {},
        float("nan"),
        float("inf"),
        10**30,
    ]
    for value in (*refused, *([] if nullable else [None])):
        assert fault_paths(put(full(), path, value)) == [path], value


def test_a_fault_states_the_value_and_what_is_required() -> None:
    path = "lines[0].claimed_fen"
    wanted = f"{path}: must be an integer from 0 to 1000000000000 or null, not "
    assert faults(put(full(), path, 1950.0)) == [f"{wanted}1950.0"]
    assert faults(put(full(), path, new=True)) == [f"{wanted}true"]
    assert faults(put(full(), path, float("nan"))) == [f"{wanted}NaN"]
    assert faults(put(full(), path, float("-inf"))) == [f"{wanted}-Infinity"]
    assert faults(put(full(), path, [1])) == [f"{wanted}a list"]
    assert faults(put(full(), path, {})) == [f"{wanted}an object"]
    assert faults(put(full(), path, "a\nb\u2028\ud800")) == [f'{wanted}"a\\nb\\u2028\\ud800"']
    assert faults(put(full(), path, "线" * 41)) == [f'{wanted}"{"线" * 40}…"']
    assert faults(put(full(), path, "线" * 40)) == [f'{wanted}"{"线" * 40}"']
    assert faults(put(full(), "households[0].tier", None)) == [
        "households[0].tier: must be an integer from 1 to 9007199254740991, not null"
    ]
    assert faults(put(full(), "programmes[0].proration", "weekly")) == [
        'programmes[0].proration: must be one of daily, none, not "weekly"'
    ]
    assert faults(put(full(), "lines[0].in_snapshot", 1)) == ["lines[0].in_snapshot: must be true or false, not 1"]
    assert faults(put(full(), "lines[0].used_on", {})) == ["lines[0].used_on: must be a list, not an object"]
    assert faults(put(full(), "month", "2019-13")) == ['month: must be a month written YYYY-MM, not "2019-13"']
    assert faults(put(full(), "households[0].colour", 1)) == [
        "households[0].colour: is unknown here; known are id, tier"
    ]
    operator = "lines[0].operator"
    assert faults(put(full(), operator, 1)) == [f"{operator}: must be a string, not 1"]
    assert faults(put(full(), operator, "\ud800")) == [f'{operator}: must be well-formed Unicode, not "\\ud800"']
    assert faults(put(full(), "households[1].id", ""))[0] == (
        'households[1].id: must be a string that is not empty, not ""'
    )


@pytest.mark.parametrize("value", [-1, 10001, True, 5000.0, "5000", None])
def test_the_sum_of_shares_is_not_checked_when_a_share_is_faulty(value: object) -> None:
    path = "programmes[0].terms[0].funders[1].share_bp"
    assert fault_paths(put(full(), path, value)) == [path]


@pytest.mark.parametrize(("share", "ok"), [(2999, False), (3000, True), (3001, False), (0, False), (10000, False)])
def test_shares_sum_to_the_whole(share: int, *, ok: bool) -> None:
    changed = put(full(), "programmes[0].terms[0].funders[1].share_bp", share)
    reported = f"programmes[0].terms[0].funders: must have shares that sum to 10000, not {7000 + share}"
    assert faults(changed) == ([] if ok else [reported])


def test_terms_without_funders_do_not_sum_to_the_whole() -> None:
    path = "programmes[0].terms[0].funders"
    assert fault_paths(put(full(), path, [])) == [path]


def test_a_funder_is_known_and_named_once() -> None:
    path = "programmes[0].terms[0].funders[1].funder"
    assert faults(put(full(), path, "operator")) == [
        f"{path}: must be named once, but is in programmes[0].terms[0].funders[0] too"
    ]
    for value in ("village", "County", None, 1, ["county"]):
        assert fault_paths(put(full(), path, value)) == [path]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("programmes[0].proration", "weekly"),
        ("programmes[0].proration", None),
        ("programmes[0].proration", {}),
        ("programmes[0].terms[0].kind", "percent"),
        ("programmes[0].terms[0].kind", None),
        ("lines[0].in_snapshot", 1),
        ("lines[0].in_snapshot", "true"),
        ("lines[0].in_snapshot", None),
        ("lines[0].operator", None),
        ("lines[0].operator", 1),
        ("programmes[1].idle", []),
        ("programmes[1].idle", False),
        ("lines[0].used_on[1]", None),
    ],
)
def test_a_value_of_the_wrong_form_is_a_fault(path: str, value: object) -> None:
    assert fault_paths(put(full(), path, value)) == [path]


LISTS = [path for path in KEYS if path.rpartition(".")[2] in
         {"programmes", "terms", "funders", "households", "lines", "active", "charges", "used_on"}]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", [None, {}, "x", 0])
def test_a_list_is_a_list(path: str, value: object) -> None:
    assert fault_paths(put(full(), path, value)) == [path]


@pytest.mark.parametrize("path", [path for path in OBJECTS if path.endswith("]")])
@pytest.mark.parametrize("value", [None, [], "x", 0])
def test_an_object_is_an_object(path: str, value: object) -> None:
    assert path in fault_paths(put(full(), path, value))


@pytest.mark.parametrize("path", [path for path in LISTS if not path.endswith("used_on")])
def test_every_item_of_a_list_is_read_after_a_faulty_one(path: str) -> None:
    reported = fault_paths(put(full(), path, [5, 6]))
    assert [own for own in reported if own.startswith(f"{path}[")] == [f"{path}[0]", f"{path}[1]"]


@pytest.mark.parametrize("value", ["[]", "null", "1", '"x"', "NaN"])
def test_the_case_itself_is_an_object(value: str) -> None:
    assert fault_paths(value) == ["$"]
