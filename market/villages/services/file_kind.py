"""Courses by file: each row is a course that is to come."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from market.kernel import Connection, Query
from market.kernel.clock import SHANGHAI, get_business_day
from market.kernel.sheets.cells import CellReader, normalize_code
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.village_periods import VillagePeriod, list_ended_villages, list_village_periods
from market.villages.services.models import (
    DEFAULT_ROOM,
    MAX_ORGANISER_LENGTH,
    MAX_PLACES,
    MAX_TITLE_LENGTH,
    NewCourse,
)
from market.villages.services.slots import add_course, list_hour_faults

COLUMNS = (
    Column("title", "课程名称", example="食用菌出菇管理", meaning="2 到 40 个字"),
    Column("village", "村代码", example="130624107221", meaning="12 位，本县在用的村；地点是村委会"),
    Column("starts_at", "开始时间", example="2030-03-05 09:00", meaning="北京时间，还没到的"),
    Column("ends_at", "结束时间", example="2030-03-05 11:30", meaning="北京时间，同一天"),
    Column("places", "名额", example="30", meaning=f"1 到 {MAX_PLACES}"),
    Column("organiser", "主办单位", example="某某县农业农村局", meaning="单位名册里有的，写一样的名字"),
)
_TIME = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]+([0-9]{1,2})[:时]([0-9]{2})(?:分|:00)?")

# The same course at the same time is not added again.
LIST_KNOWN = Query(
    str,
    """
    SELECT title || ' ' || village_code || ' ' || extract(epoch FROM lower(during))::bigint
      FROM slots JOIN course_sessions ON slot_id = slots.id
     WHERE village_code >= :county AND village_code < :county || ':' AND slots.state <> 'cancelled'
       AND lower(during) > :now
    """,
)
IS_ROOM_TAKEN = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM slots
                    WHERE village_code = :village AND room = :room AND state <> 'cancelled'
                      AND during && tstzrange(:starts_at, :ends_at))
    """,
)


def _read_time(cells: CellReader, name: str) -> datetime | None:
    match = _TIME.fullmatch(normalize_code(cells.raw(name)))
    if match:
        try:
            return datetime(*(int(each) for each in match.groups()), tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]
        except ValueError:
            pass
    cells.fault(name, "写成 2030-03-05 09:00 这样")
    return None


def _read(
    cells: CellReader, file: CountyFile, periods: Sequence[VillagePeriod], ended: dict[str, str]
) -> NewCourse | None:
    title = cells.text("title", max_length=MAX_TITLE_LENGTH)
    village = cells.code("village")
    known = [each for each in periods if each.code == village]
    if village and (village in ended or not known):
        cells.fault("village", ended.get(village, "本县没有这个村代码"))
    starts_at, ends_at = _read_time(cells, "starts_at"), _read_time(cells, "ends_at")
    if starts_at and ends_at:
        for fault in list_hour_faults(starts_at, ends_at, now=file.now):
            cells.fault(fault.field, fault.message)
        day = get_business_day(starts_at)
        if cells.valid and not any(each.first <= day <= (each.last or date.max) for each in known):
            cells.fault("village", f"{day} 这个村代码没有在用")
    places = cells.integer("places", low=1, high=MAX_PLACES)
    organiser = cells.text("organiser", max_length=MAX_ORGANISER_LENGTH)
    for name, text in (("title", title), ("organiser", organiser)):
        if len(text) == 1:
            cells.fault(name, "至少 2 个字")
    if not cells.valid or starts_at is None or ends_at is None or places is None:
        return None
    return NewCourse(
        title=title, village_code=village, starts_at=starts_at, ends_at=ends_at, places=places, organiser=organiser
    )


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    periods = await list_village_periods(conn, file.county)
    ended = await list_ended_villages(conn, file.county, day=file.today)
    known = set(await LIST_KNOWN.all(conn, county=file.county, now=file.now))
    courses: list[NewCourse] = []
    seen: Counter[str] = Counter()
    rooms: dict[str, list[tuple[datetime, datetime]]] = {}
    same = 0
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        new = _read(cells, file, periods, ended)
        if new is None:
            continue
        key = f"{new.title} {new.village_code} {int(new.starts_at.timestamp())}"
        seen[key] += 1
        taken = rooms.setdefault(new.village_code, [])
        if seen[key] > 1:
            cells.fault("title", "这一场前面写过了")
        elif key in known:
            same += 1
        elif any(new.starts_at < end and start < new.ends_at for start, end in taken) or await IS_ROOM_TAKEN.one(
            conn, village=new.village_code, room=DEFAULT_ROOM, starts_at=new.starts_at, ends_at=new.ends_at
        ):
            cells.fault("starts_at", f"这个时间{DEFAULT_ROOM}有别的场次了")
        else:
            taken.append((new.starts_at, new.ends_at))
            courses.append(new)

    async def store() -> None:
        for new in courses:
            await add_course(conn, importer, file.county, new, now=file.now)

    return FilePlan({"new": len(courses), "same": same}, store)


COURSES = FileKind(
    name="courses",
    name_zh="培训课程",
    summary="Courses to come: 课程名称, 村代码, 开始时间, 结束时间, 名额, 主办单位.",
    hint_zh="哪天在哪个村讲什么；村民在本周附近里报名",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的场次", "same": "已经有的"},
    prepare=_prepare,
)
