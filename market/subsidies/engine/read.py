"""From the JSON of a case, or from its Structs, to a `Case` without fault.

The value is walked by hand, because a county wants all of its faults at once: a decoder stops at the first.
"""

from collections.abc import Callable, Sequence
from datetime import date
from operator import attrgetter
from typing import Protocol

import msgspec

from market.subsidies.engine.days import Month, Span, count_days, leave_out, name_day, overlap, read_month, span_of
from market.subsidies.engine.faults import Path, name_path, name_text
from market.subsidies.engine.fields import ABSENT, Fields, Values
from market.subsidies.engine.models import (
    WHOLE_BP,
    Active,
    BadCase,
    Case,
    Charge,
    Funder,
    FunderShare,
    Household,
    Idle,
    Kind,
    Line,
    Membership,
    Programme,
    Proration,
    Terms,
)
from market.subsidies.engine.parse import parse


class _Dated(Protocol):
    """Whatever is in force from one day until another."""

    @property
    def start(self) -> date: ...
    @property
    def until(self) -> date | None: ...


_KEYS: dict[object, frozenset[str]] = {
    struct: frozenset(struct.__struct_encode_fields__)
    for struct in (Active, Case, Charge, FunderShare, Household, Idle, Line, Membership, Programme, Terms)
}
_ID = attrgetter("id")


def read_case(source: bytes | str) -> Case:
    """Return the case that a JSON text says, its lists in one order.

    Raises:
        BadCase: the text or a value in it breaks the contract; every fault is named, each with its JSON path.
    """
    return _read(parse(source))


def check_case(case: Case) -> Case:
    """Return a case made of Structs as `read_case` would have read it, its lists in one order.

    Raises:
        BadCase: a value breaks the contract; every fault is named, each with its JSON path.
    """
    return _read(msgspec.to_builtins(case))


def _read(value: object) -> Case:
    reader = _CaseReader()
    case = reader.read(value)
    if case is None or reader.fields.faults.found:
        raise BadCase(reader.fields.faults.found)
    return case


class _Known(msgspec.Struct):
    """What lines refer to of a programme: its position in the case, and the days of its terms where all are known."""

    at: int
    spans: list[Span] | None


class _CaseReader:
    """One walk over a case; what lines refer to (month, programmes, households) is read before them."""

    def __init__(self) -> None:
        self.fields = Fields()
        self.faults = self.fields.faults
        self.month: Month | None = None
        # None while the list itself cannot be read, so that nothing can be said of a reference to it.
        self.programmes: dict[str, _Known] | None = None
        self.households: dict[str, Path] | None = None
        self.line_paths: dict[str, Path] = {}

    def read(self, value: object) -> Case | None:
        """Return the case, None when it is no object; faults are noted."""
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
        lines: list[Line] = []
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
            self.programmes.setdefault(code, _Known(at, spans))
            programmes.append(Programme(code, proration, idle, terms))
        return tuple(sorted(programmes, key=attrgetter("code")))

    def _read_idle(self, value: object, path: Path) -> Idle | None:
        if value is None or value is ABSENT:
            return None
        values = self.fields.read_object(value, _KEYS[Idle], path)
        if values is None:
            return None
        return Idle(
            self.fields.read_count(values, "idle_days", path, low=1),
            self.fields.read_count(values, "cure_days", path, low=0),
        )

    def _read_terms(self, values: Values, path: Path, start: date, until: date | None) -> Terms:
        kind = self.fields.read_choice(values, "kind", path, Kind)
        pays_bp = fixed = None
        if kind is Kind.PERCENT_OFF:
            pays_bp = self.fields.read_basis_points(values, "household_pays_bp", path)
            self.fields.read_null(values, "fixed_fen", path, why="where kind is percent_off")
        elif kind is Kind.FIXED:
            fixed = self.fields.read_fen(values, "fixed_fen", path)
            self.fields.read_null(values, "household_pays_bp", path, why="where kind is fixed")
        else:
            self.fields.read_basis_points_or_null(values, "household_pays_bp", path)
            self.fields.read_fen_or_null(values, "fixed_fen", path)
        return Terms(
            start,
            until,
            kind or Kind.FIXED,
            pays_bp,
            fixed,
            self.fields.read_fen_or_null(values, "line_cap_fen", path),
            self.fields.read_fen_or_null(values, "household_cap_fen", path),
            self._read_funders(values, path),
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
                self.faults.add((*own_path, "funder"), f"must be named once, but is in {name_path(first[funder])} too")
            if share_bp is not None:
                funders.append(FunderShare(funder or Funder.OTHER, share_bp))
        total_bp = sum(share.share_bp for share in funders)
        if len(funders) == len(items) and total_bp != WHOLE_BP:
            self.faults.add((*path, "funders"), f"must have shares that sum to {WHOLE_BP}, not {total_bp}")
        return tuple(funders)

    def _read_households(self, values: Values) -> tuple[Household, ...]:
        items = self.fields.read_list(values, "households", ())
        if items is None:
            return ()
        self.households = {}
        households: list[Household] = []
        for at, item in enumerate(items):
            path = ("households", at)
            own = self.fields.read_object(item, _KEYS[Household], path)
            if own is not None:
                household_id = self._read_name(own, "id", path, self.households)
                households.append(Household(household_id, self.fields.read_count(own, "tier", path, low=1)))
        return tuple(sorted(households, key=_ID))

    def _read_line(self, value: object, path: Path) -> Line | None:
        values = self.fields.read_object(value, _KEYS[Line], path)
        if values is None:
            return None
        line_id = self._read_name(values, "id", path, self.line_paths)
        code = self.fields.read_text(values, "programme", path)
        if code and self.programmes is not None and code not in self.programmes:
            self.faults.add((*path, "programme"), f"must be the code of a programme; {name_text(code)} is none")
        operator = self.fields.read_text(values, "operator", path, empty=True)
        in_snapshot = self.fields.read_bool(values, "in_snapshot", path)
        memberships, with_household = self._read_dated(values, "households", path, Membership, self._read_membership)
        active, bound = self._read_dated(values, "active", path, Active, self._read_active)
        charges, charged = self._read_dated(values, "charges", path, Charge, self._read_charge)
        used_on = self.fields.read_days(values, "used_on", path)
        claimed = self.fields.read_fen_or_null(values, "claimed_fen", path)
        settled = self.fields.read_fen_or_null(values, "settled_fen", path)
        if in_snapshot and self.month is not None and bound is not None and with_household is not None:
            month = [(self.month.first, self.month.end)]
            self._note_uncovered(overlap(overlap(month, bound), with_household), code, charged, path)
        return Line(line_id, code, operator, in_snapshot, memberships, active, charges, used_on, claimed, settled)

    def _read_membership(self, values: Values, path: Path, start: date, until: date | None) -> Membership:
        household = self.fields.read_text(values, "id", path)
        if household and self.households is not None and household not in self.households:
            self.faults.add((*path, "id"), f"must be the id of a household; {name_text(household)} is none")
        return Membership(household, start, until)

    def _read_active(self, _values: Values, _path: Path, start: date, until: date | None) -> Active:
        return Active(start, until)

    def _read_charge(self, values: Values, path: Path, start: date, until: date | None) -> Charge:
        return Charge(start, until, self.fields.read_fen(values, "monthly_fen", path))

    def _read_dated[Item: _Dated](
        self,
        values: Values,
        key: str,
        path: Path,
        struct: type[Item],
        read: Callable[[Values, Path, date, date | None], Item],
    ) -> tuple[tuple[Item, ...], list[Span] | None]:
        """Return a list's items by their first day, and their days where all of them are known."""
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
            # The other fields are read even where the days are wrong: their faults are wanted, too.
            start, until = days or (date.min, None)
            built = read(own, own_path, start, until)
            if days is not None:
                dated.append((built, own_path))
        if len(dated) > 1:
            dated.sort(key=lambda pair: pair[0].start)
            self._note_overlaps(dated)
        spans = [span_of(item.start, item.until) for item, _ in dated]
        return tuple(item for item, _ in dated), spans if len(dated) == len(items) else None

    def _note_overlaps(self, dated: Sequence[tuple[_Dated, Path]]) -> None:
        """Note each item that begins before one that began earlier has ended."""
        last, last_path = dated[0]
        for item, path in dated[1:]:
            if last.until is None or item.start < last.until:
                self.faults.add((*path, "from"), f"overlaps {name_path(last_path)}, which ends {last.until or 'never'}")
            if last.until is not None and (item.until is None or item.until > last.until):
                last, last_path = item, path

    def _note_uncovered(self, payable: list[Span], code: str, charged: list[Span] | None, path: Path) -> None:
        """Note the first bound day with a household that has no charge, and the first that has no terms."""
        if charged is not None:
            bare = leave_out(payable, charged)
            if bare:
                self.faults.add(
                    (*path, "charges"), f"must have a charge for {_first_of(bare)}, bound and with a household"
                )
        known = self.programmes.get(code) if self.programmes is not None else None
        if known is not None and known.spans is not None:
            bare = leave_out(payable, known.spans)
            if bare:
                terms = name_path(("programmes", known.at, "terms"))
                self.faults.add(
                    (*path, "programme"),
                    f"must have terms for {_first_of(bare)}, bound and with a household; {terms} have none",
                )

    def _read_name(self, values: Values, key: str, path: Path, seen: dict[str, Path]) -> str:
        """Return a name that is not empty and was not `seen` before."""
        name = self.fields.read_text(values, key, path)
        if name and seen.setdefault(name, path) is not path:
            self.faults.add((*path, key), f"must be unique, but {name_path(seen[name])} has {name_text(name)} too")
        return name


def _first_of(spans: list[Span]) -> str:
    days = count_days(spans)
    first = name_day(spans[0][0])
    return first if days == 1 else f"{first} and {days - 1} more days"
