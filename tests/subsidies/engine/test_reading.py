"""Faults of a whole case: contradictory values and text that is not a case, all at once, at their paths."""

import json

import pytest

from market.subsidies.engine.canonical import hash_case
from market.subsidies.engine.models import BadCase, Case, CaseFault
from market.subsidies.engine.read import check_case, read_case
from tests.subsidies.engine.cases import Json, case, fault_paths, faults, line, programme, span, terms
from tests.subsidies.engine.full_case import full, put


@pytest.mark.parametrize(
    "month", ["2019-13", "2019-00", "0000-01", "2019-4", "2019-04-01", "201904", "", "２０１９-04", "2019-04\n"]
)
def test_a_month_is_written_yyyy_mm(month: str) -> None:
    assert fault_paths(put(full(), "month", month)) == ["month"]


@pytest.mark.parametrize("month", [None, 201904, ["2019-04"], True])
def test_a_month_is_a_string(month: object) -> None:
    assert faults(put(full(), "month", month))[0].startswith("month: must be a string, not ")
    assert len(faults(put(full(), "month", month))) == 1


DATED = ["programmes[0].terms[1]", "lines[0].households[1]", "lines[0].active[1]", "lines[0].charges[1]"]
NO_DAYS: list[object] = [
    "2019-02-30", "2019-4-1", "20190401", "2019-W14-1", "2019-04-01T00:00:00", "", "2019-04-1１", "0000-01-01",
    " 2019-04-01", "2019-04-01\n", 20190401, True, ["2019-04-01"],
]  # fmt: skip


@pytest.mark.parametrize("item", DATED)
def test_from_and_until_are_days(item: str) -> None:
    for value in (*NO_DAYS, None):
        reported = faults(put(full(), f"{item}.from", value))
        assert [fault.rpartition(", not ")[0] for fault in reported] == [
            f"{item}.from: must be a day written YYYY-MM-DD"
        ]
    wanted = f"{item}.until: must be a day written YYYY-MM-DD, or null for no end"
    for value in NO_DAYS:
        assert [fault.rpartition(", not ")[0] for fault in faults(put(full(), f"{item}.until", value))] == [wanted]
    both = put(put(full(), f"{item}.from", "x"), f"{item}.until", "y")
    assert fault_paths(both) == [f"{item}.from", f"{item}.until"]


@pytest.mark.parametrize("item", DATED)
def test_until_is_after_from(item: str) -> None:
    for until in ("2019-04-09", "2019-04-10", "0001-01-01"):
        assert faults(put(full(), f"{item}.until", until)) == [
            f"{item}.until: must be after from, which is 2019-04-10, not {until}"
        ]
    assert fault_paths(put(put(full(), f"{item}.until", "2019-04-11"), "lines[0].in_snapshot", new=False)) == []


@pytest.mark.parametrize("item", DATED)
def test_intervals_of_one_list_may_touch_but_not_overlap(item: str) -> None:
    other = item.removesuffix("[1]") + "[0]"
    reported = f"{item}.from: overlaps {other}, which ends 2019-04-10"
    assert faults(put(full(), f"{item}.from", "2019-04-09")) == [reported]
    apart = put(put(full(), f"{item}.from", "2019-04-11"), "lines[0].in_snapshot", new=False)
    assert faults(apart) == []


def test_an_interval_is_compared_with_the_longest_before_it() -> None:
    own = line(active=[span("2019-03-01"), span("2018-03-01", "2018-04-01"), span("2018-01-01", "2019-02-01")])
    assert faults(case(own)) == ["lines[0].active[1].from: overlaps lines[0].active[2], which ends 2019-02-01"]
    own = line(active=[span("2018-01-01"), span("2019-01-01", "2019-02-01"), span("2019-02-01")])
    assert faults(case(own)) == [
        "lines[0].active[1].from: overlaps lines[0].active[0], which ends never",
        "lines[0].active[2].from: overlaps lines[0].active[0], which ends never",
    ]
    own = line(
        active=[span("2018-01-01", "2018-03-01"), span("2018-02-01", "2018-04-01"), span("2018-03-15", "2018-05-01")]
    )
    assert fault_paths(case(own)) == ["lines[0].active[1].from", "lines[0].active[2].from"]
    own = line(
        active=[span("2018-01-01", "2018-03-01"), span("2018-01-01", "2018-02-01"), span("2018-02-15", "2018-05-01")]
    )
    assert fault_paths(case(own)) == ["lines[0].active[1].from", "lines[0].active[2].from"]
    own = line(active=[span("2018-01-01", "2018-03-01"), span("2018-02-01"), span("2018-03-01", "2018-05-01")])
    assert fault_paths(case(own)) == ["lines[0].active[1].from", "lines[0].active[2].from"]
    own = line(active=[span("2018-01-01"), span("2018-01-01")])
    assert fault_paths(case(own)) == ["lines[0].active[1].from"]


def test_of_two_intervals_that_end_together_the_fault_names_the_earlier() -> None:
    own = line(active=[span("2018-01-01", "2019-02-01"), span("2018-02-01", "2019-02-01"), span("2018-03-01")])
    reported = "overlaps lines[0].active[0], which ends 2019-02-01"
    assert faults(case(own)) == [f"lines[0].active[{at}].from: {reported}" for at in (1, 2)]


NAMES = ["programmes[1].code", "households[1].id", "lines[1].id"]


@pytest.mark.parametrize("path", NAMES)
def test_names_are_unique_and_not_empty(path: str) -> None:
    first = {"programmes[1].code": "P1", "households[1].id": "H01", "lines[1].id": "L1"}[path]
    reported = faults(put(full(), path, first))
    assert (
        reported[0] == f'{path}: must be unique, but {path.partition(".")[0].replace("[1]", "[0]")} has "{first}" too'
    )
    for value in ("", None, 1, ["L1"]):
        assert fault_paths(put(full(), path, value))[0] == path
    assert fault_paths(put(put(full(), "lines[0].id", ""), "lines[1].id", "")) == ["lines[0].id", "lines[1].id"]


def test_a_name_may_be_any_text_that_is_unicode() -> None:
    for name in (" ", "线", "a\u0000b", "😀", "x" * 10_000):
        assert faults(put(full(), "lines[1].id", name)) == []
    assert faults(put(full(), "lines[1].operator", "")) == []
    for name in ("\ud800", "a\udfff", "\udc00b"):
        assert fault_paths(put(full(), "lines[1].id", name)) == ["lines[1].id"]
        assert fault_paths(put(full(), "lines[1].operator", name)) == ["lines[1].operator"]
    assert faults(put(full(), "lines[1].id", "\ud7ff\ue000")) == []


def test_a_reference_is_to_something_in_the_case() -> None:
    assert faults(put(full(), "lines[1].programme", "P3")) == [
        'lines[1].programme: must be the code of a programme; "P3" is none'
    ]
    assert faults(put(full(), "lines[0].households[1].id", "H09")) == [
        'lines[0].households[1].id: must be the id of a household; "H09" is none'
    ]
    for path in ("lines[1].programme", "lines[0].households[1].id"):
        for value in ("", None, 7):
            assert fault_paths(put(full(), path, value)) == [path]


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("programmes[0].terms[0].fixed_fen", 0, "null where kind is percent_off, not 0"),
        ("programmes[0].terms[0].household_pays_bp", None, "an integer from 0 to 10000, not null"),
        ("programmes[1].terms[0].household_pays_bp", 5000, "null where kind is fixed, not 5000"),
        ("programmes[1].terms[0].fixed_fen", None, "an integer from 0 to 1000000000000, not null"),
    ],
)
def test_the_parameter_of_the_kind_is_required_and_the_other_null(path: str, value: object, reported: str) -> None:
    assert faults(put(full(), path, value)) == [f"{path}: must be {reported}"]


def test_parameters_of_an_unknown_kind_are_still_read() -> None:
    changed = put(full(), "programmes[0].terms[0].kind", "half")
    assert fault_paths(changed) == ["programmes[0].terms[0].kind"]
    assert fault_paths(put(changed, "programmes[0].terms[0].fixed_fen", 5)) == ["programmes[0].terms[0].kind"]
    assert fault_paths(put(changed, "programmes[0].terms[0].household_pays_bp", None)) == [
        "programmes[0].terms[0].kind"
    ]
    worse = put(put(changed, "programmes[0].terms[0].household_pays_bp", 10001), "programmes[0].terms[0].fixed_fen", -1)
    assert fault_paths(worse) == [
        "programmes[0].terms[0].kind",
        "programmes[0].terms[0].household_pays_bp",
        "programmes[0].terms[0].fixed_fen",
    ]


@pytest.mark.parametrize(
    ("start", "until", "reported"),
    [
        ("2019-04-01", "2019-05-01", None),
        ("2019-04-02", "2019-05-01", "2019-04-01"),
        ("2019-04-03", "2019-05-01", "2019-04-01 and 1 more days"),
        ("2019-04-01", "2019-04-30", "2019-04-30"),
        ("2019-05-01", None, "2019-04-01 and 29 more days"),
    ],
)
def test_every_bound_day_with_a_household_needs_a_charge_and_terms(
    start: str, until: str | None, reported: str | None
) -> None:
    uncharged = case(line(charges=[span(start, until, monthly_fen=1)]))
    charge = f"lines[0].charges: must have a charge for {reported}, bound and with a household"
    assert faults(uncharged) == ([charge] if reported else [])
    without_terms = case(line(), programmes=[programme(terms(start, until))])
    term = (
        f"lines[0].programme: must have terms for {reported}, bound and with a household; programmes[0].terms have none"
    )
    assert faults(without_terms) == ([term] if reported else [])


def test_days_that_need_no_charge_and_no_terms() -> None:
    bare: Json = {"charges": [], "claimed_fen": None}
    for own in (
        line(**bare, in_snapshot=False),
        line(**bare, active=[]),
        line(**bare, active=[span("2018-01-01", "2019-04-01"), span("2019-05-01")]),
        line(**bare, active=[span("2019-04-10")], households=[span("2018-01-01", "2019-04-10", id="H01")]),
    ):
        assert faults(case(own, programmes=[programme(terms("2019-05-01"))])) == []
    assert fault_paths(case(line(**bare, active=[span("2019-04-30")]))) == ["lines[0].charges"]
    idle = programme(terms(), idle=(1, 1))
    assert fault_paths(case(line(**bare), programmes=[idle])) == ["lines[0].charges"]
    whole = programme(terms("2018-01-01", "2019-04-02"), proration="none")
    assert fault_paths(case(line(), programmes=[whole])) == ["lines[0].programme"]


def test_faults_that_depend_on_invalid_values_are_not_reported() -> None:
    gap = case(line(charges=[span("2019-04-02", monthly_fen=1)]), programmes=[programme(terms("2019-04-02"))])
    assert fault_paths(gap) == ["lines[0].charges", "lines[0].programme"]
    assert fault_paths(put(gap, "month", "x")) == ["month"]
    assert fault_paths(put(gap, "lines[0].active", None)) == ["lines[0].active"]
    assert fault_paths(put(gap, "lines[0].active[0].from", "x")) == ["lines[0].active[0].from"]
    assert fault_paths(put(gap, "lines[0].households[0].from", "x")) == ["lines[0].households[0].from"]
    assert fault_paths(put(gap, "lines[0].charges[0].from", "x")) == ["lines[0].charges[0].from", "lines[0].programme"]
    assert fault_paths(put(gap, "lines[0].in_snapshot", None)) == ["lines[0].in_snapshot"]
    assert fault_paths(put(gap, "programmes[0].terms[0].from", "x")) == [
        "programmes[0].terms[0].from",
        "lines[0].charges",
    ]
    assert fault_paths(put(gap, "programmes", 1)) == ["programmes", "lines[0].charges"]
    assert fault_paths(put(gap, "households", 1)) == ["households", "lines[0].charges", "lines[0].programme"]
    # A charge that cannot be read still covers its days.
    assert fault_paths(put(full(), "lines[0].charges[1].monthly_fen", -1)) == ["lines[0].charges[1].monthly_fen"]


def test_all_faults_are_reported_at_once_in_the_order_of_the_case() -> None:
    changed = full()
    for path, value in [
        ("month", "2019-99"),
        ("budget_fen", 1.5),
        ("programmes[0].code", ""),
        ("programmes[0].terms[0].household_pays_bp", 10001),
        ("households[0].tier", 0),
        ("lines[0].colour", 1),
        ("lines[0].active[0].until", "2018-01-01"),
        ("lines[0].used_on[0]", "yesterday"),
        ("lines[1].claimed_fen", True),
    ]:
        changed = put(changed, path, value)
    assert fault_paths(changed) == [
        "month",
        "budget_fen",
        "programmes[0].code",
        "programmes[0].terms[0].household_pays_bp",
        "households[0].tier",
        "lines[0].colour",
        "lines[0].programme",
        "lines[0].active[0].until",
        "lines[0].used_on[0]",
        "lines[1].claimed_fen",
    ]


def test_faults_of_a_dated_item_are_reported_besides_those_of_its_days() -> None:
    changed = put(put(full(), "lines[0].charges[0].from", "x"), "lines[0].charges[0].monthly_fen", "y")
    assert fault_paths(changed) == ["lines[0].charges[0].from", "lines[0].charges[0].monthly_fen"]


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("colour", "colour"),
        ("颜色", "颜色"),
        ("two words", '["two words"]'),
        ("line\nbreak", '["line\\nbreak"]'),
        ("", '[""]'),
        ("x" * 40, "x" * 40),
        ("x" * 41, '["' + "x" * 40 + '…"]'),
        ("\ud800", '["\\ud800"]'),
    ],
)
def test_a_path_is_one_line_for_any_key(key: str, written: str) -> None:
    assert fault_paths({**full(), key: 1}) == [written]
    changed = full()
    changed["lines"][0][key] = 1
    dot = "" if written.startswith("[") else "."
    assert fault_paths(changed) == [f"lines[0]{dot}{written}"]


@pytest.mark.parametrize(
    ("source", "reported"),
    [
        (b"", "$: must be JSON: line 1, column 1: Expecting value"),
        ("{", "$: must be JSON: line 1, column 2: Expecting property name enclosed in double quotes"),
        (b'{"month": "\xff"}', "$: must be UTF-8: byte 11 is not"),
        (b"\xff\xfe{\x00}\x00", "$: must be UTF-8: byte 0 is not"),
        ("[" * 200_000, "$: must be JSON of a case: nested too deeply"),
        ('{"a":' * 200_000, "$: must be JSON of a case: nested too deeply"),
        ("{}{}", "$: must be JSON: line 1, column 3: Extra data"),
    ],
)
def test_text_that_is_not_json_is_one_fault(source: str | bytes, reported: str) -> None:
    assert faults(source) == [reported]


def test_a_text_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(full())
    assert faults(text + " " * 20_000_000) == []
    monkeypatch.setattr("market.subsidies.engine.parse.MAX_BYTES", len(text))
    assert faults(text) == []
    assert faults(text + " ") == [f"$: must be at most {len(text)} bytes, not {len(text) + 1}"]


def test_a_giant_integer_is_out_of_bounds_like_any_other() -> None:
    text = json.dumps(put(full(), "lines[0].claimed_fen", "MARK"))
    for digits in ("9" * 5_000, "-" + "9" * 5_000, "1" + "0" * 20, "1" + "0" * 12 + "1"):
        assert fault_paths(text.replace('"MARK"', digits)) == ["lines[0].claimed_fen"]
    assert fault_paths(text.replace('"MARK"', "1" + "0" * 12)) == []
    assert fault_paths(text.replace('"MARK"', "1e3")) == ["lines[0].claimed_fen"]
    assert fault_paths(text.replace('"MARK"', "-0")) == []
    tier = json.dumps(put(full(), "households[0].tier", "MARK"))
    assert fault_paths(tier.replace('"MARK"', "9007199254740991")) == []
    for digits in ("9007199254740992", "90071992547409910", "9" * 21):
        assert fault_paths(tier.replace('"MARK"', digits)) == ["households[0].tier"]


def test_a_byte_order_mark_is_skipped() -> None:
    text = json.dumps(full())
    assert read_case(b"\xef\xbb\xbf" + text.encode()) == read_case("\ufeff" + text) == read_case(text)


def test_the_lists_of_a_read_case_are_sorted() -> None:
    turned = full()
    for values in (turned["programmes"], turned["households"], turned["lines"], turned["programmes"][1]["terms"]):
        values.reverse()
    for key in ("households", "active", "charges", "used_on"):
        turned["lines"][1][key].reverse()
    turned["lines"][1]["used_on"] *= 3
    assert read_case(json.dumps(turned)) == read_case(json.dumps(full()))


def test_a_case_of_structs_is_checked_in_the_same_way() -> None:
    read = read_case(json.dumps(full()))
    assert check_case(read) == read
    turned = Case(read.month, read.budget_fen, read.programmes[::-1], read.households[::-1], read.lines[::-1])
    assert check_case(turned) == read
    with pytest.raises(BadCase) as bad:
        check_case(Case("2019-4", read.budget_fen, read.programmes, read.households, read.lines * 2))
    assert [fault.path for fault in bad.value.faults] == ["month", "lines[2].id", "lines[3].id"]


def test_a_bad_case_lists_its_faults() -> None:
    with pytest.raises(BadCase) as bad:
        read_case('{"month": 1}')
    assert bad.value.faults[0] == CaseFault(
        "budget_fen", "is missing; every key is required, null where there is nothing"
    )
    assert str(bad.value).splitlines()[-1] == "month: must be a string, not 1"


def test_paused_days_may_be_missing_and_are_never_active() -> None:
    active = [span("2018-01-01", "2019-04-05"), span("2019-04-08")]
    paused = [span("2019-04-06", "2019-04-08"), span("2019-04-05", "2019-04-06")]
    assert faults(case(line(active=active, paused=paused))) == []
    assert faults(case(line(active=active, paused=[span("2019-04-05", "2019-04-10")]))) == [
        "lines[0].paused: must have no active day, but has 2019-04-08 and 1 more days"
    ]
    assert fault_paths(case(line(active=active, paused=[{"from": "2019-04-05"}]))) == ["lines[0].paused[0].until"]
    assert hash_case(read_case(json.dumps(case(line(paused=[]))))) == hash_case(read_case(json.dumps(case(line()))))
