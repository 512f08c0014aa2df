"""Build the calculator's case of a month from the register, the bindings and the billing files."""

from collections.abc import Iterable
from datetime import date
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Fen
from market.kernel.clock import get_next_month
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.threads import start_beside
from market.subsidies.engine.models import (
    ActiveSpan,
    Case,
    CaseHousehold,
    CaseLine,
    FunderShare,
    Membership,
    MonthlyCharge,
    Programme,
    Proration,
    Terms,
)
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.month.case_queries import (
    FIND_BUDGET,
    IS_MONTH_SETTLED,
    LIST_ACTIVE_DAYS,
    LIST_CASE_LINES,
    LIST_CHARGES,
    LIST_HOUSEHOLD_HOMES,
    LIST_LINE_HOUSEHOLDS,
    LIST_SETTLED_LINES,
    LIST_TERMS,
    LIST_USES,
    PLAN_FOR_COUNTY,
    ActiveDays,
    CaseLines,
    ChargeDays,
    HouseholdHomes,
    LineHouseholds,
    LineUses,
    SettledLine,
    TermsRow,
)
from market.subsidies.month.shared_claims import LIST_SHARED_NUMBERS, SharedNumber, share_claims
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import ServiceKind, name_unbound_line
from market.subsidies.programmes.stored import build_idle_rule


class MonthFacts(Struct, frozen=True):
    """A case, with the household, kind and settled amounts of each line, and households' villages, which a run stores.

    `homes` has the household of each bound line, `villages` every household of the county; `unbound` has the stored
    codes of the lines that nobody has bound (market/subsidies/line_codes.py).
    """

    case: Case
    homes: dict[str, str]
    villages: dict[str, HouseholdHomes]
    kinds: dict[str, ServiceKind]
    unbound: dict[str, str]
    corrected: frozenset[str]
    settled: dict[str, SettledLine] | None


class LineRows(Struct, frozen=True, kw_only=True):
    """What is stored about the lines of a month: their claims, active days and uses, and numbers that pass."""

    lines: list[CaseLines]
    active: list[ActiveDays]
    uses: list[LineUses]
    shared: list[SharedNumber]


class HouseholdRows(Struct, frozen=True, kw_only=True):
    """What else is stored: charges, whose household each line is, settled sums, terms and budget."""

    charges: list[ChargeDays]
    households: list[LineHouseholds]
    homes: list[HouseholdHomes]
    settled: list[SettledLine] | None
    terms: list[TermsRow]
    budget_fen: int | None


class FactRows(Struct, frozen=True):
    """What is stored of which `build_facts` makes the case of a month."""

    month: date
    of_lines: LineRows
    of_households: HouseholdRows


async def read_fact_rows(conn: Connection, county: str, month: date, *, reader: Connection | None = None) -> FactRows:
    """Read the current facts of a month; with a `reader` that sees the same facts, one half beside the other."""
    months = {"county": county, "month": month, "next": get_next_month(month)}
    if reader is None:
        return FactRows(month, await _read_line_rows(conn, months), await _read_household_rows(conn, months))
    async with start_beside(_read_household_rows(reader, months)) as reading:
        of_lines = await _read_line_rows(conn, months)
        return FactRows(month, of_lines, await reading)


async def _read_line_rows(conn: Connection, months: dict[str, Any]) -> LineRows:
    await PLAN_FOR_COUNTY.run(conn)
    lines = await LIST_CASE_LINES.all(conn, **months)
    active = await LIST_ACTIVE_DAYS.all(conn, county=months["county"], next=months["next"])
    pauses = [(line, each) for line, spans in _build_pauses(active).items() for each in spans]
    return LineRows(
        lines=lines,
        active=active,
        uses=await LIST_USES.all(
            conn,
            **months,
            paused_lines=[line for line, _ in pauses],
            paused_starts=[each.start for _, each in pauses],
            paused_untils=[each.until for _, each in pauses],
        ),
        shared=await LIST_SHARED_NUMBERS.all(conn, **months),
    )


async def _read_household_rows(conn: Connection, months: dict[str, Any]) -> HouseholdRows:
    county, month = months["county"], months["month"]
    await PLAN_FOR_COUNTY.run(conn)
    is_settled = await IS_MONTH_SETTLED.one(conn, county=county, month=month, settled=SETTLED_STATES)
    return HouseholdRows(
        charges=await LIST_CHARGES.all(conn, **months),
        households=await LIST_LINE_HOUSEHOLDS.all(conn, **months),
        homes=await LIST_HOUSEHOLD_HOMES.all(conn, county=county, month=month),
        settled=await LIST_SETTLED_LINES.all(conn, county=county, month=month, settled=SETTLED_STATES)
        if is_settled
        else None,
        terms=await LIST_TERMS.all(conn, county=county),
        budget_fen=await FIND_BUDGET.maybe(conn, county=county, month=month),
    )


async def load_facts(
    conn: Connection, seal: Seal, county: str, month: date, *, only: frozenset[str] | None = None
) -> MonthFacts:
    """Load the case of a month from the current facts; the same facts always give the same case.

    With `only`, the case has only the lines of these codes and no budget.
    """
    return build_facts(seal, await read_fact_rows(conn, county, month), only=only)


def build_facts(seal: Seal, rows: FactRows, *, only: frozenset[str] | None = None) -> MonthFacts:
    """Build the case of a month from its stored facts.

    Charges and households are clipped to the month; a binding keeps its first day, from which idle days are counted.
    """
    month, next_ = rows.month, get_next_month(rows.month)
    own, around = rows.of_lines, rows.of_households
    active = _build_active(own.active, next_=next_)
    pauses = _build_pauses(own.active)
    charges = _build_charges(around.charges)
    members, homes = _build_memberships(around.households)
    uses = {row.line: tuple(row.used_on) for row in own.uses}
    known = {household: row for row in around.homes for household in row.households}
    settled = None if around.settled is None else {row.line: row for row in around.settled}
    programmes = _build_programmes(around.terms, month)
    idle = {programme.code for programme in programmes if programme.idle is not None}
    whole = {programme.code for programme in programmes if programme.proration is Proration.NONE}
    lines = share_claims(own.lines, own.shared, active, whole=whole, month=month, next_=next_)
    built: list[CaseLine] = []
    kinds: dict[str, ServiceKind] = {}
    unbound: dict[str, str] = {}
    corrected: set[str] = set()
    for row in lines:
        codes = row.codes
        if row.number_id is not None:
            code, stored = _name_unbound(seal, row)
            codes, unbound[code] = [code], stored
        if only is not None:
            codes = [code for code in codes if code in only]
        kinds |= dict.fromkeys(codes, row.kind)
        if row.corrected:
            corrected.update(codes)
        built += [
            CaseLine(
                id=code,
                programme=row.programme,
                operator=row.operator,
                in_snapshot=row.in_snapshot,
                households=members.get(code, ()),
                active=active.get(code, ()),
                charges=_correct_charges(row, charges.get(code), month, next_),
                used_on=uses.get(code, ()) if row.programme in idle else (),
                claimed_fen=row.claimed_fen,
                settled_fen=None if settled is None else settled[code].funded_fen if code in settled else Fen(0),
                paused=pauses.get(code, ()) if row.programme in idle else (),
            )
            for code in codes
        ]
    built.sort(key=attrgetter("id"))
    named = {membership.household for line in built for membership in line.households}
    case = Case(
        month=f"{month:%Y-%m}",
        budget_fen=None if only is not None or around.budget_fen is None else Fen(around.budget_fen),
        programmes=programmes,
        households=tuple(CaseHousehold(code, known[code].tier) for code in sorted(named)),
        lines=tuple(built),
    )
    return MonthFacts(case, homes, known, kinds, unbound, frozenset(corrected), settled)


def _build_programmes(rows: list[TermsRow], month: date) -> tuple[Programme, ...]:
    """Return the programmes with the rules of the terms on the first of the month, or else of the first terms."""
    terms: dict[str, list[Terms]] = {}
    rules: dict[str, TermsRow] = {}
    for row in rows:
        if row.code not in rules or row.start <= month:
            rules[row.code] = row
        funders = tuple(FunderShare(name, share) for name, share in zip(row.funders, row.shares_bp, strict=True))
        terms.setdefault(row.code, []).append(build_from(Terms, row, funders=funders))
    return tuple(
        Programme(
            code,
            row.proration,
            build_idle_rule(row.idle_days, row.cure_days),
            tuple(terms[code]),
        )
        for code, row in sorted(rules.items())
    )


def _name_unbound(seal: Seal, row: CaseLines) -> tuple[str, str]:
    """Return the code of a number that nobody has bound, in the case and as stored."""
    assert row.number_sealed is not None
    number = seal.open(row.number_sealed, IDENTIFIER_CONTEXT)
    stored = name_unbound_line(row.operator, row.kind, number, number_id=row.number_id)
    return name_unbound_line(row.operator, row.kind, number), stored


def _build_active(rows: Iterable[ActiveDays], *, next_: date) -> dict[str, tuple[ActiveSpan, ...]]:
    """Return the days of binding by line; an end after the month is omitted, so that it does not change the hash."""
    active: dict[str, tuple[ActiveSpan, ...]] = {}
    for row in rows:
        days = tuple(
            ActiveSpan(start, until if until is not None and until < next_ else None)
            for start, until in zip(row.starts, row.untils, strict=True)
        )
        active |= dict.fromkeys(row.lines, days)
    return active


def _build_pauses(rows: Iterable[ActiveDays]) -> dict[str, tuple[ActiveSpan, ...]]:
    """Return the paused days by line, of lines that have any."""
    return {
        line: tuple(map(ActiveSpan, row.paused_starts, row.paused_untils))
        for row in rows
        if row.paused_starts
        for line in row.lines
    }


def _build_memberships(rows: Iterable[LineHouseholds]) -> tuple[dict[str, tuple[Membership, ...]], dict[str, str]]:
    """Return, by line, the memberships in the month, and the first household of the month or else the last before."""
    members: dict[str, tuple[Membership, ...]] = {}
    homes: dict[str, str] = {}
    for row in rows:
        if row.start is None:
            homes |= zip(row.lines, row.households, strict=True)
            continue
        shared = {household: (Membership(household, row.start, row.until),) for household in set(row.households)}
        _add_dated(members, zip(row.lines, map(shared.__getitem__, row.households), strict=True))
    return members, homes | {line: own[0].household for line, own in members.items()}


def _build_charges(rows: Iterable[ChargeDays]) -> dict[str, tuple[MonthlyCharge, ...]]:
    """Return the charges of the plans by line."""
    charges: dict[str, tuple[MonthlyCharge, ...]] = {}
    for row in rows:
        own = tuple(
            MonthlyCharge(start, until, row.monthly_fen) for start, until in zip(row.starts, row.untils, strict=True)
        )
        _add_dated(charges, ((line, own) for line in row.lines))
    return charges


def _add_dated[T: Membership | MonthlyCharge](
    known: dict[str, tuple[T, ...]], added: Iterable[tuple[str, tuple[T, ...]]]
) -> None:
    """Add dated items of lines to those that are known, sorted by their first days."""
    for line, own in added:
        known[line] = tuple(sorted((*known[line], *own), key=attrgetter("start"))) if line in known else own


def _correct_charges(
    row: CaseLines, charges: tuple[MonthlyCharge, ...] | None, month: date, next_: date
) -> tuple[MonthlyCharge, ...]:
    """Return the charges of the plans plus corrections; for an unbound number, what its operator billed.

    A correction that exceeds the charge of some days leaves them none: what is billed of the whole month is never
    below zero, but a bill of two plans that is reversed in full exceeds the smaller one.
    """
    if charges is None:
        billed_fen = row.charge_fen + row.correction_fen
        return () if row.number_id is None else (MonthlyCharge(month, next_, Fen(billed_fen)),)
    if not row.correction_fen:
        return charges
    return tuple(replace(each, monthly_fen=Fen(max(0, each.monthly_fen + row.correction_fen))) for each in charges)


async def load_case(conn: Connection, seal: Seal, county: str, month: date) -> Case:
    """Return the calculator's case of a month from the current facts."""
    return (await load_facts(conn, seal, county, month)).case
