"""Read the rows of a register file, and check them against each other and against the register."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from unicodedata import normalize

from msgspec import Struct

from market.kernel.division_codes import get_county_code
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.names import YES_NO
from market.subsidies.register.queries import (
    HouseholdStatus,
    KnownHouseholdStatus,
    KnownMembership,
    MergedHousehold,
)
from market.subsidies.terminology import contradicts, list_types

_SEXES = {"男": "男", "女": "女", "male": "男", "female": "女", "m": "男", "f": "女"}
_ALWAYS = date.max
_VILLAGE_ENDING = re.compile(r"(社区|村)?(村民委员会|居民委员会|村委会|居委会)?$")
HEAD = "户主"
_HEAD_WORDS = re.compile(r"(现|新|代)?[户戶]主[0-9]*(本人|自己)?|(本人)?或?[户戶]主|本人|0[012]")
"""How lists write the head of a household, letters and digits alone; 01 and 02 are the codes of 本人 and 户主.

Source: GB/T 4761-2008.
"""
_DEATH = re.compile(r"[死殁]|亡(?!失)|[病身已亡]故|故去|[去辞过逝离]世")
_IN_BRACKETS = re.compile(r"[(\[【〔].*?([)\]】〕]|$)")


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
    checked_on: date | None


def read_members(
    spreadsheet: Spreadsheet,
    villages: Mapping[str, str],
    ended: Mapping[str, str],
    today: date,
    faults: CellFaults,
) -> list[RegisterRow]:
    """Return the valid rows of a register file; add a fault for every bad cell of the others.

    `villages` are names by code; `ended` has the words for the cell by code that ended, of the county or of a village.
    """
    members: list[RegisterRow] = []
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        identity = cells.identity("identity")
        born_on = cells.past_day("born_on", today, required=True)
        died_on = cells.past_day("died_on", today)
        start, until = cells.past_day("member_from", today, required=True), cells.maybe_day("member_until")
        sex = cells.choice("sex", _SEXES) or ""
        _check_person(cells, identity, born_on, died_on, sex)
        _check_membership(cells, start, until, born_on=born_on, died_on=died_on, today=today)
        leave_reason = cells.text("leave_reason", max_length=40, required=False)
        if _DEATH.search(leave_reason) and not cells.raw("died_on"):
            cells.fault("died_on", f"离户原因写的是{leave_reason}，要有死亡日期")
        member = RegisterRow(
            row=row.number,
            household=cells.household(),
            member_number=cells.integer("seat", low=1, high=99) or 1,
            name=cells.text("name"),
            relation=fold_relation(cells.text("relation", max_length=20)),
            identity=identity,
            born_on=born_on or _ALWAYS,
            sex=sex,
            status=_read_status(cells, villages, ended, today),
            start=start or _ALWAYS,
            until=until,
            leave_reason=leave_reason,
            died_on=died_on,
            split_from=cells.household("split_from", required=False),
            checked_on=cells.past_day("checked_on", today),
        )
        if cells.valid:
            members.append(member)
    return members


def _check_person(cells: RowReader, identity: str, born_on: date | None, died_on: date | None, sex: str) -> None:
    """Add faults if birth or sex differ from the identity number, or the death is before the birth."""
    if identity and born_on and identity[6:14] != f"{born_on:%Y%m%d}":
        cells.fault("born_on", f"与身份证号不一致，应是 {identity[6:10]}-{identity[10:12]}-{identity[12:14]}")
    expected = ("女", "男")[int(identity[16]) % 2] if identity else sex
    if sex and sex != expected:
        cells.fault("sex", f"与身份证号不一致，应是{expected}")
    if born_on and died_on and died_on < born_on:
        cells.fault("died_on", f"不能早于出生日期 {born_on}")


def _check_membership(
    cells: RowReader, start: date | None, until: date | None, *, born_on: date | None, died_on: date | None, today: date
) -> None:
    """Add faults for a membership before the birth, after the death, or in the future."""
    if start and born_on and start < born_on:
        cells.fault("member_from", f"不能早于出生日期 {born_on}")
    if start and until and until <= start:
        cells.fault("member_until", f"应晚于成员自 {start}")
    elif until and until > today + timedelta(days=1):
        cells.fault("member_until", f"不能晚于明天；最后一天是今天的写 {today + timedelta(days=1)}")
    if died_on and (until is None or until > died_on + timedelta(days=1)):
        cells.fault("member_until", f"死亡次日起不再是成员，应是 {died_on + timedelta(days=1)}")


def _read_status(
    cells: RowReader, villages: Mapping[str, str], ended: Mapping[str, str], today: date
) -> HouseholdStatus:
    village, village_name = cells.code("village"), cells.text("village_name")
    known_name = villages.get(village)
    why = ended.get(village) or (
        "" if known_name else ended.get(get_county_code(village), "本县没有这个村（社区）代码")
    )
    if village and why:
        cells.fault("village", why)
    elif known_name and village_name and _fold_village(known_name) != _fold_village(village_name):
        cells.fault("village_name", f"与村代码不一致，{village} 是{known_name}")
    registered = cells.choice("registered", YES_NO)
    monitoring = cells.listed("monitoring", list_types(last=today), required=False)
    if registered is not None and monitoring and contradicts(registered=registered, monitoring=monitoring):
        cells.fault("monitoring", f"原建档立卡“{'是' if registered else '否'}”的不会是{monitoring}")
    return HouseholdStatus(
        village=village,
        village_name=village_name,
        registered=bool(registered),
        monitoring=monitoring,
        risk_removed_on=cells.past_day("risk_removed_on", today),
        tier=cells.integer("tier", low=1, high=99) or 1,
    )


def _fold_village(name: str) -> str:
    """Return the name of a village without its ending, which lists write in different ways."""
    return _VILLAGE_ENDING.sub("", "".join(name.split()))


def check_consistency(
    spreadsheet: Spreadsheet,
    members: Iterable[RegisterRow],
    known: dict[str, KnownHouseholdStatus],
    faults: CellFaults,
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


def check_merged(
    spreadsheet: Spreadsheet, members: Iterable[RegisterRow], merged: Mapping[str, MergedHousehold], faults: CellFaults
) -> None:
    """Add faults for members of a household on a day from its merger on."""
    for member in members:
        found = merged.get(member.household)
        if found is not None and (member.until is None or member.until > found.merged_on):
            message = f"这一户 {found.merged_on} 起并入 {found.merged_into} 户，成员至不能晚于这一天"
            faults.append(_fault(spreadsheet, member, "member_until", message))


def check_single_household(
    spreadsheet: Spreadsheet,
    members: Iterable[RegisterRow],
    indexes: dict[str, bytes],
    known: Iterable[KnownMembership],
    faults: CellFaults,
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


def check_seats(
    spreadsheet: Spreadsheet,
    members: Iterable[RegisterRow],
    indexes: Mapping[str, bytes],
    known: Iterable[KnownMembership],
    faults: CellFaults,
) -> None:
    """Add faults for a seat that two persons have on one day, and for a household with two heads on one day."""
    seats: dict[tuple[str, str], list[tuple[date, date, int]]] = {}
    rows: dict[int, RegisterRow] = {}
    given: set[tuple[bytes, str, date]] = set()
    for member in members:
        rows[member.row] = member
        given.add((indexes[member.identity], member.household, member.start))
        span = (member.start, member.until or _ALWAYS, member.row)
        for seat in _list_seats(member):
            seats.setdefault((member.household, seat), []).append(span)
    for fact in known:
        if (fact.identity_index, fact.household, fact.start) not in given:
            span = (fact.start, fact.until or _ALWAYS, 0)
            for seat in _list_seats(fact):
                if (fact.household, seat) in seats:
                    seats[fact.household, seat].append(span)
    for (_, seat), spans in seats.items():
        spans.sort()
        for (_, ends, before), (begins, _, row) in pairwise(spans):
            if begins < ends:
                other = f"第 {before} 行" if row and before else "名册"
                name, message = ("relation", "已有户主") if seat == HEAD else ("seat", "已有这个成员序号")
                faults.append(_fault(spreadsheet, rows[row or before], name, f"{other}{message}，同一天只能有一个"))


def _list_seats(membership: RegisterRow | KnownMembership) -> list[str]:
    """Return what one member at a time has in a household: the number and, for its head, the headship."""
    return [str(membership.member_number), *([HEAD] if fold_relation(membership.relation) == HEAD else [])]


def fold_relation(relation: str) -> str:
    """Return the relation to the head of a household as written, and 户主 for the head in whatever spelling."""
    outside = _IN_BRACKETS.sub("", normalize("NFKC", relation))
    return HEAD if _HEAD_WORDS.fullmatch("".join(filter(str.isalnum, outside))) else relation


def _fault(spreadsheet: Spreadsheet, member: RegisterRow, name: str, message: str) -> CellFault:
    values = {
        "member_from": str(member.start),
        "split_from": member.split_from,
        "seat": str(member.member_number),
        "relation": member.relation,
    }
    value = values.get(name, "")
    if name in HouseholdStatus.__struct_fields__:
        value = str(getattr(member.status, name))
    return CellFault(name, message, member.row, spreadsheet.headers.get(name, name), value)
