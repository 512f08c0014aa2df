"""Figures of courses, visits and work: equal to the lists beneath, and published without small numbers."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from market.reports.service_figures import (
    FIGURES,
    PEOPLE,
    TownshipServices,
    hide_people,
    list_quarters,
    list_service_items,
    publish_services,
    sum_up_services,
)
from market.villages.services.applications import answer_hire, apply_for_job, hire
from market.villages.services.attendance import list_attendees, mark_attendance
from market.villages.services.models import NewCourse, NewSeat
from market.villages.services.postings import check_posting, post_job
from market.villages.services.seats import sign_up
from market.villages.services.slots import add_course
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE
from tests.villages.services.test_postings import JOB, TODAY, make_employer

QUARTER = date(2019, 7, 1)
HELD = datetime(2019, 9, 23, 9, 0, tzinfo=SHANGHAI)


async def hold_course(
    conn: Connection, seal: Seal, county: Actor, people: list[Actor], *, village: str, came: int
) -> None:
    new = NewCourse(
        title="剪枝", village_code=village, starts_at=HELD, ends_at=HELD + timedelta(hours=2), places=30,
        organiser="样例农广校",
    )  # fmt: skip
    slot = await add_course(conn, county, "130624", new, now=NOW)
    for each in people:
        await sign_up(conn, seal, each, slot, NewSeat(), now=NOW)
    attendees = await list_attendees(conn, seal, county, slot, now=NOW)
    seats = [each.seat_id for each in attendees[:came]]
    await mark_attendance(conn, county, slot, seats, now=HELD + timedelta(hours=3))


async def test_figures_equal_their_lists_and_only_confirmed_work_counts(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    people = [await an_applicant(conn) for _ in range(12)]
    await hold_course(conn, seal, county, people, village=VILLAGE, came=11)
    await hold_course(conn, seal, county, people[:4], village=OTHER_VILLAGE, came=3)
    employer, organisation = await make_employer(conn, county)
    for number in range(2):
        posting = (await post_job(conn, employer, organisation, JOB, now=NOW)).id
        await check_posting(conn, seal, county, "130624", posting, live=True, reason="", now=NOW)
        worker = people[0]
        found = (await apply_for_job(conn, seal, worker, posting, consent=True, now=NOW)).id
        await hire(conn, seal, employer, posting, found, hired_on=TODAY, now=NOW)
        assert sum(each.found_work or 0 for each in await sum_up_services(conn, "130624", QUARTER)) == number
        await answer_hire(conn, worker, found, found_work=True, now=NOW)
    townships = await sum_up_services(conn, "130624", QUARTER)
    assert [(each.courses, each.attended, each.certificates, each.found_work) for each in townships] == [
        (1, 3, 3, 0), (1, 11, 11, 1),
    ]  # fmt: skip
    for key in FIGURES:
        for within, figure in [("130624", sum(getattr(each, key) for each in townships))] + [
            (each.code[:9], getattr(each, key)) for each in townships
        ]:
            items = await list_service_items(conn, "130624", QUARTER, key=key, within=within)
            assert sum(each.n for each in items) == figure, (key, within)
    published = await publish_services(conn, "130624", QUARTER)
    assert [(each.attended, each.found_work) for each in published] == [(None, None), (None, None)]
    assert await publish_services(conn, "130725", QUARTER) == []
    assert await publish_services(conn, "130624", date(2019, 4, 1)) == []
    assert list_quarters(date(2019, 10, 1))[0] == QUARTER
    assert list_quarters(date(2019, 9, 30))[0] == date(2019, 4, 1)


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_published_figures_tell_of_no_few(counts: list[int]) -> None:
    townships = [
        TownshipServices(
            code=str(n), name="", courses=1, attended=each, certificates=each, visits=each, found_work=each
        )
        for n, each in enumerate(counts)
    ]
    for key in PEOPLE:
        shown = [getattr(each, key) for each in hide_people(townships)]
        hidden = [each for each, n in zip(counts, shown, strict=True) if n is None]
        assert not any(0 < (n or 0) < 10 for n in shown)
        assert all(n is None for n in shown) or not hidden or (sum(hidden) >= 10 and sum(map(bool, hidden)) >= 2)
