"""Build the calculator's case of a month from the register, the bindings and the billing files."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Fen
from market.kernel.clock import get_next_month
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.subsidies.engine.models import (
    ActiveSpan,
    Case,
    CaseHousehold,
    CaseLine,
    FunderShare,
    IdleRule,
    Membership,
    MonthlyCharge,
    Programme,
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
    CaseLineRow,
    ChargeDays,
    HouseholdHome,
    LineHouseholds,
    SettledLine,
    TermsRow,
)
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import ServiceKind, name_unbound_line


class MonthFacts(Struct, frozen=True):
    """A case, with the household, village, kind and settled amounts of each line, which a run stores.

    `unbound` has the stored codes of the lines that nobody has bound (market/subsidies/line_codes.py).
    """

    case: Case
    homes: dict[str, str]
    villages: dict[str, HouseholdHome]
    kinds: dict[str, ServiceKind]
    unbound: dict[str, str]
    corrected: frozenset[str]
    settled: dict[str, SettledLine] | None


async def load_facts(
    conn: Connection, seal: Seal, county: str, month: date, *, only: frozenset[str] | None = None
) -> MonthFacts:
    """Load the case of a month from the current facts; the same facts always give the same case.

    Charges and households are clipped to the month; a binding keeps its first day, from which idle days are
    counted. With `only`, the case has only the lines of these codes and no budget.
    """
    await PLAN_FOR_COUNTY.run(conn)
    next_ = get_next_month(month)
    months = {"county": county, "month": month, "next": next_}
    lines = [(*_name_line(seal, row), row) for row in await LIST_CASE_LINES.all(conn, **months)]
    active = _share(await LIST_ACTIVE_DAYS.all(conn, county=county, next=next_), partial(_build_active, next_=next_))
    charges = _share(await LIST_CHARGES.all(conn, **months), _build_charges)
    members = {row.line: row for row in await LIST_LINE_HOUSEHOLDS.all(conn, county=county, next=next_)}
    uses = {row.line: tuple(row.used_on) for row in await LIST_USES.all(conn, **months)}
    known = {row.household: row for row in await LIST_HOUSEHOLD_HOMES.all(conn, county=county, month=month)}
    settled = await _load_settled(conn, county, month)
    programmes = _build_programmes(await LIST_TERMS.all(conn, county=county))
    idle = {programme.code for programme in programmes if programme.idle is not None}
    built: list[CaseLine] = []
    homes: dict[str, str] = {}
    kinds: dict[str, ServiceKind] = {}
    named: set[str] = set()
    for code, _, fact in lines:
        if only is not None and code not in only:
            continue
        kinds[code] = fact.kind
        own = members.get(code)
        households = _build_memberships(own, month, next_)
        named.update(membership.household for membership in households)
        if own is not None:
            homes[code] = households[0].household if households else own.households[-1]
        built.append(
            CaseLine(
                id=code,
                programme=fact.programme,
                operator=fact.operator,
                in_snapshot=fact.in_snapshot,
                households=households,
                active=active.get(code, ()),
                charges=_correct_charges(fact, charges.get(code), month, next_),
                used_on=uses.get(code, ()) if fact.programme in idle else (),
                claimed_fen=fact.claimed_fen,
                settled_fen=None if settled is None else settled[code].funded_fen if code in settled else Fen(0),
            )
        )
    case = Case(
        month=f"{month:%Y-%m}",
        budget_fen=None if only is not None else await _find_budget(conn, county, month),
        programmes=programmes,
        households=tuple(CaseHousehold(code, known[code].tier) for code in sorted(named)),
        lines=tuple(sorted(built, key=lambda line: line.id)),
    )
    villages = {code: known[home] for code, home in homes.items() if home in known}
    unbound = {code: stored for code, stored, _ in lines if stored != code}
    corrected = frozenset(code for code, _, fact in lines if fact.corrected)
    return MonthFacts(case, homes, villages, kinds, unbound, corrected, settled)


async def _find_budget(conn: Connection, county: str, month: date) -> Fen | None:
    budget = await FIND_BUDGET.maybe(conn, county=county, month=month)
    return None if budget is None else Fen(budget)


async def _load_settled(conn: Connection, county: str, month: date) -> dict[str, SettledLine] | None:
    """Return what was settled for each line, or None if the month is not settled."""
    if not await IS_MONTH_SETTLED.one(conn, county=county, month=month, settled=SETTLED_STATES):
        return None
    rows = await LIST_SETTLED_LINES.all(conn, county=county, month=month, settled=SETTLED_STATES)
    return {row.line: row for row in rows}


def _build_programmes(rows: list[TermsRow]) -> tuple[Programme, ...]:
    terms: dict[str, list[Terms]] = {}
    firsts: dict[str, TermsRow] = {}
    for row in rows:
        firsts.setdefault(row.code, row)
        funders = tuple(FunderShare(name, share) for name, share in zip(row.funders, row.shares_bp, strict=True))
        terms.setdefault(row.code, []).append(build_from(Terms, row, funders=funders))
    return tuple(
        Programme(
            code,
            row.proration,
            None
            if row.idle_days is None or row.cure_days is None
            else IdleRule(idle_days=row.idle_days, cure_days=row.cure_days),
            tuple(terms[code]),
        )
        for code, row in sorted(firsts.items())
    )


def _name_line(seal: Seal, fact: CaseLineRow) -> tuple[str, str]:
    """Return a line's code in the case, and its code as stored."""
    if fact.code is not None:
        return fact.code, fact.code
    assert fact.number_sealed is not None
    number = seal.open(fact.number_sealed, IDENTIFIER_CONTEXT)
    stored = name_unbound_line(fact.operator, fact.kind, number, number_id=fact.number_id)
    return name_unbound_line(fact.operator, fact.kind, number), stored


def _share[R: ActiveDays | ChargeDays, T](rows: Iterable[R], build: Callable[[R], T]) -> dict[str, T]:
    """Return, by line, what is built once for all lines of a row."""
    shared: dict[str, T] = {}
    for row in rows:
        shared |= dict.fromkeys(row.lines, build(row))
    return shared


def _build_active(row: ActiveDays, *, next_: date) -> tuple[ActiveSpan, ...]:
    """Return the days of binding; an end after the month is omitted, so that it does not change the hash."""
    return tuple(
        ActiveSpan(start, until if until is not None and until < next_ else None)
        for start, until in zip(row.starts, row.untils, strict=True)
    )


def _build_memberships(row: LineHouseholds | None, month: date, next_: date) -> tuple[Membership, ...]:
    if row is None:
        return ()
    return tuple(
        [
            Membership(household, max(start, month), min(until or next_, next_))
            for household, start, until in zip(row.households, row.starts, row.untils, strict=True)
            if until is None or until > month
        ]
    )


def _build_charges(row: ChargeDays) -> tuple[MonthlyCharge, ...]:
    """Return the charges of the plans."""
    return tuple(map(MonthlyCharge, row.starts, row.untils, row.amounts))


def _correct_charges(
    fact: CaseLineRow, charges: tuple[MonthlyCharge, ...] | None, month: date, next_: date
) -> tuple[MonthlyCharge, ...]:
    """Return the charges of the plans plus corrections; for an unbound number, what its operator billed."""
    if charges is None:
        billed_fen = fact.charge_fen + fact.correction_fen
        return () if fact.code is not None else (MonthlyCharge(month, next_, Fen(billed_fen)),)
    if not fact.correction_fen:
        return charges
    return tuple(replace(each, monthly_fen=Fen(each.monthly_fen + fact.correction_fen)) for each in charges)


async def load_case(conn: Connection, seal: Seal, county: str, month: date) -> Case:
    """Return the calculator's case of a month from the current facts."""
    return (await load_facts(conn, seal, county, month)).case
