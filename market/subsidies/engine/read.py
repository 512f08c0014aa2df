"""Read and validate a case, from JSON or from Structs.

The value is checked by hand to report all faults at once; a decoder stops at the first.
"""

from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter
from typing import Protocol

import msgspec

from market.subsidies.engine.days import (
    ServiceMonth,
    Span,
    count_days,
    format_day,
    intersect,
    read_month,
    subtract,
    to_span,
)
from market.subsidies.engine.faults import Path, format_path, format_text
from market.subsidies.engine.fields import ABSENT, FieldReader, Values
from market.subsidies.engine.models import (
    ActiveSpan,
    BadCase,
    Case,
    CaseHousehold,
    CaseLine,
    Funder,
    FunderShare,
    IdleRule,
    Membership,
    MonthlyCharge,
    Programme,
    Proration,
    Terms,
    TermsKind,
)
from market.subsidies.engine.parse import parse_json
from payments.money import BASIS_POINTS


class _DatedStruct(Protocol):
    """An item in force from one day until another, exclusive."""

    @property
    def start(self) -> date: ...
    @property
    def until(self) -> date | None: ...


_KEYS: dict[object, frozenset[str]] = {
    struct: frozenset(struct.__struct_encode_fields__)
    for struct in (
        ActiveSpan,
        Case,
        MonthlyCharge,
        FunderShare,
        CaseHousehold,
        IdleRule,
        CaseLine,
        Membership,
        Programme,
        Terms,
    )
}
_OPTIONAL_KEYS = frozenset({"paused"})
_ID = attrgetter("id")


def read_case(source: bytes | str) -> Case:
    """Return the case of a JSON text, its lists sorted.

    Raises:
        BadCase: the text or a value in it violates the contract; every fault is listed with its JSON path, up to 1,000.
    """
    return _read(parse_json(source))


def check_case(case: Case) -> Case:
    """Return a case built from Structs as `read_case` would return it, its lists sorted.

    Raises:
        BadCase: a value violates the contract; every fault is listed with its JSON path, up to 1,000.
    """
    return _read(msgspec.to_builtins(case))


def _read(value: object) -> Case:
    reader = _CaseReader()
    case = reader.read(value)
    found = reader.faults.list_found()
    if case is None or found:
        raise BadCase(found)
    return case


class _KnownProgramme(msgspec.Struct):
    """A programme that lines refer to: its index in the case, and the days of its terms if all are valid."""

    at: int
    spans: list[Span] | None


class _CaseReader:
    """Reads a case in one pass; what lines refer to (month, programmes, households) comes first."""

    def __init__(self) -> None:
        self.fields = FieldReader()
        self.faults = self.fields.faults
        self.month: ServiceMonth | None = None
        # None when the list itself is invalid, so that references to it are not checked.
        self.programmes: dict[str, _KnownProgramme] | None = None
        self.households: dict[str, Path] | None = None
        self.line_paths: dict[str, Path] = {}

    def read(self, value: object) -> Case | None:
        """Return the case, or None if the value is not an object; collect the faults."""
        values = self.fields.read_object(value, _KEYS[Case], ())
        if values is None:
            return None
        month = self.fields.read_text(values, "month", (), empty=True)
        self.month = read_month(month)
        if self.month is None and isinstance(values["month"], str):
            self.faults.must_be(("month",), "a month written YYYY-MM", month)
        budget = self.fields.read_fen_or_null(values, "budget_fen", ())
        programmes = self._read_programmes(values)
        households = self._read_households(values)
        lines: list[CaseLine] = []
        for at, item in enumerate(self.fields.read_list(values, "lines", ()) or ()):
            line = self._read_line(item, ("lines", at))
            if line is not None:
                lines.append(line)
        return Case(month, budget, programmes, households, tuple(sorted(lines, key=_ID)))

    def _read_programmes(self, values: Values) -> tuple[Programme, ...]:
        items = self.fields.read_list(values, "programmes", ())
        if items is None:
            return ()
        self.programmes = {}
        paths: dict[str, Path] = {}
        programmes: list[Programme] = []
        for at, item in enumerate(items):
            path = ("programmes", at)
            own = self.fields.read_object(item, _KEYS[Programme], path)
            if own is None:
                continue
            code = self._read_name(own, "code", path, paths)
            proration = self.fields.read_choice(own, "proration", path, Proration) or Proration.DAILY
            idle = self._read_idle(own["idle"], (*path, "idle"))
            terms, spans = self._read_dated(own, "terms", path, Terms, self._read_terms)
            self.programmes.setdefault(code, _KnownProgramme(at, spans))
            programmes.append(Programme(code, proration, idle, terms))
        return tuple(sorted(programmes, key=attrgetter("code")))

    def _read_idle(self, value: object, path: Path) -> IdleRule | None:
        if value is None or value is ABSENT:
            return None
        values = self.fields.read_object(value, _KEYS[IdleRule], path)
        if values is None:
            return None
        return IdleRule(
            idle_days=self.fields.read_count(values, "idle_days", path, low=1),
            cure_days=self.fields.read_count(values, "cure_days", path, low=0),
        )

    def _read_terms(self, values: Values, path: Path, start: date, until: date | None) -> Terms:
        kind = self.fields.read_choice(values, "kind", path, TermsKind)
        pays_bp = fixed = None
        if kind is TermsKind.PERCENT_OFF:
            pays_bp = self.fields.read_basis_points(values, "household_pays_bp", path)
            self.fields.read_null(values, "fixed_fen", path, why="where kind is percent_off")
        elif kind is TermsKind.FIXED:
            fixed = self.fields.read_fen(values, "fixed_fen", path)
            self.fields.read_null(values, "household_pays_bp", path, why="where kind is fixed")
        else:
            self.fields.read_basis_points_or_null(values, "household_pays_bp", path)
            self.fields.read_fen_or_null(values, "fixed_fen", path)
        return Terms(
            start=start,
            until=until,
            kind=kind or TermsKind.FIXED,
            household_pays_bp=pays_bp,
            fixed_fen=fixed,
            line_cap_fen=self.fields.read_fen_or_null(values, "line_cap_fen", path),
            household_cap_fen=self.fields.read_fen_or_null(values, "household_cap_fen", path),
            funders=self._read_funders(values, path),
        )

    def _read_funders(self, values: Values, path: Path) -> tuple[FunderShare, ...]:
        items = self.fields.read_list(values, "funders", path)
        if items is None:
            return ()
        funders: list[FunderShare] = []
        first: dict[Funder, Path] = {}
        for at, item in enumerate(items):
            own_path = (*path, "funders", at)
            own = self.fields.read_object(item, _KEYS[FunderShare], own_path)
            if own is None:
                continue
            funder = self.fields.read_choice(own, "funder", own_path, Funder)
            share_bp = self.fields.read_basis_points(own, "share_bp", own_path)
            if funder is not None and first.setdefault(funder, own_path) is not own_path:
                self.faults.add(
                    (*own_path, "funder"), f"must be named once, but is in {format_path(first[funder])} too"
                )
            if share_bp is not None:
                funders.append(FunderShare(funder or Funder.OTHER, share_bp))
        total_bp = sum(share.share_bp for share in funders)
        if len(funders) == len(items) and total_bp != BASIS_POINTS:
            self.faults.add((*path, "funders"), f"must have shares that sum to {BASIS_POINTS}, not {total_bp}")
        return tuple(funders)

    def _read_households(self, values: Values) -> tuple[CaseHousehold, ...]:
        items = self.fields.read_list(values, "households", ())
        if items is None:
            return ()
        self.households = {}
        households: list[CaseHousehold] = []
        for at, item in enumerate(items):
            path = ("households", at)
            own = self.fields.read_object(item, _KEYS[CaseHousehold], path)
            if own is not None:
                household_id = self._read_name(own, "id", path, self.households)
                households.append(CaseHousehold(household_id, self.fields.read_count(own, "tier", path, low=1)))
        return tuple(sorted(households, key=_ID))

    def _read_line(self, value: object, path: Path) -> CaseLine | None:
        values = self.fields.read_object(value, _KEYS[CaseLine], path, optional=_OPTIONAL_KEYS)
        if values is None:
            return None
        line_id = self._read_name(values, "id", path, self.line_paths)
        code = self.fields.read_text(values, "programme", path)
        if code and self.programmes is not None and code not in self.programmes:
            self.faults.add((*path, "programme"), f"must be the code of a programme; {format_text(code)} is none")
        operator = self.fields.read_text(values, "operator", path, empty=True)
        in_snapshot = self.fields.read_bool(values, "in_snapshot", path)
        memberships, with_household = self._read_dated(values, "households", path, Membership, self._read_membership)
        active, bound = self._read_dated(values, "active", path, ActiveSpan, self._read_active)
        paused = self._read_pauses(values, path, bound) if "paused" in values else ()
        charges, charged = self._read_dated(values, "charges", path, MonthlyCharge, self._read_charge)
        used_on = self.fields.read_days(values, "used_on", path)
        claimed = self.fields.read_fen_or_null(values, "claimed_fen", path)
        settled = self.fields.read_fen_or_null(values, "settled_fen", path)
        if in_snapshot and self.month is not None and bound is not None and with_household is not None:
            month = [(self.month.first, self.month.end)]
            self._note_uncovered(intersect(intersect(month, bound), with_household), code, charged, path)
        return CaseLine(
            id=line_id,
            programme=code,
            operator=operator,
            in_snapshot=in_snapshot,
            households=memberships,
            active=active,
            charges=charges,
            used_on=used_on,
            claimed_fen=claimed,
            settled_fen=settled,
            paused=paused,
        )

    def _read_pauses(self, values: Values, path: Path, bound: list[Span] | None) -> tuple[ActiveSpan, ...]:
        """Return the pauses of a line, none of which has a day on which it is active."""
        pauses, paused = self._read_dated(values, "paused", path, ActiveSpan, self._read_active)
        both = intersect(paused or [], bound or [])
        if both:
            self.faults.add((*path, "paused"), f"must have no active day, but has {_describe_first(both)}")
        return pauses

    def _read_membership(self, values: Values, path: Path, start: date, until: date | None) -> Membership:
        household = self.fields.read_text(values, "id", path)
        if household and self.households is not None and household not in self.households:
            self.faults.add((*path, "id"), f"must be the id of a household; {format_text(household)} is none")
        return Membership(household, start, until)

    def _read_active(self, _values: Values, _path: Path, start: date, until: date | None) -> ActiveSpan:
        return ActiveSpan(start, until)

    def _read_charge(self, values: Values, path: Path, start: date, until: date | None) -> MonthlyCharge:
        return MonthlyCharge(start, until, self.fields.read_fen(values, "monthly_fen", path))

    def _read_dated[Item: _DatedStruct](
        self,
        values: Values,
        key: str,
        path: Path,
        struct: type[Item],
        read: Callable[[Values, Path, date, date | None], Item],
    ) -> tuple[tuple[Item, ...], list[Span] | None]:
        """Return the items of a list sorted by first day, and their spans if all are valid."""
        items = self.fields.read_list(values, key, path)
        if items is None:
            return (), None
        dated: list[tuple[Item, Path]] = []
        for at, item in enumerate(items):
            own_path = (*path, key, at)
            own = self.fields.read_object(item, _KEYS[struct], own_path)
            if own is None:
                continue
            days = self.fields.read_start_until(own, own_path)
            # The other fields are read even if the days are invalid, to collect their faults too.
            start, until = days or (date.min, None)
            built = read(own, own_path, start, until)
            if days is not None:
                dated.append((built, own_path))
        if len(dated) > 1:
            dated.sort(key=lambda pair: pair[0].start)
            self._note_overlaps(dated)
        spans = [to_span(item.start, item.until) for item, _ in dated]
        return tuple(item for item, _ in dated), spans if len(dated) == len(items) else None

    def _note_overlaps(self, dated: Sequence[tuple[_DatedStruct, Path]]) -> None:
        """Add a fault for each item that begins before an earlier one has ended."""
        last, last_path = dated[0]
        for item, path in dated[1:]:
            if last.until is None or item.start < last.until:
                self.faults.add(
                    (*path, "from"), f"overlaps {format_path(last_path)}, which ends {last.until or 'never'}"
                )
            if last.until is not None and (item.until is None or item.until > last.until):
                last, last_path = item, path

    def _note_uncovered(self, payable: list[Span], code: str, charged: list[Span] | None, path: Path) -> None:
        """Add faults for the first bound day with a household but no charge, and for the first without terms."""
        if charged is not None:
            bare = subtract(payable, charged)
            if bare:
                self.faults.add(
                    (*path, "charges"), f"must have a charge for {_describe_first(bare)}, bound and with a household"
                )
        known = self.programmes.get(code) if self.programmes is not None else None
        if known is not None and known.spans is not None:
            bare = subtract(payable, known.spans)
            if bare:
                terms = format_path(("programmes", known.at, "terms"))
                self.faults.add(
                    (*path, "programme"),
                    f"must have terms for {_describe_first(bare)}, bound and with a household; {terms} have none",
                )

    def _read_name(self, values: Values, key: str, path: Path, seen: dict[str, Path]) -> str:
        """Return a name that is not empty and not in `seen`."""
        name = self.fields.read_text(values, key, path)
        if name and seen.setdefault(name, path) is not path:
            self.faults.add((*path, key), f"must be unique, but {format_path(seen[name])} has {format_text(name)} too")
        return name


def _describe_first(spans: list[Span]) -> str:
    days = count_days(spans)
    first = format_day(spans[0][0])
    return first if days == 1 else f"{first} and {days - 1} more days"
