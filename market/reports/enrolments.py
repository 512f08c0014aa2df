"""Enrolments and their public notice, without names, numbers or identities."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query

MAX_PAGE_SIZE = 50


class EnrolmentView(Struct, frozen=True, kw_only=True):
    """An enrolment for the public notice: no name, no number, no identity."""

    line: str
    programme: str
    household: str
    village: str
    village_code: str
    applied_on: date
    notice_from: date | None
    notice_until: date | None
    decided_on: date | None
    entitled_from: date | None
    status: str


LIST_ENROLMENTS = Query(
    EnrolmentView,
    """
    SELECT e.line_code AS line, e.programme_code AS programme, e.household_code AS household,
           coalesce(d.name, '') AS village, coalesce(s.village_code, '') AS village_code, e.applied_on,
           lower(e.notice) AS notice_from, upper(e.notice) AS notice_until, e.decided_on, e.entitled_from, e.status
      FROM enrolments e
      LEFT JOIN LATERAL (
           SELECT village_code FROM household_statuses h
            WHERE h.county_code = e.county_code AND h.household_code = e.household_code
            ORDER BY h.valid_during DESC LIMIT 1) AS s ON true
      LEFT JOIN divisions d ON d.code = s.village_code
     WHERE e.county_code = :county
       AND (NOT :on_notice::boolean OR e.notice @> :day::date)
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(s.village_code, e.county_code), division)))
     ORDER BY e.applied_on DESC, e.line_code
     LIMIT :limit::integer + 1 OFFSET :skip::integer
    """,
)


async def list_enrolments(
    conn: Connection,
    county: str,
    divisions: Sequence[str],
    *,
    day: date,
    on_notice: bool,
    skip: int = 0,
    limit: int = MAX_PAGE_SIZE,
) -> tuple[list[EnrolmentView], bool]:
    """Return at most 50 enrolments, latest first, and whether there are more."""
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await LIST_ENROLMENTS.all(
        conn,
        county=county,
        divisions=list(divisions),
        day=day,
        on_notice=on_notice,
        skip=min(skip, 1_000_000),
        limit=limit,
    )
    return rows[:limit], len(rows) > limit
