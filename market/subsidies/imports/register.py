"""Import the register: households, persons, and their memberships with dates."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.kinds import REGISTER
from market.subsidies.imports.models import CellFault, RegisterDiffers
from market.subsidies.imports.spreadsheet import Spreadsheet, malformed_file, read_spreadsheet
from market.subsidies.imports.upload import ImportResult, Upload, begin_import, build_result, record_file
from market.subsidies.names import YES_NO
from market.subsidies.register.changes import (
    ADD_HOUSEHOLD_STATUSES,
    ADD_HOUSEHOLDS,
    ADD_MEMBERSHIPS,
    ADD_PERSONS,
    CHANGE_MEMBERSHIPS,
    CHANGE_PERSONS,
    CORRECT_HOUSEHOLD_STATUSES,
    END_HOUSEHOLD_STATUSES,
)
from market.subsidies.register.queries import (
    IDENTITY_CONTEXT,
    LIST_KNOWN_MEMBERSHIPS,
    LIST_KNOWN_PERSONS,
    LIST_KNOWN_STATUSES,
    LIST_VILLAGE_CODES,
    NAME_CONTEXT,
    HouseholdStatus,
    KnownHouseholdStatus,
    KnownMembership,
    KnownPerson,
)

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


class RegisterChanges(Struct):
    """The changes that a file makes to the register."""

    persons: list[dict[str, object]] = []
    persons_changed: list[dict[str, object]] = []
    households: list[dict[str, object]] = []
    statuses: list[dict[str, object]] = []
    statuses_changed: list[dict[str, object]] = []
    memberships: list[dict[str, object]] = []
    memberships_changed: list[dict[str, object]] = []

    @property
    def edits(self) -> int:
        """The number of stored facts that change."""
        return len(self.persons_changed) + len(self.statuses_changed) + len(self.memberships_changed)

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the `ImportResult`."""
        return {
            "persons": len(self.persons),
            "persons_changed": len(self.persons_changed),
            "households": len(self.households),
            "households_changed": len(self.statuses_changed),
            "memberships_begun": len(self.memberships),
            "memberships_ended": len(self.memberships_changed),
        }


async def import_register(
    conn: Connection, actor: Actor | None, upload: Upload, *, seal: Seal, now: datetime
) -> ImportResult:
    """Import a register file; new facts are added, changes of stored facts need `take_changes`.

    A person missing in the file stays. The file is imported completely or refused; `dry_run` stores nothing. Row 1 is
    the header. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        RegisterDiffers: stored facts change and `take_changes` is not set.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, now=now)
    if known is not None:
        return known
    spreadsheet = await asyncio.to_thread(read_spreadsheet, upload.name, upload.content, REGISTER.columns)
    villages = set(await LIST_VILLAGE_CODES.all(conn, county=upload.county))
    faults: list[CellFault] = []
    members = _read_members(spreadsheet, villages, faults)
    persons = {person.identity_index: person for person in await LIST_KNOWN_PERSONS.all(conn, county=upload.county)}
    statuses = {status.household: status for status in await LIST_KNOWN_STATUSES.all(conn, county=upload.county)}
    memberships = await LIST_KNOWN_MEMBERSHIPS.all(conn, county=upload.county)
    indexes = {member.identity: seal.index(member.identity) for member in members}
    _check_consistency(spreadsheet, members, statuses, faults)
    _check_single_household(spreadsheet, members, indexes, memberships, faults)
    if faults:
        raise malformed_file(upload.name, sorted(faults, key=lambda fault: fault.row))
    changes = _compare(members, indexes, persons, statuses, memberships, seal=seal, today=get_business_day(now))
    answer = build_result(upload, rows=len(members), counts=changes.counts)
    if upload.dry_run:
        return answer
    if changes.edits and not upload.take_changes:
        raise RegisterDiffers(
            ended=len(changes.memberships_changed),
            begun=len(changes.memberships),
            changed=len(changes.persons_changed) + len(changes.statuses_changed),
        )
    await record_file(conn, actor, upload, rows=len(members), now=now)
    await _apply(conn, upload.county, changes, now=now)
    return answer


async def _apply(conn: Connection, county: str, changes: RegisterChanges, *, now: datetime) -> None:
    """Store the changes; memberships end before others begin, so that no person is in two households at once."""
    today = get_business_day(now)
    await CHANGE_PERSONS.run(conn, county=county, rows=changes.persons_changed, now=now)
    await ADD_PERSONS.run(conn, county=county, rows=changes.persons, now=now)
    await ADD_HOUSEHOLDS.run(conn, county=county, rows=changes.households)
    await CORRECT_HOUSEHOLD_STATUSES.run(conn, county=county, rows=changes.statuses_changed, today=today)
    await END_HOUSEHOLD_STATUSES.run(conn, county=county, rows=changes.statuses_changed, today=today)
    await ADD_HOUSEHOLD_STATUSES.run(conn, county=county, rows=changes.statuses + changes.statuses_changed)
    await CHANGE_MEMBERSHIPS.run(conn, county=county, rows=changes.memberships_changed)
    await ADD_MEMBERSHIPS.run(conn, county=county, rows=changes.memberships)


def _read_members(spreadsheet: Spreadsheet, villages: set[str], faults: list[CellFault]) -> list[RegisterRow]:
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


def _check_consistency(
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


def _check_single_household(
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


def _compare(
    members: Iterable[RegisterRow],
    indexes: dict[str, bytes],
    persons: dict[bytes, KnownPerson],
    statuses: dict[str, KnownHouseholdStatus],
    memberships: Iterable[KnownMembership],
    *,
    seal: Seal,
    today: date,
) -> RegisterChanges:
    known = {(fact.identity_index, fact.household, fact.start): fact for fact in memberships}
    changes = RegisterChanges()
    compared_persons: set[bytes] = set()
    households: dict[str, RegisterRow] = {}
    for member in members:
        index = indexes[member.identity]
        if index not in compared_persons:
            compared_persons.add(index)
            _compare_person(member, index, persons.get(index), changes, seal=seal)
        first = households.get(member.household)
        if first is None or member.start < first.start:
            households[member.household] = member
        fact = known.get((index, member.household, member.start))
        row: dict[str, object] = {
            "index": index,
            "household": member.household,
            "member_number": member.member_number,
            "relation": member.relation,
            "start": member.start,
            "until": member.until,
            "leave_reason": member.leave_reason,
        }
        if fact is None:
            changes.memberships.append(row)
        elif (fact.until, fact.member_number, fact.relation, fact.leave_reason) != (
            member.until,
            member.member_number,
            member.relation,
            member.leave_reason,
        ):
            changes.memberships_changed.append(row)
    for code, member in households.items():
        stored = statuses.get(code)
        status: dict[str, object] = {name: getattr(member.status, name) for name in HouseholdStatus.__struct_fields__}
        if stored is None:
            changes.households.append({"code": code, "split_from": member.split_from})
            changes.statuses.append({"household": code, "start": member.start, **status})
        elif stored.status != member.status:
            changes.statuses_changed.append({"household": code, "start": max(today, stored.start), **status})
    return changes


def _compare_person(
    member: RegisterRow, index: bytes, known: KnownPerson | None, changes: RegisterChanges, *, seal: Seal
) -> None:
    row: dict[str, object] = {"index": index, "born_on": member.born_on, "sex": member.sex, "died_on": member.died_on}
    if known is None:
        row["sealed"] = seal.seal(member.identity, IDENTITY_CONTEXT)
        row["name"] = seal.seal(member.name, NAME_CONTEXT)
        changes.persons.append(row)
    elif (known.born_on, known.sex, known.died_on) != (member.born_on, member.sex, member.died_on) or seal.open(
        known.name_sealed, NAME_CONTEXT
    ) != member.name:
        row["name"] = seal.seal(member.name, NAME_CONTEXT)
        changes.persons_changed.append(row)
