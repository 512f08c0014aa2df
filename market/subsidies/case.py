"""From the register, the bindings and the billing files to the calculator's case of a month."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen
from market.kernel.clock import next_month
from market.subsidies.case_facts import (
    ACTIVE_DAYS,
    BUDGET,
    CASE_LINES,
    CHARGES,
    HOUSEHOLDS_NOW,
    HOUSEHOLDS_OF_LINES,
    JOIN_WHOLE_SETS,
    MONTH_IS_SETTLED,
    SETTLED,
    TERMS,
    USES,
    CaseLine,
    HouseholdNow,
    LineCharges,
    LineDays,
    LineHouseholds,
    LineSettled,
    TermsRow,
)
from market.subsidies.engine import (
    Active,
    Case,
    Charge,
    FunderShare,
    Household,
    Idle,
    Line,
    Membership,
    Programme,
    Terms,
)
from market.subsidies.words import PREFIXES, Kind


class Facts(Struct, frozen=True):
    """A case, and what the run keeps beside it: where each line is at home, and its kind and number."""

    case: Case
    homes: dict[str, str]
    villages: dict[str, HouseholdNow]
    kinds: dict[str, Kind]
    corrected: frozenset[str]
    settled: dict[str, LineSettled] | None


async def gather(conn: Connection, county: str, month: date, *, only: frozenset[str] | None = None) -> Facts:
    """Gather a month's case from what is known now; the same facts make the same case, whoever asks and when.

    Days of charges and households are cut to the month; a binding keeps its first day, which the clock of an idle line
    reads. `only` keeps the lines of these codes alone, for a look at a few; such a case has no budget.
    """
    await JOIN_WHOLE_SETS.run(conn)
    next_ = next_month(month)
    months = {"county": county, "month": month, "next": next_}
    lines = await CASE_LINES.all(conn, **months)
    active = {row.line: row for row in await ACTIVE_DAYS.all(conn, county=county, next=next_)}
    charges = {row.line: row for row in await CHARGES.all(conn, **months)}
    members = {row.line: row for row in await HOUSEHOLDS_OF_LINES.all(conn, county=county, next=next_)}
    uses = {row.line: row.starts for row in await USES.all(conn, **months)}
    known = {row.household: row for row in await HOUSEHOLDS_NOW.all(conn, county=county, month=month)}
    settled = None
    if await MONTH_IS_SETTLED.one(conn, county=county, month=month):
        settled = {row.line: row for row in await SETTLED.all(conn, county=county, month=month)}
    programmes = _programmes(await TERMS.all(conn, county=county))
    idle = {programme.code for programme in programmes if programme.idle is not None}
    built: list[Line] = []
    homes: dict[str, str] = {}
    kinds: dict[str, Kind] = {}
    named: set[str] = set()
    corrected: set[str] = set()
    for fact in lines:
        code = fact.code or f"{PREFIXES[fact.operator]}-{fact.number}"
        if only is not None and code not in only:
            continue
        kinds[code] = fact.kind
        if fact.corrected:
            corrected.add(code)
        own = members.get(code)
        households = _households(own, month, next_)
        named.update(membership.household for membership in households)
        if own is not None:
            homes[code] = households[0].household if households else own.households[-1]
        before = None if settled is None else settled.get(code)
        built.append(
            Line(
                id=code,
                programme=fact.programme,
                operator=fact.operator,
                in_snapshot=fact.in_snapshot,
                households=households,
                active=_active(active.get(code), next_),
                charges=_charges(fact, charges.get(code), month, next_),
                used_on=tuple(uses.get(code, ())) if fact.programme in idle else (),
                claimed_fen=fact.claimed_fen,
                settled_fen=None if settled is None else before.funded_fen if before else Fen(0),
            )
        )
    budget = None if only is not None else await BUDGET.maybe(conn, county=county, month=month)
    case = Case(
        month=f"{month:%Y-%m}",
        budget_fen=None if budget is None else Fen(budget),
        programmes=programmes,
        households=tuple(Household(code, known[code].tier) for code in sorted(named)),
        lines=tuple(sorted(built, key=lambda line: line.id)),
    )
    villages = {code: known[home] for code, home in homes.items() if home in known}
    return Facts(case, homes, villages, kinds, frozenset(corrected), settled)


def _programmes(rows: list[TermsRow]) -> tuple[Programme, ...]:
    terms: dict[str, list[Terms]] = {}
    firsts: dict[str, TermsRow] = {}
    for row in rows:
        firsts.setdefault(row.code, row)
        funders = tuple(FunderShare(name, share) for name, share in zip(row.funders, row.shares_bp, strict=True))
        terms.setdefault(row.code, []).append(
            Terms(
                start=row.start,
                until=row.until,
                kind=row.kind,
                household_pays_bp=row.household_pays_bp,
                fixed_fen=row.fixed_fen,
                line_cap_fen=row.line_cap_fen,
                household_cap_fen=row.household_cap_fen,
                funders=funders,
            )
        )
    return tuple(
        Programme(
            code,
            row.proration,
            None if row.idle_days is None or row.cure_days is None else Idle(row.idle_days, row.cure_days),
            tuple(terms[code]),
        )
        for code, row in sorted(firsts.items())
    )


def _active(row: LineDays | None, next_: date) -> tuple[Active, ...]:
    """Return the days of binding; an end after the month is not known yet, so that it changes no hash."""
    if row is None:
        return ()
    return tuple(
        Active(start, until if until is not None and until < next_ else None)
        for start, until in zip(row.starts, row.untils, strict=True)
    )


def _households(row: LineHouseholds | None, month: date, next_: date) -> tuple[Membership, ...]:
    if row is None:
        return ()
    return tuple(
        Membership(household, max(start, month), min(until or next_, next_))
        for household, start, until in zip(row.households, row.starts, row.untils, strict=True)
        if until is None or until > month
    )


def _charges(fact: CaseLine, row: LineCharges | None, month: date, next_: date) -> tuple[Charge, ...]:
    """Return the charges of the plan, a correction added; of an unbound number, what its operator asked."""
    if row is None:
        asked = fact.charge_fen + fact.correction_fen
        return (Charge(month, next_, Fen(asked)),) if fact.code is None else ()
    return tuple(
        Charge(start, until, Fen(amount + fact.correction_fen))
        for start, until, amount in zip(row.starts, row.untils, row.amounts, strict=True)
    )


async def case_of(conn: Connection, county: str, month: date) -> Case:
    """Return the calculator's case of a month, as it is known now."""
    return (await gather(conn, county, month)).case
