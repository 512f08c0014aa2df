"""Courses and clinic days: by file and by form, the last seat, the waiting list, who came, and who is forgotten."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.catalogue.slots.models import AlreadySeated, OfferLapsed, SeatsFull, SlotNotOpen, SlotOverlap, SlotStarted
from market.kernel import Connection, Database
from market.kernel.clock import SHANGHAI
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.places.county_files.models import CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.privacy.looks import list_looks
from market.privacy.personal_data import load_personal_data
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.services.attendance import get_certificate, list_attendees, mark_attendance
from market.villages.services.models import (
    CLINIC_LIFETIME,
    AttendanceTooEarly,
    NewClinicDay,
    NewCourse,
    NewSeat,
    SeatInvalid,
    SlotInvalid,
)
from market.villages.services.seats import (
    cancel_seat,
    end_due_seats,
    forget_old_seats,
    give_up_seats,
    list_own_seats,
    sign_up,
    take_offered_seat,
)
from market.villages.services.slots import (
    add_clinic_day,
    add_course,
    cancel_service_slot,
    list_county_slots,
    list_near_slots,
)
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE, VILLAGE_OF_OTHER_COUNTY

HEADER = "课程名称,村代码,开始时间,结束时间,名额,主办单位"
START = datetime(2019, 9, 23, 9, 0, tzinfo=SHANGHAI)
COURSE = NewCourse(
    title="食用菌出菇管理", village_code=VILLAGE, room="村委会", starts_at=START, ends_at=START + timedelta(hours=2),
    places=1, organiser="样例农业农村局",
)  # fmt: skip
JOIN, WAIT = NewSeat(), NewSeat(wait=True)


async def take(conn: Connection, actor: Actor, *rows: str, kind: str = "courses") -> tuple[FileOutcome, dict[str, int]]:
    header = HEADER if kind == "courses" else "村代码,村名,起始日期,终止日期,并入村代码,依据"
    content = "\n".join([header, *rows]).encode()
    file = CountyFile(county="130624", name="a.csv", content=content, dry_run=False, now=NOW)
    result = await import_county_file(conn, actor, COUNTY_FILE_KINDS[kind], file)
    return result.outcome, result.counts


async def test_courses_come_by_file_and_end_with_their_village(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    row = f"剪枝,{VILLAGE},2019-09-23 09:00,2019-09-23 11:30,30,样例农业农村局"
    assert await take(conn, county, row) == (FileOutcome.STORED, {"new": 1, "same": 0})
    assert await take(conn, county, row, row.replace("剪枝", "疏果").replace("09-23", "09-24")) == (
        FileOutcome.STORED, {"new": 1, "same": 1},
    )  # fmt: skip
    with pytest.raises(FileMalformed) as refused:
        await take(
            conn, county,
            row.replace("剪枝", "嫁接"),
            row.replace(VILLAGE, VILLAGE_OF_OTHER_COUNTY).replace(",30,", ",0,"),
            row.replace("2019-09-23 09:00", "2019-09-20 09:00"),
            row.replace("2019-09-23 09:00", "上午九点").replace("样例农业农村局", ""),
        )  # fmt: skip
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "开始时间"), (3, "村代码"), (3, "名额"), (4, "开始时间"), (4, "结束时间"), (5, "开始时间"), (5, "主办单位"),
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        await take(conn, await make_official_actor(conn, Role.COUNTY, "130725"), row)
    near = await list_near_slots(conn, VILLAGE, now=NOW)
    assert [(each.title, each.village_code, each.free) for each in near] == [
        ("剪枝", VILLAGE, 30), ("疏果", VILLAGE, 30),
    ]  # fmt: skip
    assert await list_near_slots(conn, VILLAGE_OF_OTHER_COUNTY, now=NOW) == []
    await take(conn, county, f"{VILLAGE},革新庄村,,2019-09-23,,样例〔2019〕1号", kind="villages")
    assert [each.title for each in await list_near_slots(conn, VILLAGE, now=NOW)] == ["剪枝"]
    after = replace(COURSE, starts_at=START + timedelta(days=2), ends_at=START + timedelta(days=2, hours=1))
    with pytest.raises(SlotInvalid) as ended:
        await add_course(conn, county, "130624", after, now=NOW)
    assert [each.field for each in ended.value.errors] == ["village"]


async def test_each_wrong_field_is_named_and_a_room_holds_one_slot(conn: Connection) -> None:
    county, second = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
    wrong = NewCourse(
        title="课", village_code=VILLAGE_OF_OTHER_COUNTY, room="", starts_at=NOW - timedelta(hours=1), ends_at=NOW,
        places=0, organiser="",
    )  # fmt: skip
    with pytest.raises(SlotInvalid) as refused:
        await add_course(conn, county, "130624", wrong, now=NOW)
    assert [each.field for each in refused.value.errors] == [
        "starts_at", "village", "room", "places", "title", "organiser",
    ]  # fmt: skip
    await add_course(conn, county, "130624", COURSE, now=NOW)
    clinic = await register_organisation(
        conn, county,
        NewOrganisation(
            kind=OrganisationKind.CLINIC, name="样例卫生院", credit_code="52130624MJ0XAMPE17", county_code="130624",
            licensed_until=(START + timedelta(days=1)).date(),
        ),
        now=NOW,
    )  # fmt: skip
    day = NewClinicDay(
        organisation_id=clinic.id, remote=True, village_code=VILLAGE, room="村委会", starts_at=START,
        ends_at=START + timedelta(hours=3), places=2,
    )  # fmt: skip
    with pytest.raises(SlotInvalid) as unverified:
        await add_clinic_day(conn, county, "130624", day, now=NOW)
    await decide_organisation(conn, second, "130624", OrganisationId(clinic.id), verified=True, now=NOW)
    late = replace(day, starts_at=START + timedelta(days=3), ends_at=START + timedelta(days=3, hours=1))
    with pytest.raises(SlotInvalid) as unlicensed:
        await add_clinic_day(conn, county, "130624", late, now=NOW)
    assert [each.value.errors[0].field for each in (unverified, unlicensed)] == ["organisation_id"] * 2
    with pytest.raises(SlotOverlap):
        async with conn.transaction():
            await add_clinic_day(conn, county, "130624", day, now=NOW)
    with pytest.raises(NotAllowed):
        await add_clinic_day(conn, await make_official_actor(conn, Role.COUNTY, "130725"), "130624", day, now=NOW)
    found = await add_clinic_day(conn, county, "130624", replace(day, room="卫生室"), now=NOW)
    assert await conn.fetchval("SELECT remote FROM clinic_days WHERE slot_id = $1", found) is True
    columns = await conn.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name IN ('clinic_days', 'slot_reservations')"
        " AND data_type IN ('text', 'jsonb')"
    )
    assert {each["column_name"] for each in columns} == {"kind", "state"}


async def sign(
    database: Database, seal: Seal, actor: Actor, slot: UUID, new: NewSeat = JOIN, now: datetime = NOW
) -> UUID:
    async with database.transaction() as conn:
        return (await sign_up(conn, seal, actor, slot, new, now=now)).id


async def test_the_last_seat_is_taken_once_and_goes_to_who_waited_longest(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        station = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
        people = [await an_applicant(conn) for _ in range(4)]
        slot = await add_course(conn, county, "130624", COURSE, now=NOW)
    outcomes = await asyncio.gather(*(sign(database, seal, each, slot) for each in people[:2]), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["SeatsFull", "UUID"]
    first, second = people[:2] if isinstance(outcomes[0], UUID) else (people[1], people[0])
    seat = next(each for each in outcomes if isinstance(each, UUID))
    with pytest.raises(AlreadySeated):
        await sign(database, seal, first, slot, WAIT)
    waiting = await sign(database, seal, second, slot, WAIT)
    later = await sign(database, seal, station, slot, NewSeat(name="样例王甲", agreed=True, wait=True))
    for actor, new, refusal in (
        (station, NewSeat(name="样例王 甲", agreed=True, wait=True), AlreadySeated),
        (station, NewSeat(name="样例赵乙", wait=True), SeatInvalid),
        (people[2], NewSeat(name="样例赵乙", agreed=True, wait=True), NotAllowed),
        (people[2], NewSeat(producer_id=uuid4(), agreed=True, wait=True), SeatInvalid),
        (people[2], replace(JOIN), SeatsFull),
    ):
        with pytest.raises(refusal):
            await sign(database, seal, actor, slot, new)
    async with database.transaction() as conn:
        with pytest.raises(NotFound):
            await cancel_seat(conn, seal, people[3], seat, now=NOW)
        assert [each.ahead for each in await list_own_seats(conn, seal, station.account_id, now=NOW)] == [1]
        # Freed and offered in one transaction: nobody can take it in between.
        await cancel_seat(conn, seal, first, seat, now=NOW)
        [offered] = await list_own_seats(conn, seal, second.account_id, now=NOW)
        assert (offered.id, offered.state, offered.offered_until) == (waiting, "offered", NOW + timedelta(hours=24))
    with pytest.raises(SeatsFull):
        await sign(database, seal, people[2], slot)
    after = NOW + timedelta(hours=24)
    with pytest.raises(OfferLapsed):
        async with database.transaction() as conn:
            await take_offered_seat(conn, seal, second, waiting, now=after)
    assert await end_due_seats(database, seal, now=after) == 1
    assert await end_due_seats(database, seal, now=after) == 0
    async with database.transaction() as conn:
        taken = await take_offered_seat(conn, seal, station, later, now=after)
        assert (taken.state, taken.name) == ("booked", "样例王甲")
    await check_attendance(database, seal, (county, station), (elsewhere, people[2]), slot, later)


async def test_each_person_on_a_list_reads_who_looked_at_it(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        people = [await an_applicant(conn) for _ in range(2)]
        slots = [await add_course(conn, county, "130624", replace(COURSE, room=room), now=NOW) for room in ("甲", "乙")]
    for person, slot in zip(people, slots, strict=True):
        await sign(database, seal, person, slot)
    async with database.transaction() as conn:
        for hours in (1, 2):  # twice on a day is one look
            await list_attendees(conn, seal, county, slots[0], now=NOW + timedelta(hours=hours))
    looks: list[list[str]] = []
    for person in people:
        async with database.transaction(scope=get_person_scope(person)) as conn:
            looks.append([each.what for each in await list_looks(conn, person.account_id)])
    assert looks == [["看了上课、看病报名的名单"], []]


async def check_attendance(
    database: Database, seal: Seal, markers: tuple[Actor, Actor], strangers: tuple[Actor, Actor], slot: UUID,
    later: UUID,
) -> None:  # fmt: skip
    county, station = markers
    for early in (NOW, START - timedelta(minutes=1)):
        with pytest.raises(AttendanceTooEarly):
            async with database.transaction() as conn:
                await mark_attendance(conn, county, slot, [later], now=early)
    with pytest.raises(SlotStarted):
        await sign(database, seal, strangers[1], slot, now=START)
    over = START + timedelta(hours=3)
    async with database.transaction() as conn:
        for stranger in strangers:
            with pytest.raises(NotAllowed):
                await list_attendees(conn, seal, stranger, slot, now=over)
            with pytest.raises(NotAllowed):
                await mark_attendance(conn, stranger, slot, [later], now=over)
        assert [each.name for each in await list_attendees(conn, seal, station, slot, now=over)] == ["样例王甲"]
        assert await mark_attendance(conn, station, slot, [], now=over) == 0
        assert await mark_attendance(conn, station, slot, [later, uuid4()], now=over) == 1
        assert await mark_attendance(conn, station, slot, [], now=over) == 0
        [seen] = await list_own_seats(conn, seal, station.account_id, now=over)
        assert seen.state == "attended"
        assert seen.certificate is not None
        shown = await get_certificate(conn, seal, station.account_id, seen.certificate)
        assert (shown.name, shown.title, shown.host) == ("样例王甲", COURSE.title, COURSE.organiser)
        with pytest.raises(NotFound):
            await get_certificate(conn, seal, strangers[1].account_id, seen.certificate)
    with pytest.raises(asyncpg.PostgresError, match="do not add up"):
        async with database.transaction() as conn:
            await conn.execute("UPDATE slots SET free = 1")


async def test_an_offer_of_a_course_that_was_cancelled_is_not_taken(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        person, other = [await an_applicant(conn) for _ in range(2)]
        course = await add_course(conn, county, "130624", COURSE, now=NOW)
    taken = await sign(database, seal, person, course)
    waiting = await sign(database, seal, other, course, WAIT)
    async with database.transaction() as conn:
        await cancel_seat(conn, seal, person, taken, now=NOW)
        await cancel_service_slot(conn, county, "130624", course, now=NOW)
        with pytest.raises(OfferLapsed):
            await take_offered_seat(conn, seal, other, waiting, now=NOW)


async def test_a_cancelled_slot_tells_everybody_and_a_clinic_forgets(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        county, second = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
        person, other = [await an_applicant(conn) for _ in range(2)]
        clinic = await register_organisation(
            conn, county,
            NewOrganisation(
                kind=OrganisationKind.CLINIC, name="样例卫生院", credit_code="52130624MJ0XAMPE17", county_code="130624"
            ),
            now=NOW,
        )  # fmt: skip
        await decide_organisation(conn, second, "130624", OrganisationId(clinic.id), verified=True, now=NOW)
        course = await add_course(conn, county, "130624", COURSE, now=NOW)
        day = NewClinicDay(
            organisation_id=clinic.id, remote=True, village_code=OTHER_VILLAGE, room="卫生室", starts_at=START,
            ends_at=START + timedelta(hours=3), places=2,
        )  # fmt: skip
        visit = await add_clinic_day(conn, county, "130624", day, now=NOW)
    await sign(database, seal, person, course)
    await sign(database, seal, other, course, WAIT)
    with pytest.raises(SeatInvalid) as unseen:
        await sign(database, seal, person, visit)
    assert [each.field for each in unseen.value.errors] == ["seen_before"]
    await sign(database, seal, person, visit, NewSeat(seen_before=True))
    await sign(database, seal, other, visit, NewSeat(seen_before=True))
    async with database.transaction(scope=get_person_scope(person)) as conn:
        copy = await load_personal_data(conn, seal, person.account_id)
    assert [(each.title, each.state) for each in copy.seats] == [(COURSE.title, "booked"), ("远程看病", "booked")]
    async with database.transaction() as conn:
        with pytest.raises(NotFound):
            await cancel_service_slot(
                conn, await make_official_actor(conn, Role.COUNTY, "130725"), "130725", course, now=NOW
            )
        await cancel_service_slot(conn, county, "130624", course, now=NOW)
        with pytest.raises(SlotNotOpen):
            await cancel_service_slot(conn, county, "130624", course, now=NOW)
    assert await end_due_seats(database, seal, now=NOW) == 2
    async with database.transaction() as conn:
        templates = await conn.fetch("SELECT template FROM messages ORDER BY id")
        assert [each["template"] for each in templates][-2:] == ["service_cancelled"] * 2
        await give_up_seats(conn, seal, other.account_id, now=NOW)
        assert [each.free for each in await list_county_slots(conn, "130624", ["130624"], now=NOW)] == [1, 1]
        over = START + timedelta(hours=3)
        [seat] = await list_attendees(conn, seal, county, visit, now=over)
        assert await mark_attendance(conn, county, visit, [seat.seat_id], now=over) == 0
    assert await forget_old_seats(database, over + CLINIC_LIFETIME) == 0
    assert await forget_old_seats(database, over + CLINIC_LIFETIME + timedelta(minutes=1)) == 2
    async with database.transaction() as conn:
        [seat] = await list_attendees(conn, seal, county, visit, now=over)
        assert (seat.name, seat.state) == ("", "attended")
        assert await list_own_seats(conn, seal, person.account_id, now=NOW) == []


async def test_seats_are_forgotten_a_few_slots_at_a_time_and_no_slot_twice(
    database: Database, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.catalogue.slots.seats._PIECE_SLOTS", 2)
    async with database.transaction() as conn:
        person = await an_applicant(conn)
    last = NOW - CLINIC_LIFETIME - timedelta(days=6)
    for day in range(5):
        ended = last - timedelta(days=4 - day)
        slot = await owner.fetchval(
            "INSERT INTO slots (kind, village_code, room, during, capacity, free)"
            " VALUES ('clinic', $1, '卫生室', tstzrange($2::timestamptz - interval '1 hour', $2), 3, 3) RETURNING id",
            VILLAGE,
            ended,
        )
        await owner.execute(
            "INSERT INTO slot_reservations (slot_id, party, state, account_id, signed_up_by, joined_at)"
            " VALUES ($1, 1, 'waiting', $2, $2, $3)",
            slot,
            person.account_id,
            ended,
        )
    await owner.execute(
        "CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON slot_reservations FOR EACH ROW WHEN"
        f" (NEW.joined_at = '{last.isoformat()}') EXECUTE FUNCTION refuse_row()"
    )
    with pytest.raises(asyncpg.RaiseError):
        await forget_old_seats(database, NOW)
    assert await owner.fetchval("SELECT count(*) FROM slot_reservations WHERE signed_up_by IS NULL") == 4
    assert await owner.fetchval("SELECT count(*) FROM slots WHERE NOT forgotten") == 1
    await owner.execute("DROP TRIGGER refuse ON slot_reservations; DROP FUNCTION refuse_row")
    assert [await forget_old_seats(database, NOW) for _ in range(2)] == [1, 0]
    rows = await owner.fetch("SELECT DISTINCT state, account_id FROM slot_reservations")
    assert [tuple(row) for row in rows] == [("expired", None)]


async def test_the_slot_of_an_offered_seat_is_looked_at_again(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        person = await an_applicant(conn)
    ended = NOW - CLINIC_LIFETIME - timedelta(days=1)
    async with owner.transaction():
        slot = await owner.fetchval(
            "INSERT INTO slots (kind, village_code, room, during, capacity, free)"
            " VALUES ('clinic', $1, '卫生室', tstzrange($2::timestamptz - interval '1 hour', $2), 1, 0) RETURNING id",
            VILLAGE,
            ended,
        )
        await owner.execute(
            "INSERT INTO slot_reservations (slot_id, party, state, account_id, signed_up_by, joined_at, offered_until)"
            " VALUES ($1, 1, 'offered', $2, $2, $3, $3)",
            slot,
            person.account_id,
            ended,
        )
    assert await forget_old_seats(database, NOW) == 0
    async with owner.transaction():
        await owner.execute("UPDATE slot_reservations SET state = 'expired', offered_until = NULL")
        await owner.execute("UPDATE slots SET free = 1")
    assert await forget_old_seats(database, NOW) == 1
