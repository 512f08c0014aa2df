"""When the days off change, open deadlines in working days follow, and the case says so."""

from datetime import date, timedelta

from market.cases.casework.models import CaseMove
from market.cases.casework.moves import compute_due, get_extension_start, get_person_scope, lock_case
from market.cases.casework.reschedule import LIST_PAST_MOVES, compute_case_due, reschedule_cases
from market.kernel import Connection
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.places.divisions.holidays import Holiday, list_holidays
from market.villages.areas import COUNTY_FILE_KINDS
from tests.cases.casework.conftest import CaseWorld
from tests.cases.casework.test_moves import HOUR, list_events, move
from tests.conftest import NOW

HOLIDAYS = COUNTY_FILE_KINDS["holidays"]


async def test_a_new_day_off_moves_the_deadline_once(world: CaseWorld, owner: Connection) -> None:
    case = await world.open()
    by_hours = await world.open()
    case = await move(world, case, CaseMove.ESCALATE, world.seller, reason="没见到烂的")
    await move(world, case, CaseMove.ASK, world.finance, reason="再拍一张", after=2 * HOUR)
    case = await move(world, case, CaseMove.SUPPLY, world.asker, after=5 * HOUR)
    case = await move(world, case, CaseMove.EXTEND, world.finance, reason="要去看", after=6 * HOUR)
    async with world.db.transaction(scope="130624") as conn:
        past = await LIST_PAST_MOVES.all(conn, case_id=case.id)
        # What happened, computed again by the same days off, is the deadline to the microsecond.
        assert await compute_case_due(conn, case, past) == case.due_at
        rows = [
            f"{each.day},{each.name},{'放假' if each.day_off else '上班'}" for each in await list_holidays(conn, [2019])
        ]
        before, year_before = len(rows), await list_holidays(conn, [2018])
    # The notice of 2019 may name days of 2018, which has its own notice.
    content = "\n".join(["日期,名称,安排", *rows, "2019-09-23,样例节,放假", "2018-12-28,样例节,上班"]).encode()
    file = CountyFile(county=WHOLE_COUNTRY, name="2019.csv", content=content, dry_run=False, now=NOW)
    async with world.db.transaction(scope=WHOLE_COUNTRY) as conn:
        stored = await import_county_file(conn, world.platform, HOLIDAYS, file)
    assert (stored.outcome, stored.counts) == (FileOutcome.STORED, {"changed": 2, "same": before})
    later = NOW + 7 * HOUR
    assert await reschedule_cases(world.db, world.seal, now=later) == 1
    assert await reschedule_cases(world.db, world.seal, now=later) == 0
    async with world.db.transaction(scope=get_person_scope(world.asker)) as conn:
        moved = await lock_case(conn, case.id)
        untouched = await lock_case(conn, by_hours.id)
        # Monday the 23rd is off: two working days after Friday are Tuesday and Wednesday, whole; then what was stopped.
        base = await compute_due(conn, "working_day", 2, NOW + HOUR)
        asked = base + 3 * HOUR
        extended = await compute_due(conn, "working_day", case.extension, get_extension_start("working_day", asked))
    assert base.isoformat() == "2019-09-25T16:00:00+00:00"
    assert (moved.due_at, moved.due_at - case.due_at >= timedelta(days=1)) == (extended, True)
    assert untouched.due_at == by_hours.due_at
    assert (await list_events(owner, world.seal))[-1] == ("reschedule", 2, "")
    old, new = await owner.fetchrow("SELECT old_due_at, due_at FROM case_events ORDER BY id DESC LIMIT 1") or (
        None,
        None,
    )
    assert (old, new) == (case.due_at, moved.due_at)
    assert date(2019, 9, 23) in {each.day for each in await list_holidays(owner, [2019])}
    assert set(await list_holidays(owner, [2018])) == {
        *year_before,
        Holiday(date(2018, 12, 28), "样例节", day_off=False),
    }
    assert len(year_before) > 5
