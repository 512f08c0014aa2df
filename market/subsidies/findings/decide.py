"""Decide a finding: which of its lines are paid, which stay stopped, and why."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.subsidies.findings.void_reviews import void_reviews
from market.subsidies.line_codes import find_stored_codes, is_stored_code, show_line_codes
from market.subsidies.models import (
    CYCLE_STATE_NAMES,
    DecisionReasonMissing,
    FindingId,
    FindingNotFound,
    FindingRecalculated,
    LineNotInFinding,
    Outcome,
    WrongState,
)
from market.subsidies.month.cycles import MAX_OPINION_LENGTH, Cycle, begin_step, require_state
from market.subsidies.month.steps import DECIDE, REVIEW, REVIEWABLE_STATES, SETTLE, UNSETTLED_STATES
from market.subsidies.names import CHECK_NAMES

_MAX_REASON_LENGTH = 500


class DecisionResult(Struct, frozen=True, kw_only=True):
    """The result of a decision; `undecided` are the lines of the finding still to be decided.

    `review_again` are the months that the township reviewed before and reviews again, because a verdict changed.
    """

    outcome: Outcome = Outcome.OK
    county: str
    month: str
    check: str
    subject: str
    state: str
    undecided: list[str]
    review_again: list[str]


class _FindingToDecide(Struct, frozen=True):
    id: FindingId
    lines: list[str]
    villages: list[str]
    evidence: str
    facts_at: datetime


# The given finding; otherwise one that is open rather than one that is decided, and the month's own rather than that of
# a closed month, or, if the check is not monthly, that of any month in which it applies.
FIND_FINDING = Query(
    _FindingToDecide,
    """
    SELECT f.id, ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code) AS lines,
           ARRAY(SELECT DISTINCT r.village_code FROM finding_lines l
                   JOIN run_lines r ON r.run_id = :run_id AND r.line_code = l.line_code
                  WHERE l.finding_id = f.id AND r.village_code IS NOT NULL) AS villages,
           f.evidence,
           greatest(f.facts_at, (SELECT max(facts_at) FROM finding_lines WHERE finding_id = f.id AND verdict IS NULL))
               AS facts_at
      FROM cycle_findings a JOIN findings f ON f.id = a.finding_id
     WHERE a.county_code = :county AND a.month = :month AND a.check_code = :check AND a.subject = :subject
       AND (:id::uuid IS NULL OR f.id = :id)
     ORDER BY f.state = 'open' DESC, f.month DESC NULLS LAST LIMIT 1
    """,
)
ADD_DECISION = Query(
    None,
    """
    INSERT INTO finding_decisions (county_code, finding_id, cycle_id, account_id, pays, stops, why, decided_at,
                                   evidence)
    SELECT :county, id, :cycle_id, :account_id, :pays, :stops, :why, :now, evidence FROM findings WHERE id = :finding_id
    """,
)
# A first verdict on a worksheet changes nothing that was reviewed. A line that was asked about after its finding was
# found rests on later facts than the others.
SET_VERDICTS = Query(
    str,
    """
    WITH decided AS (
        UPDATE finding_lines l
           SET verdict = CASE WHEN line_code = ANY(:pays::text[]) THEN 'pay' ELSE 'stop' END,
               facts_at = greatest(f.facts_at, l.facts_at)
          FROM findings f
         WHERE f.id = :finding_id AND l.finding_id = f.id AND line_code = ANY(:pays::text[] || :stops::text[])
        RETURNING line_code, old.verdict AS before, new.verdict AS after)
    SELECT line_code FROM decided
     WHERE before <> after
        OR (before IS NULL AND EXISTS (SELECT FROM findings WHERE id = :finding_id AND stops))
    """,
)
LIST_UNDECIDED_LINES = Query(
    str, "SELECT line_code FROM finding_lines WHERE finding_id = :finding_id AND verdict IS NULL ORDER BY line_code"
)
# In order of the months, so that decisions in two of them never wait for each other in a circle.
LOCK_UNSETTLED_CYCLES = Query(
    None,
    """
    SELECT FROM cycles WHERE county_code = :county AND state = ANY(:unsettled::text[]) ORDER BY month
       FOR NO KEY UPDATE
    """,
)
FIND_DECIDED_MONTH = Query(
    date,
    """
    SELECT h.month FROM held_lines h JOIN cycles c ON c.id = h.cycle_id AND c.state = :decided
     WHERE h.county_code = :county AND h.finding_id = :finding_id AND h.line_code = ANY(:pays::text[])
     ORDER BY h.month LIMIT 1
    """,
)
CLOSE_FINDING = Query(None, "UPDATE findings SET state = 'decided' WHERE id = :finding_id")


async def decide_finding(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    check: str,
    subject: str,
    pays: Sequence[str],
    stops: Sequence[str],
    why: str,
    finding_id: FindingId | None = None,
    seen: datetime | None = None,
    seal: Seal,
    now: datetime,
) -> DecisionResult:
    """Decide which lines of a finding are paid and which stay stopped, in a cycle that the county has not decided yet.

    A finding of another month that blocks a line here is decided in the open cycle; an amount of a closed month is
    settled there when that month is recalculated. Without `finding_id` an open finding comes before a decided one, and
    the month's own before one of a closed month. `seen` is the latest `facts_at` of the findings that the official
    read: one that was calculated again since is read again first. A later decision replaces an earlier one. A verdict
    that changes after a review voids it for the divisions of its lines. The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_step`.
        CycleNotFound, CycleClosed, WrongState: the month is not calculated, or is past its decision; or the county
            decided another month with a line stopped that would be paid now, and it is not settled yet.
        FindingNotFound: there is no such finding in the actor's divisions.
        FindingRecalculated: it was calculated again after it was read.
        LineNotInFinding: a line is not part of the finding or is given twice, or no line is given.
        DecisionReasonMissing: the reason is missing or too long.
    """
    await LOCK_UNSETTLED_CYCLES.run(conn, county=county, unsettled=UNSETTLED_STATES)
    cycle, actor, scopes = await begin_step(conn, REVIEW, actor, county, month, now=now)
    require_state(cycle, REVIEWABLE_STATES)
    if not 1 <= len(why.strip()) <= _MAX_REASON_LENGTH:
        raise DecisionReasonMissing
    [stored, *codes] = await find_stored_codes(conn, seal, county, [subject, *pays, *stops])
    pays, stops = codes[: len(pays)], codes[len(pays) :]
    finding = await _find_finding(conn, cycle, scopes, check=check, subject=stored, finding_id=finding_id, seen=seen)
    if finding is None:
        raise FindingNotFound(month=cycle.name, check=check, subject=subject)
    await _require_lines(conn, seal, finding, pays, stops)
    await _require_not_decided_stopped(conn, county, finding, pays)
    undecided, changed = await _store_decision(
        conn, cycle, actor, finding, pays=pays, stops=stops, why=why.strip(), now=now
    )
    told = _describe_change(check, stored, why)
    again = await void_reviews(conn, actor, county, finding.id, lines=changed, why=told, now=now)
    await _record(conn, cycle, actor, check=check, subject=stored, pays=sorted(pays), stops=sorted(stops), now=now)
    return DecisionResult(
        county=county,
        month=cycle.name,
        check=check,
        subject=subject,
        state="open" if undecided else "decided",
        undecided=sorted(await show_line_codes(conn, seal, undecided)),
        review_again=[f"{each:%Y-%m}" for each in sorted(again)],
    )


async def _record(conn: Connection, cycle: Cycle, actor: Actor, *, now: datetime, **detail: object) -> None:
    who, object_ = str(actor.account_id), f"cycle:{cycle.county_code}:{cycle.name}"
    await add_audit_entry(conn, actor=who, action="decide finding", object=object_, detail=detail, now=now)


async def _store_decision(
    conn: Connection,
    cycle: Cycle,
    actor: Actor,
    finding: _FindingToDecide,
    *,
    pays: Sequence[str],
    stops: Sequence[str],
    why: str,
    now: datetime,
) -> tuple[list[str], list[str]]:
    """Store a decision and its verdicts, close the finding if complete; return the undecided and the changed lines."""
    await ADD_DECISION.run(
        conn,
        county=cycle.county_code,
        finding_id=finding.id,
        cycle_id=cycle.id,
        account_id=actor.account_id,
        pays=sorted(pays),
        stops=sorted(stops),
        why=why,
        now=now,
    )
    changed = await SET_VERDICTS.all(conn, finding_id=finding.id, pays=list(pays), stops=list(stops))
    undecided = await LIST_UNDECIDED_LINES.all(conn, finding_id=finding.id)
    if not undecided:
        await CLOSE_FINDING.run(conn, finding_id=finding.id)
    return undecided, changed


async def _require_not_decided_stopped(
    conn: Connection, county: str, finding: _FindingToDecide, pays: Sequence[str]
) -> None:
    """Require that the county did not decide another month with one of `pays` stopped, unless that month is settled.

    Raises:
        WrongState: it did.
    """
    month = await FIND_DECIDED_MONTH.maybe(
        conn, county=county, finding_id=finding.id, pays=list(pays), decided=DECIDE.after
    )
    if month is not None:
        raise WrongState(
            month=f"{month:%Y-%m}", state=CYCLE_STATE_NAMES[DECIDE.after], needed=CYCLE_STATE_NAMES[SETTLE.after]
        )


async def _find_finding(
    conn: Connection,
    cycle: Cycle,
    scopes: list[str],
    *,
    check: str,
    subject: str,
    finding_id: FindingId | None,
    seen: datetime | None,
) -> _FindingToDecide | None:
    """Return a finding that applies to the cycle, or None if there is none in the scopes.

    Raises:
        FindingRecalculated: it was calculated again after it was read.
    """
    finding = await FIND_FINDING.maybe(
        conn,
        county=cycle.county_code,
        month=cycle.month,
        check=check,
        subject=subject,
        id=finding_id,
        run_id=cycle.run_id,
    )
    if finding is None or not _covers(finding.villages, scopes):
        return None
    if seen is not None and finding.facts_at > seen:
        raise FindingRecalculated(evidence=finding.evidence)
    return finding


def _describe_change(check: str, subject: str, why: str) -> str:
    """Return what the reviewers are told; a number that nobody has bound is not repeated in it."""
    name = CHECK_NAMES[check] if is_stored_code(subject) else f"{CHECK_NAMES[check]} {subject}"
    return f"疑点“{name}”的处理结果改了：{why.strip()}"[:MAX_OPINION_LENGTH]


async def _require_lines(
    conn: Connection, seal: Seal, finding: _FindingToDecide, pays: Sequence[str], stops: Sequence[str]
) -> None:
    """Require that a decision names lines of the finding, each once.

    Raises:
        LineNotInFinding: it names other lines, one line twice, or none.
    """
    unknown = sorted((set(pays) | set(stops)) - set(finding.lines))
    duplicate = sorted(set(pays) & set(stops))
    if unknown or duplicate or not (pays or stops):
        given = await show_line_codes(conn, seal, unknown or duplicate)
        known = await show_line_codes(conn, seal, finding.lines)
        raise LineNotInFinding(lines="、".join(given) or "（没有业务）", known="、".join(known))


def _covers(villages: list[str], scopes: list[str]) -> bool:
    """Return whether the scopes cover every village of a finding; without a village it belongs to the county."""
    county_wide = any(len(scope) == 6 for scope in scopes)
    return county_wide or (
        bool(villages) and all(any(village.startswith(scope) for scope in scopes) for village in villages)
    )
