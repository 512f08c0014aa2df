"""Taking the register: households, persons, and who belongs to which household when."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported, Upload, begin_import, book_file, imported
from market.subsidies.models import CellFault, Duty, RegisterDiffers
from market.subsidies.register import (
    IDENTITY_CONTEXT,
    KNOWN_MEMBERSHIPS,
    KNOWN_PERSONS,
    KNOWN_STANDINGS,
    NAME_CONTEXT,
    VILLAGES,
    KnownMembership,
    KnownPerson,
    KnownStanding,
    Standing,
)
from market.subsidies.register_changes import (
    ADD_HOUSEHOLDS,
    ADD_MEMBERSHIPS,
    ADD_PERSONS,
    ADD_STANDINGS,
    CHANGE_MEMBERSHIPS,
    CHANGE_PERSONS,
    CORRECT_STANDINGS,
    END_STANDINGS,
)
from market.subsidies.sheets import Column, Sheet, malformed, read_sheet
from market.subsidies.words import YES_NO

COLUMNS = (
    Column("household", "户编号"),
    Column("seat", "成员序号"),
    Column("name", "姓名"),
    Column("relation", "与户主关系"),
    Column("identity", "身份证号"),
    Column("born_on", "出生日期"),
    Column("sex", "性别"),
    Column("village", "村代码"),
    Column("village_name", "村名"),
    Column("registered", "原建档立卡"),
    Column("monitoring", "监测类型"),
    Column("risk_removed_on", "风险消除日期"),
    Column("tier", "保障档"),
    Column("member_from", "成员自"),
    Column("member_until", "成员至"),
    Column("leave_reason", "离户原因"),
    Column("died_on", "死亡日期"),
    Column("split_from", "来源户", optional=True),
)
_SEXES = {"男": "男", "女": "女", "male": "男", "female": "女", "m": "男", "f": "女"}
_ALWAYS = date.max


class Member(Struct, frozen=True, gc=False):
    """A row of the register: a person in a household, and what the household is."""

    row: int
    household: str
    seat: int
    name: str
    relation: str
    identity: str
    born_on: date
    sex: str
    standing: Standing
    start: date
    until: date | None
    leave_reason: str
    died_on: date | None
    split_from: str


class Changes(Struct):
    """What a file would change of the register."""

    persons: list[dict[str, object]] = []
    persons_changed: list[dict[str, object]] = []
    households: list[dict[str, object]] = []
    standings: list[dict[str, object]] = []
    standings_changed: list[dict[str, object]] = []
    memberships: list[dict[str, object]] = []
    memberships_changed: list[dict[str, object]] = []

    @property
    def edits(self) -> int:
        """How many known facts would change."""
        return len(self.persons_changed) + len(self.standings_changed) + len(self.memberships_changed)

    @property
    def counts(self) -> dict[str, int]:
        """The changes in numbers, as they are told."""
        return {
            "persons": len(self.persons),
            "persons_changed": len(self.persons_changed),
            "households": len(self.households),
            "households_changed": len(self.standings_changed),
            "memberships_begun": len(self.memberships),
            "memberships_ended": len(self.memberships_changed),
        }


async def import_register(
    conn: Connection, actor: Actor | None, upload: Upload, *, seal: Seal, now: datetime
) -> Imported:
    """Take a register file: what is new is added; what changes is shown first, and taken with `take_changes`.

    A person who is missing in the file stays as known. The file is refused as a whole; `dry_run` takes nothing. Row 1
    is the header. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        RegisterDiffers: known facts change and `take_changes` is not set.
        NotSignedIn, NotAllowed, SecondFactorNeeded, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload, Duty.IMPORT, now=now)
    if known is not None:
        return known
    sheet = await asyncio.to_thread(read_sheet, upload.name, upload.content, COLUMNS)
    villages = set(await VILLAGES.all(conn, county=upload.county))
    faults: list[CellFault] = []
    members = _read_members(sheet, villages, faults)
    persons = {person.identity_index: person for person in await KNOWN_PERSONS.all(conn, county=upload.county)}
    standings = {standing.household: standing for standing in await KNOWN_STANDINGS.all(conn, county=upload.county)}
    memberships = await KNOWN_MEMBERSHIPS.all(conn, county=upload.county)
    indexes = {member.identity: seal.index(member.identity) for member in members}
    _note_disagreements(sheet, members, standings, faults)
    _note_two_households(sheet, members, indexes, memberships, faults)
    if faults:
        raise malformed(upload.name, sorted(faults, key=lambda fault: fault.row))
    changes = _compare(members, indexes, persons, standings, memberships, seal=seal, today=day_of(now))
    answer = imported(upload, rows=len(members), counts=changes.counts)
    if upload.dry_run:
        return answer
    if changes.edits and not upload.take_changes:
        raise RegisterDiffers(
            ended=len(changes.memberships_changed),
            begun=len(changes.memberships),
            changed=len(changes.persons_changed) + len(changes.standings_changed),
        )
    await book_file(conn, actor, upload, rows=len(members), now=now)
    await _apply(conn, upload.county, changes, now=now)
    return answer


async def _apply(conn: Connection, county: str, changes: Changes, *, now: datetime) -> None:
    """Write the changes: what ends goes first, so that no person is in two households between two statements."""
    today = day_of(now)
    await CHANGE_PERSONS.run(conn, county=county, rows=changes.persons_changed, now=now)
    await ADD_PERSONS.run(conn, county=county, rows=changes.persons, now=now)
    await ADD_HOUSEHOLDS.run(conn, county=county, rows=changes.households)
    await CORRECT_STANDINGS.run(conn, county=county, rows=changes.standings_changed, today=today)
    await END_STANDINGS.run(conn, county=county, rows=changes.standings_changed, today=today)
    await ADD_STANDINGS.run(conn, county=county, rows=changes.standings + changes.standings_changed)
    await CHANGE_MEMBERSHIPS.run(conn, county=county, rows=changes.memberships_changed)
    await ADD_MEMBERSHIPS.run(conn, county=county, rows=changes.memberships)


def _read_members(sheet: Sheet, villages: set[str], faults: list[CellFault]) -> list[Member]:
    members: list[Member] = []
    for row in sheet.rows:
        cells = RowReader(sheet, row, faults)
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
        standing = Standing(
            village=village,
            village_name=cells.text("village_name"),
            registered=bool(cells.choice("registered", YES_NO)),
            monitoring=cells.text("monitoring", most=20, needed=False),
            risk_removed_on=cells.maybe_day("risk_removed_on"),
            tier=cells.integer("tier", low=1, high=99) or 1,
        )
        member = Member(
            row=row.number,
            household=cells.code("household"),
            seat=cells.integer("seat", low=1, high=99) or 1,
            name=cells.text("name"),
            relation=cells.text("relation", most=20),
            identity=identity,
            born_on=born_on or _ALWAYS,
            sex=cells.choice("sex", _SEXES) or "",
            standing=standing,
            start=start or _ALWAYS,
            until=until,
            leave_reason=cells.text("leave_reason", most=40, needed=False),
            died_on=died_on,
            split_from=cells.code("split_from", needed=False),
        )
        if cells.sound:
            members.append(member)
    return members


def _note_disagreements(
    sheet: Sheet, members: Iterable[Member], known: dict[str, KnownStanding], faults: list[CellFault]
) -> None:
    """Note rows that say something else of their household than its first row does, and unknown lineage."""
    firsts: dict[str, Member] = {}
    for member in members:
        first = firsts.setdefault(member.household, member)
        faults += [
            _fault(sheet, member, name, f"与第 {first.row} 行同一户的不一致")
            for name in Standing.__struct_fields__
            if getattr(member.standing, name) != getattr(first.standing, name)
        ]
        if member.split_from != first.split_from:
            faults.append(_fault(sheet, member, "split_from", f"与第 {first.row} 行同一户的不一致"))
    for member in firsts.values():
        source = member.split_from
        if source and source not in firsts and source not in known:
            faults.append(_fault(sheet, member, "split_from", "名册里没有这一户"))
        elif source and source == member.household:
            faults.append(_fault(sheet, member, "split_from", "不能是本户"))


def _note_two_households(
    sheet: Sheet,
    members: Iterable[Member],
    indexes: dict[str, bytes],
    known: Iterable[KnownMembership],
    faults: list[CellFault],
) -> None:
    """Note rows by which a person would be in two households, or twice in one, on one day."""
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
                    _fault(sheet, rows[at], "member_from", f"与{other}的 {household} 户重叠，同一天只能在一户")
                )


def _fault(sheet: Sheet, member: Member, name: str, message: str) -> CellFault:
    values = {"member_from": str(member.start), "split_from": member.split_from}
    value = values.get(name, "")
    if name in Standing.__struct_fields__:
        value = str(getattr(member.standing, name))
    return CellFault(name, message, member.row, sheet.heads.get(name, name), value)


def _compare(
    members: Iterable[Member],
    indexes: dict[str, bytes],
    persons: dict[bytes, KnownPerson],
    standings: dict[str, KnownStanding],
    memberships: Iterable[KnownMembership],
    *,
    seal: Seal,
    today: date,
) -> Changes:
    known = {(fact.identity_index, fact.household, fact.start): fact for fact in memberships}
    changes = Changes()
    seen_persons: set[bytes] = set()
    households: dict[str, Member] = {}
    for member in members:
        index = indexes[member.identity]
        if index not in seen_persons:
            seen_persons.add(index)
            _compare_person(member, index, persons.get(index), changes, seal=seal)
        first = households.get(member.household)
        if first is None or member.start < first.start:
            households[member.household] = member
        fact = known.get((index, member.household, member.start))
        row: dict[str, object] = {
            "index": index,
            "household": member.household,
            "seat": member.seat,
            "relation": member.relation,
            "start": member.start,
            "until": member.until,
            "leave_reason": member.leave_reason,
        }
        if fact is None:
            changes.memberships.append(row)
        elif (fact.until, fact.seat, fact.relation, fact.leave_reason) != (
            member.until,
            member.seat,
            member.relation,
            member.leave_reason,
        ):
            changes.memberships_changed.append(row)
    for code, member in households.items():
        had = standings.get(code)
        standing: dict[str, object] = {name: getattr(member.standing, name) for name in Standing.__struct_fields__}
        if had is None:
            changes.households.append({"code": code, "split_from": member.split_from})
            changes.standings.append({"household": code, "start": member.start, **standing})
        elif had.standing != member.standing:
            changes.standings_changed.append({"household": code, "start": max(today, had.start), **standing})
    return changes


def _compare_person(member: Member, index: bytes, known: KnownPerson | None, changes: Changes, *, seal: Seal) -> None:
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
