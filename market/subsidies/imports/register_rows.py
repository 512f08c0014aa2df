"""Read the rows of a register file, and check them against each other and against the register."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from msgspec import Struct

from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.models import CellFault
from market.subsidies.imports.spreadsheet import Spreadsheet
from market.subsidies.names import YES_NO
from market.subsidies.register.queries import HouseholdStatus, KnownHouseholdStatus, KnownMembership

_SEXES = {"男": "男", "女": "女", "male": "男", "female": "女", "m": "男", "f": "女"}
_ALWAYS = date.max


class RegisterRow(Struct, frozen=True, gc=False):
    """A row of the register: a person in a household, and the household's status."""

    row: int
    household: str
    member_number: int
    name: str
    relation: str
    identity: str
    born_on: date
    sex: str
    status: HouseholdStatus
    start: date
    until: date | None
    leave_reason: str
    died_on: date | None
    split_from: str


def read_members(spreadsheet: Spreadsheet, villages: set[str], faults: list[CellFault]) -> list[RegisterRow]:
    """Return the valid rows of a register file; add a fault for every bad cell of the others."""
    members: list[RegisterRow] = []
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        identity = cells.identity("identity")
        born_on = cells.day("born_on")
        village = cells.code("village")
        start, until = cells.day("member_from"), cells.maybe_day("member_until")
        died_on = cells.maybe_day("died_on")
        if village and village not in villages:
            cells.fault("village", "本县没有这个村（社区）代码")
        if identity and born_on and identity[6:14] != f"{born_on:%Y%m%d}":
            cells.fault("born_on", f"与身份证号不一致，应是 {identity[6:10]}-{identity[10:12]}-{identity[12:14]}")
        if start and until and until <= start:
            cells.fault("member_until", f"应晚于成员自 {start}")
        if died_on and (until is None or until > died_on + timedelta(days=1)):
            cells.fault("member_until", f"死亡次日起不再是成员，应是 {died_on + timedelta(days=1)}")
        status = HouseholdStatus(
            village=village,
            village_name=cells.text("village_name"),
            registered=bool(cells.choice("registered", YES_NO)),
            monitoring=cells.text("monitoring", max_length=20, required=False),
            risk_removed_on=cells.maybe_day("risk_removed_on"),
            tier=cells.integer("tier", low=1, high=99) or 1,
        )
        member = RegisterRow(
            row=row.number,
            household=cells.code("household"),
            member_number=cells.integer("seat", low=1, high=99) or 1,
            name=cells.text("name"),
            relation=cells.text("relation", max_length=20),
            identity=identity,
            born_on=born_on or _ALWAYS,
            sex=cells.choice("sex", _SEXES) or "",
            status=status,
            start=start or _ALWAYS,
            until=until,
            leave_reason=cells.text("leave_reason", max_length=40, required=False),
            died_on=died_on,
            split_from=cells.code("split_from", required=False),
        )
        if cells.valid:
            members.append(member)
    return members


def check_consistency(
    spreadsheet: Spreadsheet,
    members: Iterable[RegisterRow],
    known: dict[str, KnownHouseholdStatus],
    faults: list[CellFault],
) -> None:
    """Add faults for rows whose household differs from its first row, and for unknown source households."""
    firsts: dict[str, RegisterRow] = {}
    for member in members:
        first = firsts.setdefault(member.household, member)
        faults += [
            _fault(spreadsheet, member, name, f"与第 {first.row} 行同一户的不一致")
            for name in HouseholdStatus.__struct_fields__
            if getattr(member.status, name) != getattr(first.status, name)
        ]
        if member.split_from != first.split_from:
            faults.append(_fault(spreadsheet, member, "split_from", f"与第 {first.row} 行同一户的不一致"))
    for member in firsts.values():
        source = member.split_from
        if source and source not in firsts and source not in known:
            faults.append(_fault(spreadsheet, member, "split_from", "名册里没有这一户"))
        elif source and source == member.household:
            faults.append(_fault(spreadsheet, member, "split_from", "不能是本户"))


def check_single_household(
    spreadsheet: Spreadsheet,
    members: Iterable[RegisterRow],
    indexes: dict[str, bytes],
    known: Iterable[KnownMembership],
    faults: list[CellFault],
) -> None:
    """Add faults for persons in two households, or twice in one, on one day."""
    spans: dict[bytes, list[tuple[date, date, str, int]]] = {}
    given: set[tuple[bytes, str, date]] = set()
    for member in members:
        index = indexes[member.identity]
        given.add((index, member.household, member.start))
        spans.setdefault(index, []).append((member.start, member.until or _ALWAYS, member.household, member.row))
    for fact in known:
        if fact.identity_index in spans and (fact.identity_index, fact.household, fact.start) not in given:
            spans[fact.identity_index].append((fact.start, fact.until or _ALWAYS, fact.household, 0))
    rows = {member.row: member for member in members}
    for own in spans.values():
        if len(own) == 1:
            continue
        own.sort()
        for (_, ends, household, before), (begins, _, _, row) in pairwise(own):
            if begins < ends:
                at = row or before
                other = f"第 {before} 行" if row and before else "名册"
                faults.append(
                    _fault(spreadsheet, rows[at], "member_from", f"与{other}的 {household} 户重叠，同一天只能在一户")
                )


def _fault(spreadsheet: Spreadsheet, member: RegisterRow, name: str, message: str) -> CellFault:
    values = {"member_from": str(member.start), "split_from": member.split_from}
    value = values.get(name, "")
    if name in HouseholdStatus.__struct_fields__:
        value = str(getattr(member.status, name))
    return CellFault(name, message, member.row, spreadsheet.headers.get(name, name), value)
