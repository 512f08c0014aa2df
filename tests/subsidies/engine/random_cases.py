"""Random cases with many rare situations: changes within the month, ties, caps of zero, idleness, new bindings."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random

from tests.subsidies.engine.cases import Json, Value, fault_paths, span

MONTHS = ["2019-01", "2019-02", "2019-04", "2020-02", "2019-12"]
FEN = [0, 1, 2, 3, 5, 7, 99, 100, 101, 9_50, 14_50, 19_99, 38_00, 39_00, 39_33]
BASIS_POINTS = [0, 1, 2500, 3333, 5000, 5001, 9999, 10000]
FUNDERS = ["operator", "county", "prefecture", "province", "central", "other"]


def make_random(seed: int) -> Random:
    """Return a reproducible random generator."""
    return Random(seed)


def make_random_spans(random: Random, month: str, *, most: int = 3, **values: list[Value]) -> list[Json]:
    """Return disjoint spans around the month, often adjacent, in any order."""
    first = date.fromisoformat(f"{month}-01")
    count = random.randint(0 if most > 1 and random.random() < 0.1 else 1, most)
    days = sorted(random.sample(range(-60, 45), 2 * count))
    if count and random.random() < 0.6:
        days[0] = -70
    if random.random() < 0.4:
        return [
            span(str(first - timedelta(70)), None, **{key: random.choice(choices) for key, choices in values.items()})
        ]
    spans: list[Json] = []
    for i in range(count):
        start, until = days[2 * i], days[2 * i + 1]
        if i + 1 < count and random.random() < 0.5:
            until = days[2 * i + 2]
        last = i + 1 == count and random.random() < 0.6
        until_on = None if last else str(first + timedelta(until))
        chosen = {key: random.choice(choices) for key, choices in values.items()}
        spans.append(span(str(first + timedelta(start)), until_on, **chosen))
    random.shuffle(spans)
    return spans


def make_random_funders(random: Random) -> list[Json]:
    named = random.sample(FUNDERS, random.randint(1, 4))
    if random.random() < 0.6:
        named = ["operator", *[name for name in named if name != "operator"]]
        random.shuffle(named)
    cuts = sorted(random.choice([0, 1, 2500, 3333, 5000, 6667, 7000, 10000]) for _ in named[1:])
    bounds = [0, *cuts, 10000]
    return [
        {"funder": name, "share_bp": high - low} for name, low, high in zip(named, bounds, bounds[1:], strict=False)
    ]


def make_random_terms(random: Random, month: str) -> list[Json]:
    versions = make_random_spans(random, month)
    if random.random() < 0.8:
        # Without gaps: each version begins where the one before ends.
        versions.sort(key=lambda version: version["from"])
        for version, after in pairwise(versions):
            version["until"] = after["from"]
        if versions:
            versions[0]["from"], versions[-1]["until"] = "2000-01-01", None
    for version in versions:
        fixed = random.random() < 0.4
        version |= {
            "kind": "fixed" if fixed else "percent_off",
            "household_pays_bp": None if fixed else random.choice(BASIS_POINTS),
            "fixed_fen": random.choice(FEN) if fixed else None,
            "line_cap_fen": random.choice([None, None, *FEN]),
            "household_cap_fen": random.choice([None, *FEN]),
            "funders": make_random_funders(random),
        }
    return versions


def make_random_line(random: Random, month: str, line_id: str, codes: list[str], households: list[str]) -> Json:
    first = date.fromisoformat(f"{month}-01")
    charges = make_random_spans(random, month, monthly_fen=FEN)
    if random.random() < 0.9:
        charges.sort(key=lambda charge: charge["from"])
        for charge, after in pairwise(charges):
            charge["until"] = after["from"]
        if charges:
            charges[0]["from"], charges[-1]["until"] = "2000-01-01", None
    used = [str(first + timedelta(random.randint(-50, 40))) for _ in range(random.choice([0, 0, 1, 2, 5]))]
    own: Json = {
        "id": line_id,
        "programme": random.choice(codes),
        "operator": random.choice("AB"),
        "in_snapshot": random.random() < 0.95,
        "households": make_random_spans(random, month, id=households),
        "active": make_random_spans(random, month),
        "charges": charges,
        "used_on": used + used[:1],
        "claimed_fen": random.choice([None, 0, 1, 5, 10_00, 38_00, *[10**6] * 9]),
        "settled_fen": random.choice([None, None, 0, 5, 10_00]),
    }
    if random.random() < 0.5:
        own["paused"] = make_pauses(random, own["active"])
    return own


def make_pauses(random: Random, active: list[Json]) -> list[Json]:
    """Return pauses in the gaps between active spans, most of them the whole gap."""
    ordered = sorted(active, key=lambda each: each["from"])
    pauses = [span(before["until"], after["from"]) for before, after in pairwise(ordered) if random.random() < 0.7]
    pauses = [pause for pause in pauses if pause["from"] != pause["until"]]
    if pauses and random.random() < 0.2:
        pauses[0]["from"] = str(date.fromisoformat(pauses[0]["until"]) - timedelta(1))
    return pauses


def make_random_case(random: Random) -> Json:
    """Return a valid case."""
    month = random.choice(MONTHS)
    codes = ["P1", "P2"][: random.randint(1, 2)]
    households = ["H1", "H2", "H3"][: random.randint(1, 3)]
    made: Json = {
        "month": month,
        "budget_fen": random.choice([None, 0, 1, 3, 10, 100, 5_00, 10_00, 20_00, 50_00, 10**6]),
        "programmes": [
            {
                "code": code,
                "proration": "none" if random.random() < 0.2 else "daily",
                "idle": (
                    {"idle_days": random.choice([1, 2, 5, 10, 30]), "cure_days": random.choice([0, 1, 3, 15])}
                    if random.random() < 0.3
                    else None
                ),
                "terms": make_random_terms(random, month),
            }
            for code in codes
        ],
        "households": [{"id": household, "tier": random.randint(1, 2)} for household in households],
        "lines": [
            make_random_line(random, month, line_id, codes, households)
            for line_id in random.sample(["L1", "L2", "L3", "L10", "l1", "线", "", "😀", "L4"], random.randint(1, 7))
            if line_id
        ],
    }
    # A bound day with a household but without terms or charge is a fault: such a line is outside the snapshot.
    for path in fault_paths(made):
        made["lines"][int(path.partition("[")[2].partition("]")[0])]["in_snapshot"] = False
    return made
