"""The cycle (账期) of a month: open, find, lock and move it; and its duties."""

import re
from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_next_month, get_next_quarter, parse_month
from market.kernel.division_codes import get_county_code
from market.people.identity.access import require_county_role, require_county_scopes
from market.people.identity.models import Actor, NotSignedIn
from market.subsidies.models import (
    CYCLE_STATE_NAMES,
    BadCounty,
    BadMonth,
    BadQuarter,
    CycleClosed,
    CycleId,
    CycleNotFound,
    CycleState,
    Duty,
    MonthNotOpened,
    RunId,
    SecondDuty,
    WrongState,
)
from market.subsidies.month.steps import UNDECIDED_STATES, MonthStep

_COUNTY = re.compile(r"[0-9]{6}(?:000000)?")
_QUARTER = re.compile(r"([0-9]{4})Q([1-4])")
MAX_OPINION_LENGTH = 500
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""Years outside this range are typing errors; the calendar's last month has no next one."""


class Cycle(Struct, frozen=True):
    """One service month of one county, and the run that its reviews and settlement are based on."""

    id: CycleId
    county_code: str
    month: date
    state: CycleState
    run_id: RunId | None

    @property
    def name(self) -> str:
        """The month as `2019-03`."""
        return f"{self.month:%Y-%m}"


# Imports of one county, and the calculations from what they store, run one after another.
LOCK_IMPORTS = Query(None, "SELECT pg_advisory_xact_lock(7003, :county::text::integer)")
# Under this lock a calculation is at least as late as every file before it, and a file later than every calculation:
# their clocks were read before they waited for it, and need not agree. A verdict rests on the facts of a calculation.
GET_FACTS_TIME = Query(
    datetime,
    """
    SELECT greatest(:now, (SELECT max(imported_at) FROM import_files WHERE county_code = :county),
                    (SELECT max(calculated_at) FROM cycles WHERE county_code = :county))
    """,
)
GET_IMPORT_TIME = Query(
    datetime,
    """
    SELECT greatest(:now, max(calculated_at) + interval '1 microsecond') FROM cycles WHERE county_code = :county
    """,
)
SET_CALCULATED = Query(None, "UPDATE cycles SET calculated_at = :facts_at WHERE id = :cycle_id")
FIND_CYCLE = Query(
    Cycle,
    "SELECT id, county_code, month, state, run_id FROM cycles WHERE county_code = :county AND month = :month",
)
LOCK_CYCLE = Query(
    Cycle,
    """
    SELECT id, county_code, month, state, run_id FROM cycles
     WHERE county_code = :county AND month = :month
       FOR NO KEY UPDATE
    """,
)
LIST_UNDECIDED_CYCLES = Query(
    Cycle,
    """
    SELECT id, county_code, month, state, run_id FROM cycles
     WHERE county_code = :county AND state = ANY(:undecided::text[]) ORDER BY month
    """,
)
# The importer of a file has its duty in the first cycle calculated after the import, and in the cycle of its month.
ADD_FILE_DUTIES = Query(
    None,
    """
    INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)
    SELECT DISTINCT :county, :cycle_id::uuid, account_id,
           CASE WHEN kind IN ('programmes', 'plans', 'budget') THEN 'terms' ELSE 'import' END, :now::timestamptz
      FROM import_files
     WHERE county_code = :county
       AND (month = :month OR (month IS NULL AND imported_at > coalesce((
               SELECT min(ran_at) FROM runs JOIN cycles ON cycles.id = cycle_id
                WHERE cycles.county_code = :county AND cycles.month = (
                    SELECT max(month) FROM cycles WHERE county_code = :county AND month < :month)), '-infinity')))
    ON CONFLICT DO NOTHING
    """,
)
# Importing terms and importing facts for a cycle that is not open yet are also two duties, by whatever account.
HAS_OTHER_PENDING_DUTY = Query(
    bool,
    """
    SELECT EXISTS (
        SELECT FROM import_files
         WHERE county_code = :county AND is_same_person(account_id, :account_id) AND month IS NULL
           AND (kind IN ('programmes', 'plans', 'budget')) <> (:duty::text = 'terms')
           AND imported_at > coalesce((SELECT max(first_at) FROM (
                   SELECT min(ran_at) AS first_at FROM runs WHERE county_code = :county GROUP BY cycle_id) AS firsts),
               '-infinity'))
    """,
)
FIND_FIRST_MONTH = Query(date, "SELECT month FROM cycles WHERE county_code = :county ORDER BY month LIMIT 1")
ADD_CYCLE = Query(
    None,
    """
    WITH opened AS (
        INSERT INTO cycles (county_code, month, opened_at) VALUES (:county, :month, :now)
        ON CONFLICT ON CONSTRAINT cycles_unique DO NOTHING
        RETURNING id, county_code, state)
    INSERT INTO cycle_events (county_code, cycle_id, state, account_id, at)
    SELECT county_code, id, state, :account_id, :now FROM opened
    """,
)
MOVE_CYCLE = Query(
    int,
    """
    WITH moved AS (
        UPDATE cycles SET state = :state, run_id = coalesce(:run_id::uuid, run_id)
         WHERE id = :cycle_id AND state = ANY(:froms::text[])
        RETURNING id, county_code, state)
    INSERT INTO cycle_events (county_code, cycle_id, state, account_id, at, opinion)
    SELECT county_code, id, state, :account_id, :now, :opinion FROM moved
    RETURNING 1
    """,
)
# The key of the person decides between two concurrent duties: the second waits, then finds the first.
ADD_DUTY = Query(
    None,
    """
    INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)
    VALUES (:county, :cycle_id, :account_id, :duty, :now)
    ON CONFLICT DO NOTHING
    """,
)
# Of a person, by any account, known as now or as when the duty was taken; another than the wanted duty comes first.
GET_DUTY = Query(
    Duty,
    """
    SELECT d.duty
      FROM cycle_duties d
     WHERE d.cycle_id = :cycle_id
       AND (is_same_person(d.account_id, :account_id)
            OR d.person_key = get_person_key(:account_id))
     ORDER BY d.duty = :duty LIMIT 1
    """,
)


def read_county(text: str) -> str:
    """Return the six digits of a county code of six or twelve digits.

    Raises:
        BadCounty: the text is neither.
    """
    if not _COUNTY.fullmatch(text):
        raise BadCounty(value=text)
    return get_county_code(text)


def read_month(text: str) -> date:
    """Return the first day of a month written `2019-01`.

    Raises:
        BadMonth: the text has another form.
    """
    try:
        return parse_month(text)
    except ValueError:
        raise BadMonth(value=text) from None


def read_quarter(text: str) -> tuple[date, date]:
    """Return the first day of a quarter written `2019Q1`, and the first day after it.

    Raises:
        BadQuarter: the text has another form.
    """
    match = _QUARTER.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        raise BadQuarter(value=text)
    first = date(int(match[1]), 3 * int(match[2]) - 2, 1)
    return first, get_next_quarter(first)


async def take_duty(conn: Connection, cycle: Cycle, actor: Actor | None, duty: Duty, *, now: datetime) -> Actor:
    """Record that the actor has a duty of the cycle; repeating the same duty changes nothing.

    Raises:
        NotSignedIn: there is no actor.
        SecondDuty: the actor holds another duty of this cycle, by this account or another of the same person (R14).
    """
    if actor is None:
        raise NotSignedIn
    await ADD_DUTY.run(
        conn, county=cycle.county_code, cycle_id=cycle.id, account_id=actor.account_id, duty=duty, now=now
    )
    current = await GET_DUTY.one(conn, cycle_id=cycle.id, account_id=actor.account_id, duty=duty)
    if current is not duty:
        raise SecondDuty(month=cycle.name, held=current, wanted=duty)
    return actor


async def take_duty_in_open_cycles(conn: Connection, county: str, actor: Actor, duty: Duty, *, now: datetime) -> None:
    """Take a duty in every undecided cycle, for imported facts without a month (register, terms, bindings, use).

    Raises:
        SecondDuty: the actor holds another duty in one of them, or in the next cycle (R14).
    """
    for cycle in await LIST_UNDECIDED_CYCLES.all(conn, county=county, undecided=UNDECIDED_STATES):
        await take_duty(conn, cycle, actor, duty, now=now)
    if await HAS_OTHER_PENDING_DUTY.one(conn, county=county, account_id=actor.account_id, duty=duty):
        other = Duty.IMPORT if duty is Duty.TERMS else Duty.TERMS
        raise SecondDuty(month="下一个", held=other, wanted=duty)


async def begin_step(
    conn: Connection, step: MonthStep, actor: Actor | None, county: str, month: date, *, now: datetime
) -> tuple[Cycle, Actor, list[str]]:
    """Lock the month, take the duty of a step, and return the cycle, the actor and the actor's scopes.

    The duty is checked first (R14), then the role. The caller checks the state.

    Raises:
        CycleNotFound: no cycle was opened for the month.
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not hold the role of the step in the county, or
            not for the whole county where the step needs that.
        SecondDuty: the actor holds another duty of this cycle.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await take_duty(conn, cycle, actor, step.duty, now=now)
    if step.by_division:
        return cycle, actor, require_county_scopes(actor, step.role, county)
    return cycle, require_county_role(actor, step.role, county), [county]


async def check_step(
    conn: Connection, step: MonthStep, actor: Actor | None, county: str, month: date, *, now: datetime
) -> None:
    """Require what a step needs of the actor and of the month's state, and change nothing.

    Raises:
        CycleNotFound, NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_step`.
        CycleClosed, WrongState: the step is not due.
    """
    attempt = conn.transaction()
    await attempt.start()
    try:
        cycle, *_ = await begin_step(conn, step, actor, county, month, now=now)
        require_state(cycle, step.froms)
    finally:
        await attempt.rollback()


async def find_cycle(conn: Connection, county: str, month: date) -> Cycle:
    """Return the month's cycle.

    Raises:
        CycleNotFound: no cycle was opened for the month.
    """
    cycle = await FIND_CYCLE.maybe(conn, county=county, month=month)
    if cycle is None:
        raise CycleNotFound(month=f"{month:%Y-%m}")
    return cycle


async def lock_cycle(conn: Connection, county: str, month: date) -> Cycle:
    """Return the month's cycle, locked until the caller's transaction ends.

    Raises:
        CycleNotFound: no cycle was opened for the month.
    """
    cycle = await LOCK_CYCLE.maybe(conn, county=county, month=month)
    if cycle is None:
        raise CycleNotFound(month=f"{month:%Y-%m}")
    return cycle


def has_ended(month: date, now: datetime) -> bool:
    """Return whether a month is over; its cycle is not opened before."""
    return get_next_month(month) <= get_business_day(now)


async def open_cycle(conn: Connection, county: str, month: date, actor: Actor, *, now: datetime) -> Cycle:
    """Return the month's cycle, locked; open it first if there is none.

    Raises:
        MonthNotOpened: the month has not ended, or is before the county's first cycle.
    """
    if not has_ended(month, now):
        raise MonthNotOpened.until_ended(month)
    first = await FIND_FIRST_MONTH.maybe(conn, county=county)
    if first is not None and month < first:
        raise MonthNotOpened.since_first(month, first)
    await ADD_CYCLE.run(conn, county=county, month=month, account_id=actor.account_id, now=now)
    return await lock_cycle(conn, county, month)


async def require_begun(conn: Connection, county: str, month: date) -> None:
    """Require that the county has opened a month before: the first one is not an operator's to open.

    Raises:
        MonthNotOpened: it has none.
    """
    if await FIND_FIRST_MONTH.maybe(conn, county=county) is None:
        raise MonthNotOpened.not_begun(month)


async def move_cycle(
    conn: Connection,
    cycle: Cycle,
    step: MonthStep,
    actor: Actor,
    *,
    now: datetime,
    run_id: RunId | None = None,
    opinion: str = "",
) -> Cycle:
    """Move a locked cycle to the state after a step, with its event; the caller has checked the state before it."""
    moved = await MOVE_CYCLE.maybe(
        conn,
        cycle_id=cycle.id,
        state=step.after,
        run_id=run_id,
        froms=step.froms,
        account_id=actor.account_id,
        opinion=opinion,
        now=now,
    )
    assert moved == 1, "the cycle was not locked"
    return msgspec.structs.replace(cycle, state=step.after, run_id=run_id or cycle.run_id)


def require_state(cycle: Cycle, states: Iterable[CycleState]) -> None:
    """Require that a cycle is in one of the states.

    Raises:
        CycleClosed: it is closed.
        WrongState: it is in another state.
    """
    needed = list(states)
    if cycle.state in needed:
        return
    if cycle.state is CycleState.CLOSED:
        raise CycleClosed(month=cycle.name)
    raise WrongState(
        month=cycle.name,
        state=CYCLE_STATE_NAMES[cycle.state],
        needed="、".join(CYCLE_STATE_NAMES[state] for state in needed),
    )
