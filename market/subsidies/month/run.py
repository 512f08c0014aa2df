"""Calculate and match a month: snapshot, answer of each line, findings, adjustments (R10, R12)."""

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.database import open_reader
from market.kernel.seal import Seal
from market.kernel.threads import run_beside, start_beside
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.subsidies.engine.answer import Answer, Totals
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import canonical_json, hash_case
from market.subsidies.engine.command import pause_gc
from market.subsidies.findings.ask_again import ask_again
from market.subsidies.findings.checks import Preparation, list_unpaid_below_plan, prepare_checks, run_checks
from market.subsidies.models import (
    DUTY_NAMES,
    ApprovalsWouldBeVoid,
    CycleState,
    Duty,
    Outcome,
    RunId,
    TooManyRuns,
)
from market.subsidies.month.adjust import post_adjustments
from market.subsidies.month.build_case import FactRows, MonthFacts, build_facts, load_case, read_fact_rows
from market.subsidies.month.cycles import (
    ADD_FILE_DUTIES,
    FIND_CYCLE,
    GET_FACTS_TIME,
    LOCK_IMPORTS,
    SET_CALCULATED,
    Cycle,
    move_cycle,
    open_cycle,
    require_state,
    take_duty,
)
from market.subsidies.month.steps import CLOSE, RUN
from market.subsidies.month.store_run import CASE_CONTEXT, seal_case, store_run
from market.subsidies.month.validate_case import validate_case
from market.subsidies.progress import Report, Stage, report_nothing

MAX_RUNS_A_DAY = 60
"""Runs of a county that are stored on one business day; each keeps the answer of every line, of replaced runs too."""


class RunResult(Struct, frozen=True, kw_only=True):
    """The result of a run; unchanged facts give the same hashes and no posting."""

    outcome: Outcome
    county: str
    month: str
    state: CycleState
    run: int
    manifest_sha256: str
    result_sha256: str
    postings: int
    waiting: int
    findings_changed: int
    lines: int
    totals: Totals


class _Approver(Struct, frozen=True):
    duty: Duty
    name: str


class _RunRow(Struct, frozen=True):
    id: RunId
    n: int
    manifest_sha256: str


FIND_LATEST_RUN = Query(
    _RunRow,
    "SELECT id, n, manifest_sha256 FROM runs WHERE cycle_id = :cycle_id ORDER BY n DESC LIMIT 1",
)
GET_SEALED_CASE = Query(
    bytes,
    """
    SELECT case_sealed FROM runs JOIN case_snapshots USING (county_code, manifest_sha256)
     WHERE runs.id = :run_id AND county_code = :county
    """,
)

# The lock of the county's imports makes it exact.
COUNT_RUNS = Query(
    int,
    """
    SELECT count(*)::integer FROM cycles JOIN runs ON cycle_id = cycles.id
     WHERE cycles.county_code = :county AND ran_at >= :day_start
    """,
)
LIST_VALID_APPROVERS = Query(
    _Approver,
    """
    SELECT DISTINCT v.duty, a.name FROM valid_approvals v JOIN accounts a ON a.id = v.account_id
     WHERE v.cycle_id = :cycle_id ORDER BY v.duty DESC, a.name LIMIT 100
    """,
)


async def run_month(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    opinion: str = "",
    void_approvals: bool = False,
    seal: Seal,
    now: datetime,
    report: Report = report_nothing,
    beside: Database | None = None,
) -> RunResult:
    """Calculate a month from the current facts, match it with the claims, and open the findings of the checks.

    Before the county's decision a run replaces the previous one and, with `void_approvals`, voids its approvals. For a
    closed month the changes are posted as adjustments in the open cycle, except for lines that are asked again.
    Unchanged facts are a no-op, except that a returned month is calculated again. The caller owns the transaction; if
    it has written nothing, a second connection of `beside` reads half of the facts and what the checks prepare.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not import for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        MonthNotOpened: the month has not ended, or is before the county's first cycle.
        WrongState: the month is decided and not yet closed.
        CaseInvalid: facts must be corrected first; each is listed.
        ApprovalsWouldBeVoid: the facts changed after approvals that were not given up.
        TooManyRuns: the county stored `MAX_RUNS_A_DAY` runs on this business day.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    async with open_reader(beside, conn, scope=county) as reader:
        cycle, actor, facts_at = await _begin_run(conn, actor, county, month, now=now)
        await _require_runs_left(conn, seal, cycle, now=now)
        run, fresh, facts, answer, checks = await _calculate_and_store(
            conn, reader, actor, cycle, void_approvals=void_approvals, seal=seal, report=report, now=now
        )
    postings = waiting = 0
    if cycle.state is CLOSE.after:
        changed = await ask_again(conn, cycle, run.id, facts_at=facts_at)
        postings, waiting = await _adjust(conn, actor, cycle, run.id, facts=facts, answer=answer, now=now)
    else:
        if fresh or cycle.state is RUN.before:
            cycle = await move_cycle(conn, cycle, RUN, actor, now=now, run_id=run.id, opinion=opinion)
        changed = await run_checks(conn, cycle, run.id, checks, seal=seal, facts_at=facts_at)
    if fresh:
        await _record_run(conn, actor, cycle, answer, now=now)
    return RunResult(
        outcome=Outcome.OK if fresh or postings or changed else Outcome.NO_OP,
        county=county,
        month=cycle.name,
        state=cycle.state,
        run=run.n,
        manifest_sha256=answer.manifest_sha256,
        result_sha256=answer.result_sha256,
        postings=postings,
        waiting=waiting,
        findings_changed=changed,
        lines=len(answer.lines),
        totals=answer.totals,
    )


async def _adjust(
    conn: Connection, actor: Actor, cycle: Cycle, run_id: RunId, *, facts: MonthFacts, answer: Answer, now: datetime
) -> tuple[int, int]:
    """Post what changed in a closed month in the open cycle; return how many postings, and how many wait."""
    below = await list_unpaid_below_plan(conn, cycle, run_id)
    return await post_adjustments(
        conn, actor, cycle, facts=facts, answer=answer, run_id=run_id, below_plan=below, now=now
    )


async def _record_run(conn: Connection, actor: Actor, cycle: Cycle, answer: Answer, *, now: datetime) -> None:
    """Record who calculated a month, with the digests of its case and its result."""
    detail: dict[str, object] = {"manifest_sha256": answer.manifest_sha256, "result_sha256": answer.result_sha256}
    object_ = f"cycle:{cycle.county_code}:{cycle.name}"
    await add_audit_entry(conn, actor=str(actor.account_id), action="run month", object=object_, detail=detail, now=now)


async def _calculate_and_store(
    conn: Connection,
    reader: Connection | None,
    actor: Actor,
    cycle: Cycle,
    *,
    void_approvals: bool,
    seal: Seal,
    report: Report,
    now: datetime,
) -> tuple[_RunRow, bool, MonthFacts, Answer, Preparation]:
    """Read, calculate and store a month; return its run and whether it is new, the facts, the answer and its checks.

    With a `reader`, what the checks need is read until the run is stored, otherwise only while it is calculated.

    Raises:
        CaseInvalid: facts must be corrected first; each is listed.
        ApprovalsWouldBeVoid: the facts changed after approvals that were not given up.
    """
    with pause_gc():
        stored = await read_fact_rows(conn, cycle.county_code, cycle.month, reader=reader)
        report(Stage.CALCULATING)
        async with start_beside(prepare_checks(reader or conn, cycle, seal=seal, now=now)) as preparing:
            async with run_beside(_calculate, stored, seal) as calculating:
                if reader is None:
                    await preparing
            facts, case_sealed, answer = calculating.result()
            report(Stage.STORING)
            run, fresh = await _find_or_store_run(
                conn, actor, cycle, facts, answer, case_sealed=case_sealed, void_approvals=void_approvals, now=now
            )
            return run, fresh, facts, answer, await preparing


def _calculate(stored: FactRows, seal: Seal) -> tuple[MonthFacts, bytes, Answer]:
    """Build, validate, seal and calculate the case of a month, which takes two seconds for a large county.

    Raises:
        CaseInvalid: facts must be corrected first; each is listed.
    """
    facts = build_facts(seal, stored)
    validate_case(facts.case)
    case_json = canonical_json(facts.case)
    with ThreadPoolExecutor(1) as beside:
        sealing = beside.submit(seal_case, seal, case_json)
        answer = calculate(facts.case, case_json=case_json)
        return facts, sealing.result(), answer


async def _begin_run(
    conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime
) -> tuple[Cycle, Actor, datetime]:
    """Open and lock the cycle of the locked facts, and unless it is closed take the duties of run and files.

    The time of the facts is returned too.
    """
    existing = await FIND_CYCLE.maybe(conn, county=county, month=month)
    if existing is not None and existing.state is not CLOSE.after:
        await take_duty(conn, existing, actor, RUN.duty, now=now)
    actor = require_county_role(actor, RUN.role, county)
    cycle = await open_cycle(conn, county, month, actor, now=now)
    if cycle.state is not CLOSE.after:
        await take_duty(conn, cycle, actor, RUN.duty, now=now)
        require_state(cycle, RUN.froms)
        await ADD_FILE_DUTIES.run(conn, county=county, cycle_id=cycle.id, month=month, now=now)
    facts_at = await GET_FACTS_TIME.one(conn, county=county, now=now)
    await SET_CALCULATED.run(conn, cycle_id=cycle.id, facts_at=facts_at)
    return cycle, actor, facts_at


async def _require_runs_left(conn: Connection, seal: Seal, cycle: Cycle, *, now: datetime) -> None:
    """Require, before anything is calculated, that a run of the facts may be stored; unchanged ones store none.

    Raises:
        TooManyRuns: the county stored `MAX_RUNS_A_DAY` runs on this business day.
    """
    day = get_business_day(now)
    if await COUNT_RUNS.one(conn, county=cycle.county_code, day_start=get_day_start(day)) < MAX_RUNS_A_DAY:
        return
    latest = await FIND_LATEST_RUN.maybe(conn, cycle_id=cycle.id)
    case = await load_case(conn, seal, cycle.county_code, cycle.month)
    if latest is not None and latest.manifest_sha256 == await asyncio.to_thread(hash_case, case):
        return
    tomorrow = get_day_start(day + timedelta(days=1))
    raise TooManyRuns(limit=MAX_RUNS_A_DAY, retry_after=round((tomorrow - now).total_seconds()))


async def _find_or_store_run(
    conn: Connection,
    actor: Actor,
    cycle: Cycle,
    facts: MonthFacts,
    answer: Answer,
    *,
    case_sealed: bytes,
    void_approvals: bool,
    now: datetime,
) -> tuple[_RunRow, bool]:
    """Return the cycle's run of these facts, and whether it is new.

    Raises:
        ApprovalsWouldBeVoid: the facts changed after approvals that were not given up.
    """
    latest = await FIND_LATEST_RUN.maybe(conn, cycle_id=cycle.id)
    if latest is not None and latest.manifest_sha256 == answer.manifest_sha256:
        return latest, False
    if cycle.state is not CLOSE.after and not void_approvals and (approvals := await describe_approvals(conn, cycle)):
        raise ApprovalsWouldBeVoid(month=cycle.name, approvals=approvals)
    n = latest.n + 1 if latest else 1
    run_id = await store_run(conn, actor, cycle, facts, answer, case_sealed=case_sealed, n=n, now=now)
    return _RunRow(run_id, n, answer.manifest_sha256), True


async def describe_approvals(conn: Connection, cycle: Cycle) -> str:
    """Return the approvals of the cycle's run that count, with who gave them; empty if there is none."""
    approvers = await LIST_VALID_APPROVERS.all(conn, cycle_id=cycle.id)
    return "、".join(f"{DUTY_NAMES[each.duty]}（{each.name}）" for each in approvers)


async def get_run_case(conn: Connection, seal: Seal, county: str, run_id: UUID) -> bytes:
    """Return the case of a run as canonical JSON, from which the calculator reproduces its result."""
    sealed = await GET_SEALED_CASE.one(conn, run_id=run_id, county=county)
    return zlib.decompress(seal.open_bytes(sealed, CASE_CONTEXT))
