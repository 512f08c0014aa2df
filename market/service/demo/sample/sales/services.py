"""Courses and clinic days of the demo's county: what was held, what is to come, and who has a seat."""

from datetime import datetime, time, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from market.catalogue.slots.models import SlotId
from market.kernel import Query
from market.kernel.clock import SHANGHAI
from market.people.identity.models import AccountId, Actor
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.services.attendance import list_attendees, mark_attendance
from market.villages.services.models import DEFAULT_ROOM, NewClinicDay, NewCourse, NewSeat
from market.villages.services.seats import sign_up
from market.villages.services.slots import add_clinic_day, add_course

TEACHER, _TEACHER_CODE = "样例阜平县农广校", "12130624MB0XAMP10C"
HOSPITAL, _HOSPITAL_CODE = "样例阜平县中医院", "52130624MJ0XAMP30Q"
"""No organisation has these codes; their check characters are right."""


class _Course(Struct, frozen=True):
    """A course: in how many days, at which hour, for how long, with how many places; how many sign up and come."""

    title: str
    days: int
    hour: int
    hours: int
    places: int
    people: int
    came: int = 0


_COURSES = (
    _Course("手机开店和拍照", -34, 14, 2, 30, 22, 19),
    _Course("核桃修剪", -12, 9, 2, 30, 17, 15),
    _Course("大枣晾晒和分级", 2, 9, 2, 30, 11),
    _Course("直播带货入门", 3, 14, 2, 12, 14),
    _Course("家政和护理", 5, 9, 6, 40, 8),
)
# People of the county's shops; the demo's own are added by hand.
LIST_PEOPLE = Query(
    UUID,
    """
    SELECT DISTINCT m.account_id
      FROM producer_members m JOIN producers p ON p.id = producer_id JOIN accounts a ON a.id = m.account_id
     WHERE starts_with(p.village_code, :county) AND m.role = 'owner' AND a.handle IS NULL AND a.closed_at IS NULL
       AND m.account_id <> ALL(:others::uuid[])
     ORDER BY m.account_id LIMIT 40
    """,
)
LIST_VILLAGES = Query(
    str,
    """
    SELECT code FROM village_periods
     WHERE starts_with(code, left(:village, 9)) AND code <> :village AND valid_during @> :day::date
     ORDER BY code LIMIT 5
    """,
)
FIND_ORGANISATION = Query(
    UUID, "SELECT id FROM organisations WHERE county_code = :county AND name = :name AND verified_at IS NOT NULL"
)
FIND_OWNER = Query(
    UUID, "SELECT account_id FROM organisation_members WHERE organisation_id = :organisation_id AND role = 'owner'"
)


async def play_services(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Add six courses and three clinic days near the farmer's village, with seats, a waiting list and certificates.

    One of the courses was held in the last quarter that is over, whose figures are published.
    """
    gan = await sales.find_official("gan")
    await _add_organisation(sales, OrganisationKind.ORGANISER, TEACHER, _TEACHER_CODE)
    hospital = await _add_organisation(sales, OrganisationKind.CLINIC, HOSPITAL, _HOSPITAL_CODE)
    villages = [village, *await LIST_VILLAGES.all(sales.conn, village=village, day=sales.today)]
    before = _Course("食用菌出菇管理", -(sales.today - sales.last_quarter_day).days, 9, 3, 40, 26, 23)
    for number, course in enumerate((before, *_COURSES)):
        await _hold_course(sales, gan, course, villages[number % len(villages)], people)
    for days, remote, room in ((1, False, "卫生室"), (4, True, "卫生室"), (6, False, "卫生室")):
        starts_at = _at(sales, days, 8)
        day = NewClinicDay(
            organisation_id=hospital, remote=remote, village_code=village, room=room, starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=4), places=8 if remote else 20,
        )  # fmt: skip
        slot = await add_clinic_day(sales.conn, gan, DEMO_COUNTY, day, now=sales.ago(days=3))
        for each in people[: 3 + days]:
            await _sign_up(sales, each, slot, NewSeat(seen_before=True), days=2)


async def list_people(sales: SaleSimulation) -> list[Actor]:
    """Return people of the county's shops, at most 40, without the demo's own."""
    others = [sales.farmer.account_id, sales.host.account_id]
    found = await LIST_PEOPLE.all(sales.conn, county=DEMO_COUNTY, others=others)
    return [await sales.load_actor(AccountId(each)) for each in found]


async def find_organiser(sales: SaleSimulation, name: str) -> tuple[Actor, UUID]:
    """Return the owner of a verified organisation of the demo's county, and its id."""
    organisation = await FIND_ORGANISATION.one(sales.conn, county=DEMO_COUNTY, name=name)
    owner = AccountId(await FIND_OWNER.one(sales.conn, organisation_id=organisation))
    return await sales.load_actor(owner), organisation


async def _add_organisation(sales: SaleSimulation, kind: OrganisationKind, name: str, code: str) -> OrganisationId:
    by, verifier = await sales.find_official("gan"), await sales.find_official("xian")
    new = NewOrganisation(kind=kind, name=name, credit_code=code, county_code=DEMO_COUNTY)
    found = OrganisationId((await register_organisation(sales.conn, by, new, now=sales.ago(days=120))).id)
    await decide_organisation(sales.conn, verifier, DEMO_COUNTY, found, verified=True, now=sales.ago(days=118))
    return found


def _at(sales: SaleSimulation, days: int, hour: int) -> datetime:
    return datetime.combine(sales.today + timedelta(days=days), time(hour), SHANGHAI)


async def _sign_up(sales: SaleSimulation, person: Actor, slot: SlotId, new: NewSeat, *, days: float) -> None:
    await sign_up(sales.conn, sales.seal, person, slot, replace(new, wait=True), now=sales.ago(days=days))


async def _hold_course(
    sales: SaleSimulation, official: Actor, course: _Course, village: str, people: list[Actor]
) -> None:
    starts_at = _at(sales, course.days, course.hour)
    new = NewCourse(
        title=course.title, village_code=village, room=DEFAULT_ROOM, starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=course.hours), places=course.places, organiser=TEACHER,
    )  # fmt: skip
    announced = max(2, 8 - course.days)
    slot = await add_course(sales.conn, official, DEMO_COUNTY, new, now=sales.ago(days=announced))
    offset = abs(course.days) % 10
    for each in [*people[offset:], *people[:offset]][: course.people]:
        await _sign_up(sales, each, slot, NewSeat(), days=announced - 1)
    if course.came:
        await _sign_up(sales, sales.farmer, slot, NewSeat(), days=announced - 1)
        over = starts_at + timedelta(hours=course.hours + 1)
        attendees = await list_attendees(sales.conn, sales.seal, official, slot, now=over)
        came = [each.seat_id for each in attendees][-course.came :]
        await mark_attendance(sales.conn, official, slot, came, now=over)
