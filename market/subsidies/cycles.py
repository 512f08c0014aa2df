"""The cycle (账期) of a month: opened, found, locked, moved; and who holds which duty of it."""

import re
from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from msgspec import Struct

from market.identity import Actor, NotAllowed, NotSignedIn, Role, SecondFactorNeeded
from market.kernel import Connection, Query
from market.kernel.clock import next_month, parse_month
from market.subsidies.models import (
    STATE_NAMES,
    BadCounty,
    BadMonth,
    BadQuarter,
    CycleClosed,
    CycleId,
    Duty,
    NoCycle,
    RunId,
    SecondDuty,
    State,
    WrongState,
)

_COUNTY = re.compile(r"[0-9]{6}(?:000000)?")
_QUARTER = re.compile(r"([0-9]{4})Q([1-4])")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""Years outside of these are slips of the pen; at the calendar's end a month has no next one."""
ROLE_OF = {
    Duty.IMPORT: Role.IMPORTER,
    Duty.TERMS: Role.POLICY,
    Duty.VILLAGE: Role.VILLAGE,
    Duty.TOWNSHIP: Role.TOWNSHIP,
    Duty.COUNTY: Role.COUNTY,
    Duty.SETTLEMENT: Role.FINANCE,
    Duty.RECONCILIATION: Role.RECONCILER,
}


class Cycle(Struct, frozen=True):
    """One service month of one county, and the run that its reviews and its settlement rest on."""

    id: CycleId
    county_code: str
    month: date
    state: State
    run_id: RunId | None

    @property
    def name(self) -> str:
        """The month as it is written."""
        return f"{self.month:%Y-%m}"


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
UNDECIDED_CYCLES = Query(
    Cycle,
    """
    SELECT id, county_code, month, state, run_id FROM cycles
     WHERE county_code = :county AND state IN ('open', 'calculated', 'confirmed', 'reviewed') ORDER BY month
    """,
)
# Whoever brought a file holds its duty in the first cycle that is calculated after it, and in the cycle of its month.
FILE_DUTIES = Query(
    None,
    """
    INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)
    SELECT DISTINCT :county, :cycle_id::uuid, account_id,
           CASE WHEN kind IN ('programmes', 'plans', 'budget') THEN 'terms' ELSE 'import' END, :now::timestamptz
      FROM sheet_files
     WHERE county_code = :county
       AND (month = :month OR (month IS NULL AND taken_at > coalesce((
               SELECT min(ran_at) FROM runs JOIN cycles ON cycles.id = cycle_id
                WHERE cycles.county_code = :county AND cycles.month = (
                    SELECT max(month) FROM cycles WHERE county_code = :county AND month < :month)), '-infinity')))
    ON CONFLICT ON CONSTRAINT cycle_duties_one_an_account DO NOTHING
    """,
)
# The same before any cycle is open: bringing terms and bringing facts for the next cycle are two duties.
OTHER_DUTY_PENDING = Query(
    bool,
    """
    SELECT EXISTS (
        SELECT FROM sheet_files
         WHERE county_code = :county AND account_id = :account_id AND month IS NULL
           AND (kind IN ('programmes', 'plans', 'budget')) <> (:duty::text = 'terms')
           AND taken_at > coalesce((SELECT max(first_at) FROM (
                   SELECT min(ran_at) AS first_at FROM runs WHERE county_code = :county GROUP BY cycle_id) AS firsts),
               '-infinity'))
    """,
)
ADD_CYCLE = Query(
    None,
    """
    WITH opened AS (
        INSERT INTO cycles (county_code, month, opened_at) VALUES (:county, :month, :now)
        ON CONFLICT ON CONSTRAINT cycles_once DO NOTHING
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
    INSERT INTO cycle_events (county_code, cycle_id, state, account_id, at)
    SELECT county_code, id, state, :account_id, :now FROM moved
    RETURNING 1
    """,
)
# The primary key decides between two officials, or two duties of one, at once: the second waits, then sees the first.
TAKE_DUTY = Query(
    None,
    """
    INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)
    VALUES (:county, :cycle_id, :account_id, :duty, :now)
    ON CONFLICT ON CONSTRAINT cycle_duties_one_an_account DO NOTHING
    """,
)
DUTY_HELD = Query(Duty, "SELECT duty FROM cycle_duties WHERE cycle_id = :cycle_id AND account_id = :account_id")


def read_county(text: str) -> str:
    """Return a county's six digits, written with six or with twelve.

    Raises:
        BadCounty: it is neither.
    """
    if not _COUNTY.fullmatch(text):
        raise BadCounty(value=text)
    return text[:6]


def read_month(text: str) -> date:
    """Return the first day of a month written `2019-01`.

    Raises:
        BadMonth: it is not written so.
    """
    try:
        month = parse_month(text)
    except ValueError:
        raise BadMonth(value=text) from None
    if not _FIRST_YEAR <= month.year <= _LAST_YEAR:
        raise BadMonth(value=text)
    return month


def read_quarter(text: str) -> tuple[date, date]:
    """Return the first day of a quarter written `2019Q1`, and the first day after it.

    Raises:
        BadQuarter: it is not written so.
    """
    found = _QUARTER.fullmatch(text)
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise BadQuarter(value=text)
    first = date(int(found[1]), 3 * int(found[2]) - 2, 1)
    return first, next_month(next_month(next_month(first)))


def places_of(actor: Actor | None, role: Role, county: str) -> list[str]:
    """Return for which places in the county the actor holds the role: the county's code, or codes inside it.

    Raises:
        NotSignedIn: nobody acts.
        NotAllowed: the actor holds the role nowhere in the county.
        SecondFactorNeeded: the second factor has not been shown.
    """
    if actor is None:
        raise NotSignedIn
    scopes = [
        max(grant.scope, county, key=len)
        for grant in actor.grants
        if grant.role is role and (county.startswith(grant.scope) or grant.scope.startswith(county))
    ]
    if not scopes:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded
    return [county] if county in scopes else sorted(set(scopes))


def require_county(actor: Actor | None, role: Role, county: str) -> Actor:
    """Let pass who holds the role for the whole county.

    Raises:
        NotSignedIn: nobody acts.
        NotAllowed: the actor does not hold the role for the whole county.
        SecondFactorNeeded: the second factor has not been shown.
    """
    if places_of(actor, role, county) != [county] or actor is None:
        raise NotAllowed
    return actor


async def hold_duty(conn: Connection, cycle: Cycle, actor: Actor | None, duty: Duty, *, now: datetime) -> Actor:
    """Count the actor for a duty of the cycle; a second time is the same duty and changes nothing.

    Raises:
        NotSignedIn: nobody acts.
        SecondDuty: the actor holds another duty of this cycle (R14).
    """
    if actor is None:
        raise NotSignedIn
    await TAKE_DUTY.run(
        conn, county=cycle.county_code, cycle_id=cycle.id, account_id=actor.account_id, duty=duty, now=now
    )
    held = await DUTY_HELD.one(conn, cycle_id=cycle.id, account_id=actor.account_id)
    if held is not duty:
        raise SecondDuty(month=cycle.name, held=held, wanted=duty)
    return actor


async def hold_in_open_cycles(conn: Connection, county: str, actor: Actor, duty: Duty, *, now: datetime) -> None:
    """Count who brings facts of no one month (register, terms, bindings, use) in every cycle they may still change.

    Raises:
        SecondDuty: the actor holds another duty of one of them, or of the cycle to come (R14).
    """
    for cycle in await UNDECIDED_CYCLES.all(conn, county=county):
        await hold_duty(conn, cycle, actor, duty, now=now)
    if await OTHER_DUTY_PENDING.one(conn, county=county, account_id=actor.account_id, duty=duty):
        other = Duty.IMPORT if duty is Duty.TERMS else Duty.TERMS
        raise SecondDuty(month="下一个", held=other, wanted=duty)


async def find_cycle(conn: Connection, county: str, month: date) -> Cycle:
    """Return the month's cycle.

    Raises:
        NoCycle: nothing was opened for it.
    """
    cycle = await FIND_CYCLE.maybe(conn, county=county, month=month)
    if cycle is None:
        raise NoCycle(month=f"{month:%Y-%m}")
    return cycle


async def lock_cycle(conn: Connection, county: str, month: date) -> Cycle:
    """Return the month's cycle, locked until the caller's transaction ends.

    Raises:
        NoCycle: nothing was opened for it.
    """
    cycle = await LOCK_CYCLE.maybe(conn, county=county, month=month)
    if cycle is None:
        raise NoCycle(month=f"{month:%Y-%m}")
    return cycle


async def open_cycle(conn: Connection, county: str, month: date, actor: Actor, *, now: datetime) -> Cycle:
    """Return the month's cycle, locked; it is opened where it was not."""
    await ADD_CYCLE.run(conn, county=county, month=month, account_id=actor.account_id, now=now)
    return await lock_cycle(conn, county, month)


async def move_cycle(
    conn: Connection, cycle: Cycle, state: State, actor: Actor, *, now: datetime, run_id: RunId | None = None
) -> Cycle:
    """Move a locked cycle on, with its event, from whatever state the caller checked."""
    moved = await MOVE_CYCLE.maybe(
        conn,
        cycle_id=cycle.id,
        state=state,
        run_id=run_id,
        froms=[cycle.state],
        account_id=actor.account_id,
        now=now,
    )
    assert moved == 1, "the cycle was not locked"  # noqa: S101 - our own mistake
    return msgspec.structs.replace(cycle, state=state, run_id=run_id or cycle.run_id)


def require_state(cycle: Cycle, states: Iterable[State]) -> None:
    """Let pass a cycle that is in one of the states.

    Raises:
        CycleClosed: it is closed.
        WrongState: it is elsewhere.
    """
    wanted = list(states)
    if cycle.state in wanted:
        return
    if cycle.state is State.CLOSED:
        raise CycleClosed(month=cycle.name)
    raise WrongState(
        month=cycle.name,
        state=STATE_NAMES[cycle.state],
        needed="、".join(STATE_NAMES[state] for state in wanted),
    )
