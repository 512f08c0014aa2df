"""The three looks at a calculated month: the village confirms, the township reviews, the county decides."""

from datetime import date, datetime

from msgspec import Struct

from market.audit import record
from market.identity import Actor
from market.kernel import Connection, Query
from market.subsidies.case import gather
from market.subsidies.cycles import (
    ROLE_OF,
    Cycle,
    hold_duty,
    lock_cycle,
    move_cycle,
    places_of,
    require_county,
    require_state,
)
from market.subsidies.engine import hash_case
from market.subsidies.models import (
    AppliedForIt,
    Done,
    Duty,
    FactsChanged,
    FindingsUndecided,
    State,
)

_MOST_NAMED = 20


class _Waiting(Struct, frozen=True):
    check: str
    subject: str


ADD_APPROVALS = Query(
    None,
    """
    INSERT INTO cycle_approvals (county_code, cycle_id, run_id, duty, scope, account_id, approved_at)
    SELECT :county, :cycle_id, :run_id, :duty, scope, :account_id, :now FROM unnest(:scopes::text[]) AS scope
    ON CONFLICT ON CONSTRAINT cycle_approvals_once DO NOTHING
    """,
)
# Villages whose lines nobody has looked at; a line of no village is the county's, whoever looks.
PLACES_WAITING = Query(
    int,
    """
    SELECT count(*)
      FROM (SELECT DISTINCT village_code FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND village_code IS NOT NULL) AS villages
     WHERE NOT EXISTS (SELECT FROM cycle_approvals a
                        WHERE a.run_id = :run_id AND a.duty = :duty AND starts_with(village_code, a.scope))
    """,
)
APPLIED_FOR = Query(
    str,
    """
    SELECT r.line_code
      FROM run_lines r
      JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND e.agent IN (:name, :handle)
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope
                    WHERE starts_with(coalesce(r.village_code, r.county_code), scope))
     ORDER BY r.line_code LIMIT 1
    """,
)
FINDINGS_WAITING = Query(
    _Waiting,
    """
    SELECT f.check_code AS "check", f.subject
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND f.stops AND f.state = 'open'
       AND (f.month = :month OR (f.month IS NULL AND c.month <= :month))
     ORDER BY f.check_code, f.subject
    """,
)
MANIFEST_OF_RUN = Query(str, "SELECT manifest_sha256 FROM runs WHERE id = :run_id")


async def confirm_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Say for one's villages that the month's lines are as they are in life (村级评议核实).

    The month is confirmed when every village with a line is. Whoever applied for a household does not confirm it. The
    caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not confirm in the county.
        SecondDuty, AppliedForIt: the actor holds another duty of this cycle, or applied for a line of it (R14).
        NoCycle, CycleClosed, WrongState: the month is not calculated, or is further on.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.VILLAGE, now=now)
    places = places_of(actor, ROLE_OF[Duty.VILLAGE], county)
    require_state(cycle, [State.CALCULATED])
    own = await APPLIED_FOR.maybe(
        conn, county=county, run_id=cycle.run_id, name=actor.name, handle=actor.handle or actor.name, scopes=places
    )
    if own is not None:
        raise AppliedForIt(month=cycle.name, line=own)
    return await _approve(conn, cycle, actor, Duty.VILLAGE, places, now=now)


async def review_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Review the exceptions and a sample of one's townships (乡镇审核). The caller owns the transaction.

    The month is reviewed when every township with a line is.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not review in the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, CycleClosed, WrongState: the villages have not all confirmed, or the month is further on.
        FindingsUndecided: a stopping finding waits for a decision.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.TOWNSHIP, now=now)
    places = places_of(actor, ROLE_OF[Duty.TOWNSHIP], county)
    require_state(cycle, [State.CONFIRMED])
    await refuse_undecided(conn, cycle)
    return await _approve(conn, cycle, actor, Duty.TOWNSHIP, places, now=now)


async def decide_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> Done:
    """Decide the month against its budget (县级审定). The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not decide for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, CycleClosed, WrongState: the month is not reviewed, or is further on.
        FindingsUndecided: a stopping finding waits for a decision.
        FactsChanged: what was calculated is not what is known now; the month is calculated and reviewed again.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.COUNTY, now=now)
    actor = require_county(actor, ROLE_OF[Duty.COUNTY], county)
    require_state(cycle, [State.REVIEWED])
    await refuse_undecided(conn, cycle)
    facts = await gather(conn, county, month)
    if hash_case(facts.case) != await MANIFEST_OF_RUN.one(conn, run_id=cycle.run_id):
        raise FactsChanged(month=cycle.name)
    return await move_on(conn, cycle, actor, State.DECIDED, action="decide month", now=now)


async def refuse_undecided(conn: Connection, cycle: Cycle) -> None:
    """Let pass a month without an open stopping finding.

    Raises:
        FindingsUndecided: some wait.
    """
    waiting = await FINDINGS_WAITING.all(conn, county=cycle.county_code, month=cycle.month)
    if waiting:
        raise FindingsUndecided(
            count=len(waiting), first=[(each.check, each.subject) for each in waiting[:_MOST_NAMED]]
        )


async def _approve(
    conn: Connection, cycle: Cycle, actor: Actor, duty: Duty, places: list[str], *, now: datetime
) -> Done:
    """Note the look at some places; the last one moves the cycle on."""
    await ADD_APPROVALS.run(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        run_id=cycle.run_id,
        duty=duty,
        scopes=places,
        account_id=actor.account_id,
        now=now,
    )
    waiting = await PLACES_WAITING.one(conn, county=cycle.county_code, run_id=cycle.run_id, duty=duty)
    if not waiting:
        state = State.CONFIRMED if duty is Duty.VILLAGE else State.REVIEWED
        return await move_on(conn, cycle, actor, state, action=f"{duty} approves month", now=now)
    await _note(conn, cycle, actor, f"{duty} approves places", now=now)
    return Done(county=cycle.county_code, month=cycle.name, state=cycle.state, waiting=waiting)


async def move_on(conn: Connection, cycle: Cycle, actor: Actor, state: State, *, action: str, now: datetime) -> Done:
    """Move a locked cycle to its next state and note it in the audit record."""
    cycle = await move_cycle(conn, cycle, state, actor, now=now)
    await _note(conn, cycle, actor, action, now=now)
    return Done(county=cycle.county_code, month=cycle.name, state=cycle.state)


async def _note(conn: Connection, cycle: Cycle, actor: Actor, action: str, *, now: datetime) -> None:
    await record(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"cycle:{cycle.county_code}:{cycle.name}",
        detail={"state": cycle.state},
        now=now,
    )
