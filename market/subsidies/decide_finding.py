"""Deciding a finding: which of its lines are paid and which stay stopped, and why."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from market.audit import record
from market.identity import Actor
from market.kernel import Connection, Query
from market.subsidies.cycles import ROLE_OF, hold_duty, lock_cycle, places_of, require_state
from market.subsidies.models import UNDECIDED, Duty, FindingId, NoFinding, NotOfFinding, Outcome, State, WhyMissing

_MOST_WHY = 500


class Decided(Struct, frozen=True, kw_only=True):
    """What a decision came to; `undecided` are lines of the finding that still wait."""

    outcome: Outcome = Outcome.OK
    county: str
    month: str
    check: str
    subject: str
    state: str
    undecided: list[str]


class _Finding(Struct, frozen=True):
    id: FindingId
    lines: list[str]
    villages: list[str]


# The finding of that month, or of an earlier one where the check is not per month.
FIND = Query(
    _Finding,
    """
    SELECT f.id, ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code) AS lines,
           ARRAY(SELECT DISTINCT r.village_code FROM finding_lines l
                   JOIN run_lines r ON r.run_id = :run_id AND r.line_code = l.line_code
                  WHERE l.finding_id = f.id AND r.village_code IS NOT NULL) AS villages
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND f.check_code = :check AND f.subject = :subject AND f.state <> 'lapsed'
       AND (f.month = :month OR (f.month IS NULL AND c.month <= :month))
     ORDER BY c.month DESC LIMIT 1
    """,
)
ADD_DECISION = Query(
    None,
    """
    INSERT INTO finding_decisions (county_code, finding_id, cycle_id, account_id, pays, stops, why, decided_at)
    VALUES (:county, :finding_id, :cycle_id, :account_id, :pays, :stops, :why, :now)
    """,
)
SET_VERDICTS = Query(
    None,
    """
    UPDATE finding_lines SET verdict = CASE WHEN line_code = ANY(:pays::text[]) THEN 'pay' ELSE 'stop' END
     WHERE finding_id = :finding_id AND line_code = ANY(:pays::text[] || :stops::text[])
    """,
)
UNDECIDED_LINES = Query(
    str, "SELECT line_code FROM finding_lines WHERE finding_id = :finding_id AND verdict IS NULL ORDER BY line_code"
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
    now: datetime,
) -> Decided:
    """Decide for and against lines of a finding, in a cycle that the county has not decided yet.

    A finding of an earlier month that still holds its line is decided in the open cycle, and what it held settles
    there when the earlier month is calculated again. A later decision replaces an earlier one. The caller owns the
    transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorNeeded: the actor does not review for the lines' places.
        SecondDuty: the actor holds another duty of this cycle (R14).
        NoCycle, CycleClosed, WrongState: the month is not calculated, or is past its decision.
        NoFinding, NotOfFinding, WhyMissing: there is no such finding, a line is not its, or the reason is missing.
    """
    cycle = await lock_cycle(conn, county, month)
    actor = await hold_duty(conn, cycle, actor, Duty.TOWNSHIP, now=now)
    places = places_of(actor, ROLE_OF[Duty.TOWNSHIP], county)
    require_state(cycle, [state for state in UNDECIDED if state is not State.OPEN])
    if not 1 <= len(why.strip()) <= _MOST_WHY:
        raise WhyMissing
    finding = await FIND.maybe(conn, county=county, month=month, check=check, subject=subject, run_id=cycle.run_id)
    if finding is None or not _within(finding.villages, places):
        raise NoFinding(month=cycle.name, check=check, subject=subject)
    strangers = sorted((set(pays) | set(stops)) - set(finding.lines))
    doubled = sorted(set(pays) & set(stops))
    if strangers or doubled or not (pays or stops):
        raise NotOfFinding(lines="、".join(strangers or doubled) or "（没有业务）", known="、".join(finding.lines))
    await ADD_DECISION.run(
        conn,
        county=county,
        finding_id=finding.id,
        cycle_id=cycle.id,
        account_id=actor.account_id,
        pays=sorted(pays),
        stops=sorted(stops),
        why=why.strip(),
        now=now,
    )
    await SET_VERDICTS.run(conn, finding_id=finding.id, pays=list(pays), stops=list(stops))
    left = await UNDECIDED_LINES.all(conn, finding_id=finding.id)
    if not left:
        await CLOSE_FINDING.run(conn, finding_id=finding.id)
    await record(
        conn,
        actor=str(actor.account_id),
        action="decide finding",
        object=f"cycle:{county}:{cycle.name}",
        detail={"check": check, "subject": subject, "pays": sorted(pays), "stops": sorted(stops)},
        now=now,
    )
    return Decided(
        county=county,
        month=cycle.name,
        check=check,
        subject=subject,
        state="open" if left else "decided",
        undecided=left,
    )


def _within(villages: list[str], places: list[str]) -> bool:
    """Say whether the places cover every village of a finding; one without a village is the county's."""
    county_wide = any(len(place) == 6 for place in places)  # noqa: PLR2004 - a county's code
    return county_wide or (
        bool(villages) and all(any(village.startswith(place) for place in places) for village in villages)
    )
