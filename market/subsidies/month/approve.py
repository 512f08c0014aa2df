"""The three approvals of a calculated month: the village confirms, the township reviews, the county decides."""

import asyncio
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.subsidies.agreements.terms import require_approved_terms
from market.subsidies.engine.canonical import hash_case
from market.subsidies.findings.checks import prepare_checks, run_checks
from market.subsidies.line_codes import show_lines
from market.subsidies.models import AppliedForLine, FactsChanged, FindingsUndecided, StepResult
from market.subsidies.month.budget_lines import commit_month
from market.subsidies.month.build_case import load_facts
from market.subsidies.month.cycles import (
    GET_FACTS_TIME,
    LOCK_IMPORTS,
    SET_CALCULATED,
    Cycle,
    begin_step,
    move_cycle,
    require_state,
)
from market.subsidies.month.steps import CONFIRM, DECIDE, REVIEW, MonthStep
from market.subsidies.progress import Report, Stage, report_nothing

_MAX_NAMED = 20


class _OpenFinding(Struct, frozen=True):
    check: str
    subject: str


ADD_APPROVALS = Query(
    None,
    """
    INSERT INTO cycle_approvals (county_code, cycle_id, run_id, duty, scope, account_id, approved_at, round, opinion)
    SELECT :county, c.id, c.run_id, :duty::text, scope, :account_id, :now,
           CASE :duty::text WHEN 'village' THEN c.village_round ELSE c.township_round END, :opinion
      FROM cycles c, unnest(:scopes::text[]) AS scope
     WHERE c.id = :cycle_id
    ON CONFLICT ON CONSTRAINT cycle_approvals_unique DO NOTHING
    """,
)
# Villages with lines that are not approved; a line without a village belongs to the county.
COUNT_PENDING_VILLAGES = Query(
    int,
    """
    SELECT count(*)
      FROM (SELECT DISTINCT village_code FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND village_code IS NOT NULL) AS villages
     WHERE NOT EXISTS (SELECT FROM valid_approvals a
                        WHERE a.run_id = :run_id AND a.duty = :duty AND starts_with(village_code, a.scope))
    """,
)
# The agent is known by identity number if both have one, else by name or alias; an official with another account, by
# the name of that one too. Who is enrolled applied for themselves, and is known by identity number.
FIND_OWN_APPLICATION = Query(
    str,
    """
    WITH number AS MATERIALIZED (SELECT identity_index AS own FROM accounts WHERE id = :account_id),
    own AS MATERIALIZED (
        SELECT name, fold_official_name(name) AS folded
          FROM (SELECT :name::text AS name
                 UNION SELECT name FROM accounts
                        WHERE id IN (SELECT account_id FROM grants WHERE starts_with(scope, :county))
                          AND is_same_person(id, :account_id)) AS names),
    own_parts AS MATERIALIZED (SELECT list_name_parts(name) AS part FROM own),
    texts AS MATERIALIZED (
        SELECT agent, fold_official_name(agent) AS folded
          FROM (SELECT DISTINCT agent FROM enrolments WHERE county_code = :county AND agent <> '') AS written),
    parts AS MATERIALIZED (SELECT agent, list_name_parts(agent) AS part FROM texts),
    agents AS MATERIALIZED (
        SELECT agent FROM texts
         WHERE lower(btrim(agent)) = :handle
            OR folded IN (SELECT part FROM own_parts)
            OR agent IN (SELECT agent FROM parts WHERE part IN (SELECT folded FROM own)))
    SELECT r.line_code
      FROM (SELECT line_code FROM enrolments
             WHERE county_code = :county
               AND coalesce(agent_identity_index = (SELECT own FROM number), agent IN (SELECT agent FROM agents))
             UNION
            SELECT line_code FROM enrolments
             WHERE county_code = :county AND identity_index = (SELECT own FROM number)) AS e
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = e.line_code
     WHERE EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope
                    WHERE starts_with(coalesce(r.village_code, r.county_code), scope))
     ORDER BY r.line_code LIMIT 1
    """,
)
LIST_OPEN_STOPPING_FINDINGS = Query(
    _OpenFinding,
    """
    SELECT check_code AS "check", subject FROM cycle_findings
     WHERE county_code = :county AND month = :month AND stops AND state = 'open'
     ORDER BY check_code, subject
    """,
)
GET_RUN_MANIFEST = Query(str, "SELECT manifest_sha256 FROM runs WHERE id = :run_id")


async def confirm_month(
    conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime, opinion: str = ""
) -> StepResult:
    """Confirm for the actor's villages that the month's lines match the facts (村级评议核实).

    The month is confirmed when every village with a line has confirmed. The agent who applied for a household may not
    confirm it. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not confirm in the county.
        SecondDuty, AppliedForLine: the actor holds another duty of this cycle, or applied for a line of it (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not calculated, or is past this step.
    """
    cycle, actor, scopes = await begin_step(conn, CONFIRM, actor, county, month, now=now)
    require_state(cycle, CONFIRM.froms)
    own = await FIND_OWN_APPLICATION.maybe(
        conn,
        county=county,
        run_id=cycle.run_id,
        account_id=actor.account_id,
        name=actor.name,
        handle=actor.handle or "",
        scopes=scopes,
    )
    if own is not None:
        raise AppliedForLine(month=cycle.name, line=own)
    return await _approve(conn, cycle, actor, CONFIRM, scopes, now=now, opinion=opinion)


async def review_month(
    conn: Connection, actor: Actor | None, county: str, month: date, *, seal: Seal, now: datetime, opinion: str = ""
) -> StepResult:
    """Review the exceptions and a sample of the actor's townships (乡镇审核). The caller owns the transaction.

    The month is reviewed when every township with a line has reviewed.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not review in the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the villages have not all confirmed, or the month is past this step.
        FindingsUndecided: a stopping finding is not decided.
    """
    cycle, actor, scopes = await begin_step(conn, REVIEW, actor, county, month, now=now)
    require_state(cycle, REVIEW.froms)
    await require_findings_decided(conn, seal, cycle)
    return await _approve(conn, cycle, actor, REVIEW, scopes, now=now, opinion=opinion)


async def decide_month(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    seal: Seal,
    now: datetime,
    opinion: str = "",
    report: Report = report_nothing,
) -> StepResult:
    """Decide the month against its budget (县级审定), which commits its public sums. The caller owns the transaction.

    All facts of the county are read again, which takes a second for 28,000 lines.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not decide for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not reviewed, or is past this step.
        FindingsUndecided: a stopping finding is not decided.
        TermsNotApproved: the county requires approved terms, see `require_approved_terms`.
        FactsChanged: the facts changed after the calculation, or a check finds something else in them; the month must
            be calculated and reviewed again.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    cycle, actor, _ = await begin_step(conn, DECIDE, actor, county, month, now=now)
    require_state(cycle, DECIDE.froms)
    await require_findings_decided(conn, seal, cycle)
    await require_approved_terms(conn, county, month, run_id=cycle.run_id, now=now)
    facts = await load_facts(conn, seal, county, month)
    report(Stage.CHECKING)
    if await asyncio.to_thread(hash_case, facts.case) != await GET_RUN_MANIFEST.one(conn, run_id=cycle.run_id):
        raise FactsChanged(month=cycle.name)
    await _require_nothing_found(conn, cycle, seal=seal, now=now)
    result = await advance_cycle(conn, cycle, actor, DECIDE, action="decide month", now=now, opinion=opinion)
    await commit_month(conn, cycle, now=now)
    return result


async def _require_nothing_found(conn: Connection, cycle: Cycle, *, seal: Seal, now: datetime) -> None:
    """Require that the checks stop nothing that was not decided: what they read is more than the case of the month.

    Raises:
        FactsChanged: they do; the next calculation shows what.
    """
    assert cycle.run_id is not None, "a reviewed month was calculated"
    facts_at = await GET_FACTS_TIME.one(conn, county=cycle.county_code, now=now)
    await SET_CALCULATED.run(conn, cycle_id=cycle.id, facts_at=facts_at)
    checks = await prepare_checks(conn, cycle, seal=seal, now=now)
    await run_checks(conn, cycle, cycle.run_id, checks, seal=seal, facts_at=facts_at)
    if await LIST_OPEN_STOPPING_FINDINGS.all(conn, county=cycle.county_code, month=cycle.month):
        raise FactsChanged(month=cycle.name)


async def require_findings_decided(conn: Connection, seal: Seal, cycle: Cycle) -> None:
    """Require that no stopping finding of the month is open.

    Raises:
        FindingsUndecided: one is open.
    """
    open_findings = await LIST_OPEN_STOPPING_FINDINGS.all(conn, county=cycle.county_code, month=cycle.month)
    if open_findings:
        named = await show_lines(conn, seal, open_findings[:_MAX_NAMED], "subject")
        raise FindingsUndecided(count=len(open_findings), first=[(each.check, each.subject) for each in named])


async def _approve(
    conn: Connection, cycle: Cycle, actor: Actor, step: MonthStep, scopes: list[str], *, now: datetime, opinion: str
) -> StepResult:
    """Record the approval of some divisions; the last approval advances the cycle."""
    await ADD_APPROVALS.run(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        duty=step.duty,
        scopes=scopes,
        account_id=actor.account_id,
        opinion=opinion,
        now=now,
    )
    pending = await COUNT_PENDING_VILLAGES.one(conn, county=cycle.county_code, run_id=cycle.run_id, duty=step.duty)
    if not pending:
        return await advance_cycle(
            conn, cycle, actor, step, action=f"{step.duty} approves month", now=now, opinion=opinion
        )
    await _record_step(conn, cycle, actor, f"{step.duty} approves places", now=now)
    return StepResult(county=cycle.county_code, month=cycle.name, state=cycle.state, waiting=pending)


async def advance_cycle(
    conn: Connection, cycle: Cycle, actor: Actor, step: MonthStep, *, action: str, now: datetime, opinion: str
) -> StepResult:
    """Move a locked cycle to the state after a step, with an audit entry."""
    cycle = await move_cycle(conn, cycle, step, actor, now=now, opinion=opinion)
    await _record_step(conn, cycle, actor, action, now=now)
    return StepResult(county=cycle.county_code, month=cycle.name, state=cycle.state)


async def _record_step(conn: Connection, cycle: Cycle, actor: Actor, action: str, *, now: datetime) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"cycle:{cycle.county_code}:{cycle.name}",
        detail={"state": cycle.state},
        now=now,
    )
