"""Cases in the JSON shape of the contract, small enough to check by hand."""

import json
from random import Random
from typing import Any, cast

from market.subsidies.engine.answer import Answer
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.models import BadCase
from market.subsidies.engine.read import read_case

type Value = Any
"""Any JSON value, valid or not."""
type Json = dict[str, Any]


def span(start: str, until: str | None = None, **more: Value) -> Json:
    return {**more, "from": start, "until": until}


def funders(**shares_bp: int) -> list[Json]:
    return [{"funder": funder, "share_bp": share_bp} for funder, share_bp in shares_bp.items()]


def terms(start: str = "2018-01-01", until: str | None = None, **given: Value) -> Json:
    """Terms of half the charge, borne by the county; `fixed_fen` makes it a fixed amount."""
    kind = "fixed" if given.get("fixed_fen") is not None else "percent_off"
    return {
        "from": start,
        "until": until,
        "kind": kind,
        "household_pays_bp": 5000 if kind == "percent_off" else None,
        "fixed_fen": None,
        "line_cap_fen": None,
        "household_cap_fen": None,
        "funders": funders(county=10000),
        **given,
    }


def programme(*versions: Json, code: str = "P1", idle: tuple[int, int] | None = None, **given: Value) -> Json:
    return {
        "code": code,
        "proration": "daily",
        "idle": None if idle is None else {"idle_days": idle[0], "cure_days": idle[1]},
        "terms": list(versions) or [terms()],
        **given,
    }


def line(line_id: str = "L1", charge: int = 39_00, household: str = "H01", **given: Value) -> Json:
    """A line of H01, bound since 2018; by default it claims far more than it gets."""
    return {
        "id": line_id,
        "programme": "P1",
        "operator": "A",
        "in_snapshot": True,
        "households": [span("2018-01-01", id=household)],
        "active": [span("2018-01-01")],
        "charges": [span("2018-01-01", monthly_fen=charge)],
        "used_on": [],
        "claimed_fen": 1_000_000_00,
        "settled_fen": None,
        **given,
    }


def case(
    *lines: Json,
    month: str = "2019-04",
    budget: int | None = None,
    programmes: list[Json] | None = None,
    households: list[tuple[str, int]] | None = None,
) -> Json:
    """A case of these lines; without `households` those of the lines, all in tier 1."""
    named = {membership["id"] for own in lines for membership in own["households"]}
    tiers = households if households is not None else [(household, 1) for household in sorted(named)]
    return {
        "month": month,
        "budget_fen": budget,
        "programmes": programmes if programmes is not None else [programme()],
        "households": [{"id": household, "tier": tier} for household, tier in tiers],
        "lines": list(lines),
    }


def answer(*lines: Json, **given: Value) -> Answer:
    return calculate(read_case(json.dumps(case(*lines, **given))))


def entitled(*lines: Json, **given: Value) -> list[int]:
    return [own.entitled_fen for own in answer(*lines, **given).lines]


def reasons(*lines: Json, **given: Value) -> list[str]:
    """The reasons of the first line."""
    return [str(reason) for reason in answer(*lines, **given).line(lines[0]["id"]).reasons]


def faults(value: Value) -> list[str]:
    """The faults of a case as the command prints them; none when it can be read."""
    try:
        read_case(value if isinstance(value, (str, bytes)) else json.dumps(value))
    except BadCase as bad:
        return [str(fault) for fault in bad.faults]
    return []


def fault_paths(value: Value) -> list[str]:
    return [fault.partition(": ")[0] for fault in faults(value)]


def shuffled(value: Value, random: Random, *, key: str = "") -> Value:
    """The same case with keys and lists (except funders) in another order, and one day of use repeated."""
    if isinstance(value, dict):
        pairs = [(name, shuffled(item, random, key=name)) for name, item in cast("Json", value).items()]
        return dict(random.sample(pairs, len(pairs)))
    if isinstance(value, list):
        items = [shuffled(item, random) for item in cast("list[Value]", value)]
        if key == "used_on":
            items += items[:1]
        return items if key == "funders" else random.sample(items, len(items))
    return value
