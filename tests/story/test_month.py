"""Part A of the golden story, step by step in process; every figure of expected/ is compared."""

import csv
import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from tests.story.play import COUNTY, STORY, Answer, Player
from tests.support.statements import QueryTrace, find_missing, list_documented

PLAN: dict[str, Any] = json.loads((STORY / "steps.json").read_text("utf-8"))
MONTHS = ("2019-01", "2019-02", "2019-03")
END = "2019-04-15"


@pytest.fixture
def play(database: Database, seal: Seal) -> Player:
    return Player(database, seal)


def expected_rows(name: str, **of: str) -> list[dict[str, str]]:
    with (STORY / "expected" / name).open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if all(row[key] == value for key, value in of.items())]


def compared(want: list[dict[str, str]], got: list[Answer], *, without: tuple[str, ...] = ()) -> None:
    keys = [key for key in want[0] if key not in without] if want else []

    def flat(row: Answer | dict[str, str]) -> tuple[str, ...]:
        return tuple("" if row.get(key) is None else str(row[key]) for key in keys)

    assert Counter(map(flat, got)) == Counter(map(flat, want))


def cut(spans: list[Answer], first: str, until: str) -> list[Answer]:
    found = [{**span, "from": max(span["from"], first), "until": min(span["until"] or until, until)} for span in spans]
    return sorted((span for span in found if span["from"] < span["until"]), key=lambda span: span["from"])


def in_month(case: Answer) -> Answer:
    """A case with sorted lists, intervals clipped to the month, and of the uses before it only the last."""
    month = date.fromisoformat(f"{case['month']}-01")
    first, until = month.isoformat(), (month.replace(day=28).replace(day=1).isoformat())
    until = date(month.year + month.month // 12, month.month % 12 + 1, 1).isoformat()
    idle = {programme["code"] for programme in case["programmes"] if programme["idle"]}
    lines: list[Answer] = []
    for line in sorted(case["lines"], key=lambda each: each["id"]):
        used = sorted(set(line["used_on"])) if line["programme"] in idle else []
        kept = [day for day in used if day < first][-1:] + [day for day in used if first <= day < until]
        spans = {key: cut(line[key], first, until) for key in ("households", "active", "charges")}
        lines.append({**line, **spans, "used_on": kept})
    named = {household["id"] for line in lines for household in line["households"]}
    return {
        "month": case["month"],
        "budget_fen": case["budget_fen"],
        "programmes": [
            {**each, "terms": cut(each["terms"], first, until)}
            for each in sorted(case["programmes"], key=lambda each: each["code"])
        ],
        "households": sorted((each for each in case["households"] if each["id"] in named), key=lambda each: each["id"]),
        "lines": lines,
    }


async def case_is(play: Player, month: str, name: str, day: str) -> None:
    got = await play(["subsidies", "case", "--month", month], day)
    assert in_month(got) == in_month(json.loads((STORY / f"expected/cases/{name}.json").read_text("utf-8")))


async def play_step(play: Player, step: Answer, hashes: dict[str, tuple[str, str]]) -> int:
    """Play a step's commands, compare their outcomes, and return how many adjustments were posted."""
    posted = 0
    for argv in step["commands"]:
        answer = await play(argv, step["date"])
        if argv[1] == "report":
            continue
        assert answer["outcome"] == step["outcome"], (step["n"], argv, answer)
        assert answer.get("code") == step.get("code"), (step["n"], answer)
        if step.get("code") == "file_malformed":
            want = json.loads((STORY / "expected/malformed.json").read_text("utf-8"))["faults"]
            assert {(each["row"], each["column"], each["value"]) for each in answer["errors"]} == {
                (each["row"], each["column"], each["value"]) for each in want
            }
        if argv[:2] != ["subsidies", "run"]:
            continue
        month = argv[argv.index("--month") + 1]
        pair = (answer["manifest_sha256"], answer["result_sha256"])
        if step["outcome"] == "no-op":
            assert (pair, answer["postings"]) == (hashes[month], 0)
        hashes[month] = pair
        if step["action"] == "recalculate closed months":
            posted += answer["postings"]
            await case_is(play, month, f"{month}-again", step["date"])
        elif step["outcome"] == "ok":
            await case_is(play, month, month, step["date"])
    return posted


async def play_to(play: Player, last: int = 45) -> int:
    """Play the story up to a step and return how many adjustments were posted."""
    for argv in PLAN["before"]:
        await play(argv)
    hashes: dict[str, tuple[str, str]] = {}
    posted = 0
    for step in PLAN["steps"][:last]:
        posted += await play_step(play, step, hashes)
    return posted


async def report(play: Player, name: str, **of: str) -> Answer:
    words = [word for key, value in of.items() for word in (f"--{key}", value)]
    return await play(["subsidies", "report", name, *words], END)


async def month_is(play: Player, month: str) -> None:
    for name in ("sheets", "villages", "claims"):
        got = await report(play, name, month=month)
        compared(expected_rows(f"{name}.csv", month=month), got["rows"])
    got = await report(play, "findings", month=month)
    compared(expected_rows("findings.csv", cycle=month), got["rows"], without=("evidence",))
    got = await report(play, "adjustments", month=month)
    compared(expected_rows("adjustments.csv", cycle=month), got["rows"], without=("why", "shares_fen"))
    got = await report(play, "settlement", month=month)
    want = json.loads((STORY / "expected/settlement.json").read_text("utf-8"))["months"][month]
    assert {key: got[key] for key in want} == want


async def test_january_is_imported_run_reviewed_settled_and_closed(play: Player) -> None:
    assert await play_to(play, 19) == 0
    await month_is(play, "2019-01")


async def test_the_documented_statements_of_a_month_run_in_the_documented_order(
    play: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = QueryTrace(monkeypatch)
    await play_to(play, 19)
    sections = ("**A file comes in.**", "**The month is calculated.**", "**The month is decided and paid**")
    documented = [name for heading in sections for name in list_documented(heading)]
    assert find_missing(documented, trace.take()) == []


async def test_the_quarter_equals_the_expected_figures_to_the_fen(play: Player) -> None:
    assert await play_to(play) == 3
    for month in MONTHS:
        await month_is(play, month)
    got = await report(play, "idle", quarter="2019Q1")
    compared(expected_rows("idle.csv"), got["rows"], without=("payable_days",))
    got = await report(play, "quarter", quarter="2019Q1")
    compared(expected_rows("quarter-2019Q1.csv"), got["rows"])
    assert (got["provisional"], got["due_on"], COUNTY) == (False, "2019-04-20", "130624")


async def test_the_funders_of_each_adjustment_are_those_of_the_two_answers(play: Player) -> None:
    await play_to(play)
    got = await report(play, "adjustments", month="2019-03")
    assert {row["line"]: row["shares"] for row in got["rows"]} == {
        "DX-03": {"operator": -980, "county": -420},
        "YD-05": {"operator": 280, "county": 120},
        "DX-02": {"operator": -855, "county": -366},
    }
