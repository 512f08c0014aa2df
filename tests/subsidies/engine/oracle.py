"""A second implementation of the rulebook, slow and naive: day by day, with fractions.

It shares only the JSON of the contract with the engine, so that a mistake would have to be made twice.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

type Json = dict[str, Any]

ORDER = [
    "MATCHED",
    "REDUCED",
    "NO_USAGE_YET",
    "IN_CURE",
    "LOST_ELIGIBILITY",
    "SUSPENDED",
    "NOT_IN_SNAPSHOT",
    "NOT_BOUND",
    "OVER_CHARGE",
    "OVER_HOUSEHOLD_CAP",
    "UNFUNDED",
    "ENDED",
]
ONE = timedelta(days=1)


def on(items: list[Json], day: date) -> Json | None:
    """The item of a list in force on a day."""
    for item in items:
        if date.fromisoformat(item["from"]) <= day and (
            item["until"] is None or day < date.fromisoformat(item["until"])
        ):
            return item
    return None


def list_days(month: str) -> list[date]:
    day = date.fromisoformat(f"{month}-01")
    days: list[date] = []
    while day.isoformat()[:7] == month:
        days.append(day)
        day += ONE
    return days


def round_half_up(amount: Fraction) -> int:
    whole = amount.numerator // amount.denominator
    return whole + (1 if amount - whole >= Fraction(1, 2) else 0)


def by_remainder(quotas: list[Fraction], total: int) -> list[int]:
    """Quotas rounded down, then one more for the largest remainders until they sum to the total; ties to the first."""
    parts = [quota.numerator // quota.denominator for quota in quotas]
    while sum(parts) < total:
        best = max(range(len(parts)), key=lambda i: (quotas[i] - parts[i], -i))
        parts[best] += 1
    return parts


def binding_start(line: Json, day: date) -> date:
    """The first day of the binding that holds the day; touching ones, and those that a pause separates, are one."""
    while on(line["active"], day - ONE) is not None or on(line.get("paused", []), day - ONE) is not None:
        day -= ONE
    return day


class Idle:
    """The idle days of one line in one month, day by day."""

    def __init__(self, line: Json, idle: Json | None, days: list[date]) -> None:
        self.in_cure: set[date] = set()
        self.removed: set[date] = set()
        self.removed_on: date | None = None
        self.used = {day for text in line["used_on"] if on(line["active"], day := date.fromisoformat(text)) is not None}
        if idle is None:
            return
        for start in sorted({binding_start(line, day) for day in days if on(line["active"], day)}):
            self._tell(line, idle, days, start)

    def _tell(self, line: Json, idle: Json, days: list[date], start: date) -> None:
        before = [day for day in self.used if start <= day < days[0]]
        clock = max(before) + ONE if before else start  # the first day without use
        silent, removed, day = 0, False, clock
        while day <= days[-1]:
            if on(line.get("paused", []), day) is not None:
                day += ONE
                continue
            if on(line["active"], day) is None:
                break
            if day in self.used and day >= days[0] and not removed:
                if silent >= idle["idle_days"] + idle["cure_days"]:
                    removed = True
                else:
                    silent = -1  # this day is payable, and tomorrow is the first without use
            silent += 1
            if silent > idle["idle_days"] + idle["cure_days"] or removed:
                removed = True
                self.removed_on = self.removed_on or day
                self.removed.add(day)
            elif silent > idle["idle_days"]:
                self.in_cure.add(day)
            day += ONE


def amount_on(terms: Json, charge: int) -> int:
    if terms["kind"] == "percent_off":
        amount = charge - charge * terms["household_pays_bp"] // 10000
    else:
        amount = min(terms["fixed_fen"], charge)
    return amount if terms["line_cap_fen"] is None else min(amount, terms["line_cap_fen"])


class Month:
    """A case with its days, and each line's idle days."""

    def __init__(self, case: Json) -> None:
        self.days = list_days(case["month"])
        self.budget: int | None = case["budget_fen"]
        self.programmes = {programme["code"]: programme for programme in case["programmes"]}
        self.tiers = {household["id"]: household["tier"] for household in case["households"]}
        self.lines: list[Json] = sorted(case["lines"], key=lambda line: line["id"])
        self.idle = {line["id"]: Idle(line, self.programme(line)["idle"], self.days) for line in self.lines}

    def programme(self, line: Json) -> Json:
        return self.programmes[line["programme"]]

    def payable(self, line: Json, day: date) -> bool:
        clock = self.idle[line["id"]]
        return (
            line["in_snapshot"]
            and on(line["active"], day) is not None
            and on(line["households"], day) is not None
            and day not in clock.in_cure
            and day not in clock.removed
        )

    def first_payable(self, line: Json) -> date | None:
        return next((day for day in self.days if self.payable(line, day)), None)

    def funders(self, line: Json) -> list[Json]:
        versions = self.programme(line)["terms"]
        first = self.first_payable(line)
        found = (
            [version for day in self.days if (version := on(versions, day))] if first is None else [on(versions, first)]
        )
        return (found[0] or {})["funders"] if found else []


def exact_sums(month: Month) -> tuple[dict[str, Fraction], list[set[str]]]:
    """Each line's exact entitlement, and which lines a cap scaled together on some day."""
    exact = {line["id"]: Fraction(0) for line in month.lines}
    scaled_together: list[set[str]] = []
    for day in month.days:
        rooms: dict[tuple[str, str], list[tuple[str, int]]] = {}
        caps: dict[tuple[str, str], int | None] = {}
        for line in month.lines:
            programme = month.programme(line)
            if not month.payable(line, day) or (programme["proration"] == "none" and day != month.days[0]):
                continue
            terms, charge, membership = (
                on(programme["terms"], day),
                on(line["charges"], day),
                on(line["households"], day),
            )
            assert terms
            assert charge
            assert membership
            room = (programme["code"], membership["id"])
            rooms.setdefault(room, []).append((line["id"], amount_on(terms, charge["monthly_fen"])))
            caps[room] = terms["household_cap_fen"]
        for room, amounts in rooms.items():
            whole = 1 if month.programmes[room[0]]["proration"] == "none" else len(month.days)
            cap, total = caps[room], sum(amount for _, amount in amounts)
            scale = Fraction(1)
            if cap is not None and total > cap:
                scale = Fraction(cap, total)
                scaled_together.append({line_id for line_id, _ in amounts})
            for line_id, amount in amounts:
                exact[line_id] += Fraction(amount, whole) * scale
    return exact, scaled_together


def round_sums(exact: dict[str, Fraction], scaled_together: list[set[str]]) -> dict[str, int]:
    entitled = {line_id: round_half_up(amount) for line_id, amount in exact.items()}
    for group in components(scaled_together):
        members = sorted(group)
        total = round_half_up(sum((exact[line_id] for line_id in members), Fraction(0)))
        entitled.update(zip(members, by_remainder([exact[line_id] for line_id in members], total), strict=True))
    return entitled


def spend(month: Month, needs: dict[str, int]) -> dict[str, int]:
    """The part of the public needs that the budget covers."""
    public = dict(needs)
    if month.budget is None:
        return public
    tier_of: dict[str, int] = {}
    for line in month.lines:
        first = month.first_payable(line)
        if first is not None:
            membership = on(line["households"], first)
            assert membership
            tier_of[line["id"]] = month.tiers[membership["id"]]
    left = month.budget
    for tier in sorted(set(tier_of.values())):
        members = sorted(line_id for line_id, own in tier_of.items() if own == tier)
        need = sum(needs[line_id] for line_id in members)
        if need > left:
            quotas = [Fraction(needs[line_id] * left, need) for line_id in members]
            public.update(zip(members, by_remainder(quotas, left), strict=True))
        left -= min(need, left)
    return public


def split(total: int, funders: list[Json]) -> dict[str, int]:
    whole = sum(funder["share_bp"] for funder in funders)
    quotas = [Fraction(total * funder["share_bp"], whole) if whole else Fraction(0) for funder in funders]
    return (
        dict(zip((funder["funder"] for funder in funders), by_remainder(quotas, total), strict=True)) if funders else {}
    )


def calculate(case: Json) -> Json:
    """The answer's lines, by id, without trace; and the totals."""
    month = Month(case)
    exact, scaled_together = exact_sums(month)
    entitled = round_sums(exact, scaled_together)
    approved = {line["id"]: min(entitled[line["id"]], line["claimed_fen"] or 0) for line in month.lines}
    conceded = {line["id"]: split(approved[line["id"]], month.funders(line)).get("operator", 0) for line in month.lines}
    public = spend(month, {line_id: approved[line_id] - conceded[line_id] for line_id in approved})
    answers: list[Json] = []
    for line in month.lines:
        line_id, funders = line["id"], month.funders(line)
        parts = split(public[line_id], [funder for funder in funders if funder["funder"] != "operator"])
        clock = month.idle[line_id]
        own: Json = {
            "id": line_id,
            "entitled_fen": entitled[line_id],
            "approved_fen": approved[line_id],
            "over_fen": (line["claimed_fen"] or 0) - approved[line_id],
            "under_fen": entitled[line_id] - approved[line_id],
            "conceded_fen": conceded[line_id],
            "public_fen": public[line_id],
            "funded_fen": conceded[line_id] + public[line_id],
            "shares": {f["funder"]: parts.get(f["funder"], conceded[line_id]) for f in funders},
            "removed_on": None if clock.removed_on is None else clock.removed_on.isoformat(),
        }
        own["adjustment_fen"] = None if line["settled_fen"] is None else own["funded_fen"] - line["settled_fen"]
        found = reasons(line, own, clock, month.days, has_idle=month.programme(line)["idle"] is not None)
        if any(line_id in group for group in scaled_together):
            found.add("OVER_HOUSEHOLD_CAP")
        own["reasons"] = [reason for reason in ORDER if reason in found]
        answers.append(own)
    return {"lines": answers, "totals": totals(answers)}


def components(sets: list[set[str]]) -> list[set[str]]:
    joined: list[set[str]] = []
    for one in sets:
        touching = [other for other in joined if other & one]
        joined = [other for other in joined if not other & one]
        joined.append(one.union(*touching))
    return joined


def reasons(line: Json, own: Json, clock: Idle, days: list[date], *, has_idle: bool) -> set[str]:
    found: set[str] = set()
    if line["claimed_fen"] is not None:
        found.add("MATCHED" if own["approved_fen"] == line["claimed_fen"] else "REDUCED")
        charges = [charge["monthly_fen"] for day in days if (charge := on(line["charges"], day))]
        if line["claimed_fen"] > max(charges, default=0):
            found.add("OVER_CHARGE")
    bound = [day for day in days if on(line["active"], day)]
    if has_idle and bound and not any(day <= days[-1] for day in clock.used):
        found.add("NO_USAGE_YET")
    if clock.in_cure & set(bound):
        found.add("IN_CURE")
    if any(on(line["households"], day) is None for day in bound):
        found.add("LOST_ELIGIBILITY")
    for day in days:
        earlier = any(date.fromisoformat(span["from"]) <= day for span in line["active"])
        later = any(date.fromisoformat(span["from"]) > day for span in line["active"])
        if day not in bound and earlier:
            found.add("SUSPENDED" if later else "ENDED")
    if not bound and not any(date.fromisoformat(span["from"]) < days[0] for span in line["active"]):
        found.add("NOT_BOUND")
    if clock.removed_on is not None:
        found.add("ENDED")
    if not line["in_snapshot"]:
        found.add("NOT_IN_SNAPSHOT")
    if own["funded_fen"] < own["approved_fen"]:
        found.add("UNFUNDED")
    return found


def totals(lines: list[Json]) -> Json:
    sums: Json = {
        key: sum(line[key] for line in lines)
        for key in (
            "entitled_fen",
            "funded_fen",
            "approved_fen",
            "over_fen",
            "under_fen",
            "conceded_fen",
            "public_fen",
        )
    }
    sums["adjustment_fen"] = sum(line["adjustment_fen"] or 0 for line in lines)
    shares: dict[str, int] = {}
    for line in lines:
        for funder, fen in line["shares"].items():
            shares[funder] = shares.get(funder, 0) + fen
    return {**sums, "shares": shares}
