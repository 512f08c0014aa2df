"""Hold a line on the suspicion of an official (停付), also after the county's decision until the month is settled."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_role
from market.people.identity.models import Actor, NotSignedIn
from market.subsidies.findings.stopping_checks import HELD_BY_OFFICIAL
from market.subsidies.line_codes import find_stored_codes
from market.subsidies.models import DecisionReasonMissing, SubsidyLineNotFound
from market.subsidies.month.cycles import MAX_OPINION_LENGTH, Cycle, lock_cycle, require_state
from market.subsidies.month.steps import CONFIRM, DECIDE, HOLDABLE_STATES, REVIEW, SETTLE

HOLDING_ROLES = frozenset({CONFIRM.role, REVIEW.role, DECIDE.role, SETTLE.role})
"""Who may hold a line of their divisions; it is none of the seven duties (R14), and only the township ends it."""


class HoldResult(Struct, frozen=True, kw_only=True):
    """A line that is held until the township decides its finding; `evidence` has every suspicion about it."""

    county: str
    month: str
    line: str
    check: str
    evidence: str


class _LineVillage(Struct, frozen=True):
    village: str | None


FIND_LINE = Query(
    _LineVillage,
    """
    SELECT village_code AS village FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND line_code = :line
    """,
)
ADD_HOLD = Query(
    None,
    """
    INSERT INTO line_holds (county_code, cycle_id, line_code, account_id, why, held_at)
    VALUES (:county, :cycle_id, :line, :account_id, :why, :now)
    """,
)
# It rests on the facts of the latest calculation: a file that is being imported meanwhile is later.
OPEN_HELD_FINDING = Query(
    UUID,
    """
    INSERT INTO findings (county_code, cycle_id, check_code, subject, stops, at_risk_fen, evidence, opened_at, seen_in,
                          seen_at, facts_at)
    SELECT :county, :cycle_id::uuid, :check, :line, true, :at_risk_fen, :evidence, facts_at, ARRAY[:month::date],
           facts_at, facts_at
      FROM (SELECT max(calculated_at) AS facts_at FROM cycles WHERE county_code = :county) AS calculated
    ON CONFLICT ON CONSTRAINT findings_unique DO UPDATE
       SET state = 'open', cycle_id = excluded.cycle_id, at_risk_fen = excluded.at_risk_fen,
           evidence = excluded.evidence, opened_at = excluded.opened_at, seen_at = excluded.seen_at,
           facts_at = excluded.facts_at,
           seen_in = array_remove(findings.seen_in, :month) || :month::date
    RETURNING id
    """,
)
HOLD_LINE = Query(
    None,
    """
    INSERT INTO finding_lines (finding_id, line_code, county_code) VALUES (:finding_id, :line, :county)
    ON CONFLICT ON CONSTRAINT finding_lines_unique DO UPDATE SET verdict = NULL
    """,
)


async def hold_line(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    line: str,
    *,
    why: str,
    seal: Seal,
    now: datetime,
) -> HoldResult:
    """Open a stopping finding about a line that is not settled yet, with the suspicion as its evidence.

    It holds the line in this month and every later one until the township decides it; an earlier decision of such a
    finding is asked for again. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor has none of `HOLDING_ROLES` for the line's village.
        CycleNotFound, CycleClosed, WrongState: the month is not calculated, or is settled.
        SubsidyLineNotFound: the month has no such line.
        DecisionReasonMissing: the reason is missing or too long.
    """
    if actor is None:
        raise NotSignedIn
    cycle = await lock_cycle(conn, county, month)
    require_state(cycle, HOLDABLE_STATES)
    [stored] = await find_stored_codes(conn, seal, county, [line])
    found = await FIND_LINE.maybe(conn, run_id=cycle.run_id, county=county, line=stored)
    if found is None:
        raise SubsidyLineNotFound(month=cycle.name, line=line)
    require_role(actor, HOLDING_ROLES, found.village or county)
    if not 1 <= len(why.strip()) <= MAX_OPINION_LENGTH:
        raise DecisionReasonMissing
    await ADD_HOLD.run(
        conn, county=county, cycle_id=cycle.id, line=stored, account_id=actor.account_id, why=why.strip(), now=now
    )
    evidence = await _open_finding(conn, cycle, stored)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="hold line",
        object=f"cycle:{county}:{cycle.name}",
        detail={"line": stored, "state": cycle.state},
        now=now,
    )
    return HoldResult(county=county, month=cycle.name, line=line, check="held_by_official", evidence=evidence)


async def _open_finding(conn: Connection, cycle: Cycle, line: str) -> str:
    """Open the finding that the check of the next calculation will see too; return its evidence."""
    suspicions = await HELD_BY_OFFICIAL.all(conn, county=cycle.county_code, run_id=cycle.run_id)
    [seen] = [each for each in suspicions if each.subject == line]
    finding_id = await OPEN_HELD_FINDING.one(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        month=cycle.month,
        check="held_by_official",
        line=line,
        at_risk_fen=seen.at_risk_fen,
        evidence=seen.evidence,
    )
    await HOLD_LINE.run(conn, finding_id=finding_id, line=line, county=cycle.county_code)
    return seen.evidence
