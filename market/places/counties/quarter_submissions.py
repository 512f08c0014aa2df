"""When a county sent in (报送) its report of a quarter: the day, who says so, and the figures that it sent."""

from datetime import date, datetime

import asyncpg
from msgspec import Struct
from msgspec.structs import asdict

from market.kernel import Connection, Fen, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day, get_next_quarter
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, Role

SUBMITTERS = frozenset({Role.COUNTY, Role.POLICY})
"""The roles that record it for their county."""
MONTHS = 3


class SentFigures(Struct, frozen=True, kw_only=True):
    """The total of a report as it was sent; `closed_months` of the three were final."""

    closed_months: int
    users: int
    conceded_fen: Fen
    public_fen: Fen


class QuarterSubmission(SentFigures, frozen=True, kw_only=True):
    """A report that was sent in."""

    sent_on: date
    by: str
    recorded_at: datetime

    @property
    def provisional(self) -> bool:
        """Whether a month was not final yet."""
        return self.closed_months < MONTHS

    def equals(self, figures: SentFigures) -> bool:
        """Return whether these figures are those that were sent."""
        return (self.users, self.conceded_fen, self.public_fen) == (
            figures.users, figures.conceded_fen, figures.public_fen,
        )  # fmt: skip


class SubmissionInvalid(Refusal):
    """The day is missing, in the future, or within the quarter; `errors` has the field."""

    code = "submission_invalid"
    status = 422
    zh = "有一处要改。"
    en = "The day is missing or wrong; see errors."


class SubmittedAlready(Refusal):
    """A report of the quarter was recorded as sent in on that day."""

    code = "submitted_already"
    zh = "这一天已经记过一次报送。"
    en = "A submission of that day is recorded already."


LIST_SUBMISSIONS = Query(
    QuarterSubmission,
    """
    SELECT s.sent_on, a.name AS by, s.recorded_at, s.closed_months, s.users, s.conceded_fen, s.public_fen
      FROM quarter_submissions s JOIN accounts a ON a.id = s.account_id
     WHERE s.county_code = :county AND s.quarter = :quarter
     ORDER BY s.sent_on DESC LIMIT 20
    """,
)
ADD_SUBMISSION = Query(
    None,
    """
    INSERT INTO quarter_submissions (county_code, quarter, sent_on, closed_months, users, conceded_fen, public_fen,
                                     account_id, recorded_at)
    VALUES (:county, :quarter, :sent_on, :closed_months, :users, :conceded_fen, :public_fen, :account_id, :now)
    """,
)


async def list_submissions(conn: Connection, county: str, quarter: date) -> list[QuarterSubmission]:
    """Return when a county sent in the report of a quarter, the latest first, at most 20."""
    return await LIST_SUBMISSIONS.all(conn, county=county, quarter=quarter)


async def record_submission(
    conn: Connection,
    actor: Actor,
    county: str,
    quarter: date,
    *,
    sent_on: date | None,
    figures: SentFigures,
    now: datetime,
) -> None:
    """Record that the report of a quarter, from its first day, was sent in; a later one is a correction of it.

    `figures` are those of the report now. In the caller's transaction of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor neither decides nor keeps the terms for the whole county.
        SubmissionInvalid: the day is missing, in the future, or within the quarter.
        SubmittedAlready: one of that day is recorded.
    """
    require_county_role(actor, SUBMITTERS, county)
    first, today = get_next_quarter(quarter), get_business_day(now)
    if sent_on is None or not first <= sent_on <= today:
        raise SubmissionInvalid(errors=(FieldFault("sent_on", f"写哪天报的，在 {first} 到 {today} 之间"),))
    attempt = conn.transaction()
    await attempt.start()
    try:
        await ADD_SUBMISSION.run(
            conn, county=county, quarter=quarter, sent_on=sent_on, account_id=actor.account_id, now=now,
            **asdict(figures),
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        await attempt.rollback()
        raise SubmittedAlready from error
    await attempt.commit()
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="submit quarter", object=f"county:{county}",
        detail={"quarter": f"{quarter}", "sent_on": f"{sent_on}"}, now=now,
    )  # fmt: skip
