"""Calculating and matching a month: the snapshot, the answer of each line, the findings, the adjustments (R10, R12)."""

import asyncio
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.audit import record
from market.identity import Actor, Role
from market.kernel import Connection, Query
from market.subsidies.adjust import post_adjustments
from market.subsidies.case import Facts, gather
from market.subsidies.checks import find_all
from market.subsidies.cycles import (
    FILE_DUTIES,
    FIND_CYCLE,
    Cycle,
    hold_duty,
    move_cycle,
    open_cycle,
    require_county,
    require_state,
)
from market.subsidies.engine import Answer, AnswerLine, Case, Line, Programme, calculate, canonical_json
from market.subsidies.engine.days import Month, count_days, join_touching, leave_out, overlap, read_month
from market.subsidies.engine.idle import read_silence
from market.subsidies.engine.models import Totals
from market.subsidies.engine.standing import spans_of
from market.subsidies.guard import refuse_faults
from market.subsidies.models import UNDECIDED, Duty, Outcome, RunId, State


class RunResult(Struct, frozen=True, kw_only=True):
    """What a run came to; the same facts give the same hashes and no posting."""

    outcome: Outcome
    county: str
    month: str
    state: State
    run: int
    manifest_sha256: str
    result_sha256: str
    postings: int
    waiting: int
    findings_changed: int
    lines: int
    totals: Totals


class _Run(Struct, frozen=True):
    id: RunId
    n: int
    manifest_sha256: str


LATEST_RUN = Query(
    _Run,
    "SELECT id, n, manifest_sha256 FROM runs WHERE cycle_id = :cycle_id ORDER BY n DESC LIMIT 1",
)
ADD_SNAPSHOT = Query(
    None,
    """
    INSERT INTO case_snapshots (county_code, manifest_sha256, packed) VALUES (:county, :manifest_sha256, :packed)
    ON CONFLICT ON CONSTRAINT case_snapshots_once DO NOTHING
    """,
)
ADD_RUN = Query(
    UUID,
    """
    INSERT INTO runs (county_code, cycle_id, n, manifest_sha256, result_sha256, budget_fen, account_id, ran_at)
    VALUES (:county, :cycle_id, :n, :manifest_sha256, :result_sha256, :budget_fen, :account_id, :now)
    RETURNING id
    """,
)
ADD_RUN_LINES = Query(
    None,
    """
    INSERT INTO run_lines (run_id, county_code, line_code, operator, kind, programme_code, in_snapshot, household_code,
                           village_code, village_name, payable_households, payable_days, claimed_fen, entitled_fen,
                           approved_fen, over_fen, under_fen, conceded_fen, public_fen, shares, settled_fen,
                           reasons, removed_on, trace)
    SELECT :run_id, :county, line, operator, kind, programme, in_snapshot, household, village, village_name,
           payable_households::text[], payable_days, claimed_fen, entitled_fen, approved_fen, over_fen, under_fen,
           conceded_fen, public_fen, shares, settled_fen, reasons::text[], removed_on, trace
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, operator text, kind text, programme text, in_snapshot boolean, household text, village text,
             village_name text, payable_households text, payable_days smallint, claimed_fen bigint, entitled_fen bigint,
             approved_fen bigint, over_fen bigint, under_fen bigint, conceded_fen bigint, public_fen bigint,
             shares jsonb, settled_fen bigint, reasons text, removed_on date, trace text)
    """,
)
PACKED_CASE = Query(
    bytes,
    """
    SELECT packed FROM runs JOIN case_snapshots USING (county_code, manifest_sha256)
     WHERE runs.id = :run_id AND county_code = :county
    """,
)


async def run_month(conn: Connection, actor: Actor | None, county: str, month: date, *, now: datetime) -> RunResult:
    """Calculate a month from what is known now, match it with the claims, and open what the checks find.

    Before the county's decision a run replaces the one before, and voids its reviews; a closed month is calculated
    again beside its own answer, and what changed is posted as adjustments in the open cycle. The same facts are a
    no-op. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not import for the county.
        SecondDuty: the actor holds another duty of this cycle (R14).
        WrongState: the month is decided and not yet closed.
        CaseFaulty: facts must be put right first; each is named.
    """
    found = await FIND_CYCLE.maybe(conn, county=county, month=month)
    if found is not None and found.state is not State.CLOSED:
        await hold_duty(conn, found, actor, Duty.IMPORT, now=now)
    actor = require_county(actor, Role.IMPORTER, county)
    cycle = await open_cycle(conn, county, month, actor, now=now)
    again = cycle.state is State.CLOSED
    if not again:
        await hold_duty(conn, cycle, actor, Duty.IMPORT, now=now)
        require_state(cycle, UNDECIDED)
        await FILE_DUTIES.run(conn, county=county, cycle_id=cycle.id, month=month, now=now)
    facts = await gather(conn, county, month)
    refuse_faults(facts.case)
    # In threads: a large county takes seconds, and the service answers others meanwhile.
    answer = await asyncio.to_thread(calculate, facts.case)
    latest = await LATEST_RUN.maybe(conn, cycle_id=cycle.id)
    fresh = latest is None or latest.manifest_sha256 != answer.manifest_sha256
    if fresh:
        run = await _keep_run(conn, actor, cycle, facts, answer, n=latest.n + 1 if latest else 1, now=now)
    else:
        assert latest is not None  # noqa: S101 - what else would not be fresh
        run = latest
    postings = waiting = changed = 0
    if again:
        postings, waiting = await post_adjustments(
            conn, actor, cycle, facts=facts, answer=answer, run_id=run.id, now=now
        )
    else:
        if fresh:
            cycle = await move_cycle(conn, cycle, State.CALCULATED, actor, now=now, run_id=run.id)
        changed = await find_all(conn, cycle, run.id, now=now)
    if fresh:
        await record(
            conn,
            actor=str(actor.account_id),
            action="run month",
            object=f"cycle:{county}:{cycle.name}",
            detail={"manifest_sha256": answer.manifest_sha256, "result_sha256": answer.result_sha256},
            now=now,
        )
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


async def _keep_run(
    conn: Connection, actor: Actor, cycle: Cycle, facts: Facts, answer: Answer, *, n: int, now: datetime
) -> _Run:
    """Keep the case that was calculated, and the answer of each line."""
    await ADD_SNAPSHOT.run(
        conn,
        county=cycle.county_code,
        manifest_sha256=answer.manifest_sha256,
        packed=await asyncio.to_thread(_packed, facts.case),
    )
    run_id = await ADD_RUN.one(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        n=n,
        manifest_sha256=answer.manifest_sha256,
        result_sha256=answer.result_sha256,
        budget_fen=facts.case.budget_fen,
        account_id=actor.account_id,
        now=now,
    )
    rows = await asyncio.to_thread(list, _rows(facts, answer))
    await ADD_RUN_LINES.run(conn, run_id=run_id, county=cycle.county_code, rows=rows)
    return _Run(RunId(run_id), n, answer.manifest_sha256)


def _packed(case: Case) -> bytes:
    return zlib.compress(canonical_json(case), 1)


def _rows(facts: Facts, answer: Answer) -> Iterator[dict[str, object]]:
    month = read_month(facts.case.month)
    assert month is not None  # noqa: S101 - gather wrote it
    programmes = {programme.code: programme for programme in facts.case.programmes}
    for line, found in zip(facts.case.lines, answer.lines, strict=True):
        assert line.id == found.id  # noqa: S101 - both are sorted by id
        home = facts.villages.get(line.id)
        households, days = payable_of(line, programmes[line.programme], month)
        yield {
            "line": line.id,
            "operator": line.operator,
            "kind": facts.kinds[line.id],
            "programme": line.programme,
            "in_snapshot": line.in_snapshot,
            "household": households[0] if households else facts.homes.get(line.id),
            "village": home.village if home else None,
            "village_name": home.village_name if home else None,
            "payable_households": _array(households),
            "payable_days": days,
            "claimed_fen": line.claimed_fen,
            "settled_fen": line.settled_fen,
            "reasons": _array([str(reason) for reason in found.reasons]),
            "removed_on": found.removed_on,
            "trace": "\n".join(found.trace),
            **_figures(found),
        }


def _figures(found: AnswerLine) -> dict[str, object]:
    return {
        "entitled_fen": found.entitled_fen,
        "approved_fen": found.approved_fen,
        "over_fen": found.over_fen,
        "under_fen": found.under_fen,
        "conceded_fen": found.conceded_fen,
        "public_fen": found.public_fen,
        "shares": dict(found.shares),
    }


def _array(words: list[str]) -> str:
    """Return words as PostgreSQL writes an array of text."""
    quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    return "{" + ",".join(quoted) + "}"


def payable_of(line: Line, programme: Programme, month: Month) -> tuple[list[str], int]:
    """Return the households of a line's payable days, in order, and how many days those are."""
    if not line.in_snapshot or not line.active:
        return [], 0
    bindings = join_touching(spans_of(line.active))
    days = overlap(bindings, [(month.first, month.end)])
    if programme.idle is not None:
        silence = read_silence(bindings, [day.toordinal() for day in line.used_on], programme.idle, month)
        days = leave_out(leave_out(days, silence.in_cure), silence.removed)
    households: list[str] = []
    count = 0
    for membership, span in zip(line.households, spans_of(line.households), strict=True):
        own = overlap(days, [span])
        if own:
            count += count_days(own)
            if membership.household not in households:
                households.append(membership.household)
    return households, count


async def case_of_run(conn: Connection, county: str, run_id: UUID) -> bytes:
    """Return the case that a run calculated, as canonical JSON: the calculator gives its result again."""
    return zlib.decompress(await PACKED_CASE.one(conn, run_id=run_id, county=county))
