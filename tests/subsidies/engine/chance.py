"""Cases by chance, crowded with what is rare: cuts within the month, ties, caps of nothing, silence, re-binding."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random

from tests.subsidies.engine.cases import Json, Value, fault_paths, span

MONTHS = ["2019-01", "2019-02", "2019-04", "2020-02", "2019-12"]
FEN = [0, 1, 2, 3, 5, 7, 99, 100, 101, 9_50, 14_50, 19_99, 38_00, 39_00, 39_33]
BASIS_POINTS = [0, 1, 2500, 3333, 5000, 5001, 9999, 10000]
FUNDERS = ["operator", "county", "prefecture", "province", "central", "other"]


def from_seed(seed: int) -> Random:
    """The chance that can be had again."""
    return Random(seed)  # noqa: S311 - nothing is secret here


def spans_by_chance(chance: Random, month: str, *, most: int = 3, **values: list[Value]) -> list[Json]:
    """Disjoint spans around the month, often touching, in any order."""
    first = date.fromisoformat(f"{month}-01")
    count = chance.randint(0 if most > 1 and chance.random() < 0.1 else 1, most)
    days = sorted(chance.sample(range(-60, 45), 2 * count))
    if count and chance.random() < 0.6:
        days[0] = -70
    if chance.random() < 0.4:
        return [
            span(str(first - timedelta(70)), None, **{key: chance.choice(choices) for key, choices in values.items()})
        ]
    spans: list[Json] = []
    for i in range(count):
        start, until = days[2 * i], days[2 * i + 1]
        if i + 1 < count and chance.random() < 0.5:
            until = days[2 * i + 2]
        last = i + 1 == count and chance.random() < 0.6
        until_on = None if last else str(first + timedelta(until))
        chosen = {key: chance.choice(choices) for key, choices in values.items()}
        spans.append(span(str(first + timedelta(start)), until_on, **chosen))
    chance.shuffle(spans)
    return spans


def funders_by_chance(chance: Random) -> list[Json]:
    named = chance.sample(FUNDERS, chance.randint(1, 4))
    if chance.random() < 0.6:
        named = ["operator", *[name for name in named if name != "operator"]]
        chance.shuffle(named)
    cuts = sorted(chance.choice([0, 1, 2500, 3333, 5000, 6667, 7000, 10000]) for _ in named[1:])
    bounds = [0, *cuts, 10000]
    return [
        {"funder": name, "share_bp": high - low} for name, low, high in zip(named, bounds, bounds[1:], strict=False)
    ]


def terms_by_chance(chance: Random, month: str) -> list[Json]:
    versions = spans_by_chance(chance, month)
    if chance.random() < 0.8:
        # Without gaps: each version begins where the one before ends.
        versions.sort(key=lambda version: version["from"])
        for version, after in pairwise(versions):
            version["until"] = after["from"]
        if versions:
            versions[0]["from"], versions[-1]["until"] = "2000-01-01", None
    for version in versions:
        fixed = chance.random() < 0.4
        version |= {
            "kind": "fixed" if fixed else "percent_off",
            "household_pays_bp": None if fixed else chance.choice(BASIS_POINTS),
            "fixed_fen": chance.choice(FEN) if fixed else None,
            "line_cap_fen": chance.choice([None, None, *FEN]),
            "household_cap_fen": chance.choice([None, *FEN]),
            "funders": funders_by_chance(chance),
        }
    return versions


def line_by_chance(chance: Random, month: str, line_id: str, codes: list[str], households: list[str]) -> Json:
    first = date.fromisoformat(f"{month}-01")
    charges = spans_by_chance(chance, month, monthly_fen=FEN)
    if chance.random() < 0.9:
        charges.sort(key=lambda charge: charge["from"])
        for charge, after in pairwise(charges):
            charge["until"] = after["from"]
        if charges:
            charges[0]["from"], charges[-1]["until"] = "2000-01-01", None
    used = [str(first + timedelta(chance.randint(-50, 40))) for _ in range(chance.choice([0, 0, 1, 2, 5]))]
    return {
        "id": line_id,
        "programme": chance.choice(codes),
        "operator": chance.choice("AB"),
        "in_snapshot": chance.random() < 0.95,
        "households": spans_by_chance(chance, month, id=households),
        "active": spans_by_chance(chance, month),
        "charges": charges,
        "used_on": used + used[:1],
        "claimed_fen": chance.choice([None, 0, 1, 5, 10_00, 38_00, *[10**6] * 9]),
        "settled_fen": chance.choice([None, None, 0, 5, 10_00]),
    }


def case_by_chance(chance: Random) -> Json:
    """A case without fault."""
    month = chance.choice(MONTHS)
    codes = ["P1", "P2"][: chance.randint(1, 2)]
    households = ["H1", "H2", "H3"][: chance.randint(1, 3)]
    made: Json = {
        "month": month,
        "budget_fen": chance.choice([None, 0, 1, 3, 10, 100, 5_00, 10_00, 20_00, 50_00, 10**6]),
        "programmes": [
            {
                "code": code,
                "proration": "none" if chance.random() < 0.2 else "daily",
                "idle": (
                    {"idle_days": chance.choice([1, 2, 5, 10, 30]), "cure_days": chance.choice([0, 1, 3, 15])}
                    if chance.random() < 0.3
                    else None
                ),
                "terms": terms_by_chance(chance, month),
            }
            for code in codes
        ],
        "households": [{"id": household, "tier": chance.randint(1, 2)} for household in households],
        "lines": [
            line_by_chance(chance, month, line_id, codes, households)
            for line_id in chance.sample(["L1", "L2", "L3", "L10", "l1", "线", "", "😀", "L4"], chance.randint(1, 7))
            if line_id
        ],
    }
    # A bound day with a household but without terms or charge is a fault: such a line stands outside the snapshot.
    for path in fault_paths(made):
        made["lines"][int(path.partition("[")[2].partition("]")[0])]["in_snapshot"] = False
    return made
