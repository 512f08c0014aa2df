"""Void the township's review where a verdict changed after it: the lines of the finding are reviewed again."""

from collections.abc import Sequence
from datetime import date, datetime

from market.kernel import Connection, Query
from market.people.identity.models import Actor
from market.subsidies.models import FindingId
from market.subsidies.month.steps import REVIEW

# A month goes back to the township if it is reviewed, and loses the approvals of the lines' divisions; the others are
# taken over into its next round. The event tells the reviewers why.
VOID_REVIEWS = Query(
    date,
    """
    WITH changed AS (
        SELECT c.id, c.township_round, c.county_code,
               array_agg(coalesce(r.village_code, c.county_code)) AS divisions
          FROM cycles c
          JOIN cycle_findings f ON f.cycle_id = c.id AND f.finding_id = :finding_id
          JOIN run_lines r ON r.run_id = c.run_id AND r.line_code = ANY(:lines::text[])
         WHERE c.county_code = :county AND c.state IN (:before, :after)
         GROUP BY c.id),
    voided AS (
        SELECT id, township_round, county_code, divisions FROM changed
         WHERE EXISTS (SELECT FROM cycles c WHERE c.id = changed.id AND c.state = :after)
            OR EXISTS (SELECT FROM valid_approvals a, unnest(divisions) AS division
                        WHERE a.cycle_id = changed.id AND a.duty = :duty AND starts_with(division, a.scope))),
    kept AS (
        INSERT INTO cycle_approvals (county_code, cycle_id, run_id, duty, scope, account_id, approved_at, opinion,
                                     round)
        SELECT a.county_code, a.cycle_id, a.run_id, a.duty, a.scope, a.account_id, a.approved_at, a.opinion, a.round + 1
          FROM voided v
          JOIN cycles c ON c.id = v.id
          JOIN cycle_approvals a ON a.cycle_id = c.id AND a.run_id = c.run_id AND a.duty = :duty
                                AND a.round = v.township_round
         WHERE NOT EXISTS (SELECT FROM unnest(v.divisions) AS division WHERE starts_with(division, a.scope))),
    told AS (
        INSERT INTO cycle_events (county_code, cycle_id, state, account_id, at, returned, opinion)
        SELECT county_code, id, :before, :account_id, :now, true, :why FROM voided)
    UPDATE cycles c SET state = :before, township_round = c.township_round + 1
      FROM voided v WHERE c.id = v.id
    RETURNING c.month
    """,
)


async def void_reviews(
    conn: Connection,
    actor: Actor,
    county: str,
    finding_id: FindingId,
    *,
    lines: Sequence[str],
    why: str,
    now: datetime,
) -> list[date]:
    """Return the months that the township reviews again because the verdicts of a finding's lines changed.

    Only the divisions of these lines are reviewed again. The caller holds the locks of the county's months.
    """
    return await VOID_REVIEWS.all(
        conn,
        county=county,
        finding_id=finding_id,
        lines=list(lines),
        before=REVIEW.before,
        after=REVIEW.after,
        duty=REVIEW.duty,
        account_id=actor.account_id,
        why=why,
        now=now,
    )
