"""What the county holds for its subsidies: imported files, programmes with their sentences, enrolments under notice."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query

MOST = 50


class TakenFile(Struct, frozen=True):
    """A file that was taken, and by whom."""

    id: UUID
    kind: str
    name: str
    sha256: str
    rows: int
    operator: str | None
    month: date | None
    sum_fen: Fen | None
    by: str
    taken_at: datetime


class ProgrammeView(Struct, frozen=True, kw_only=True):
    """A programme and the document that it rests on."""

    code: str
    name: str
    kinds: list[str]
    max_lines: int
    proration: str
    idle_days: int | None
    cure_days: int | None
    document_number: str
    document_name: str
    document_sha256: str
    document_text: str
    lines: int


class TermsView(Struct, frozen=True, kw_only=True):
    """One version of a programme's terms."""

    programme: str
    start: date
    until: date | None
    kind: str
    household_pays_bp: int | None
    fixed_fen: Fen | None
    line_cap_fen: Fen | None
    household_cap_fen: Fen | None
    funders: list[str]
    shares_bp: list[int]


class SentenceView(Struct, frozen=True):
    """A sentence of a programme's document."""

    programme: str
    subjects: list[str]
    prefix: str
    quote: str
    suffix: str


class EnrolmentView(Struct, frozen=True, kw_only=True):
    """An enrolment for the notice board: no name, no number, no identity."""

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


class Counts(Struct, frozen=True):
    """How much the county holds."""

    households: int
    persons: int
    lines: int
    enrolled: int
    plans: int


TAKEN_FILES = Query(
    TakenFile,
    """
    SELECT f.id, f.kind, f.name, f.sha256, f.rows, f.operator, f.month, f.sum_fen, a.name AS by, f.taken_at
      FROM sheet_files f JOIN accounts a ON a.id = f.account_id
     WHERE f.county_code = :county AND (:kind::text = '' OR f.kind = :kind)
       AND (:month::date IS NULL OR f.month = :month)
     ORDER BY f.taken_at DESC, f.id DESC
     LIMIT :most::integer + 1 OFFSET :skip::integer
    """,
)
PROGRAMMES = Query(
    ProgrammeView,
    """
    SELECT code, name, kinds, max_lines, proration, idle_days, cure_days, document_number, document_name,
           document_sha256, document_text,
           (SELECT count(*) FROM enrolments e
             WHERE e.county_code = :county AND e.programme_code = p.code AND e.decided)::integer AS lines
      FROM programmes p
     WHERE county_code = :county
     ORDER BY code
     LIMIT 100
    """,
)
TERMS_OF = Query(
    TermsView,
    """
    SELECT programme_code AS programme, lower(valid_during) AS start, upper(valid_during) AS until, kind,
           household_pays_bp, fixed_fen, line_cap_fen, household_cap_fen, funders, shares_bp
      FROM programme_terms
     WHERE county_code = :county
     ORDER BY programme_code, valid_during
     LIMIT 2000
    """,
)
SENTENCES_OF = Query(
    SentenceView,
    """
    SELECT programme_code AS programme, subjects, prefix, quote, suffix
      FROM programme_sentences
     WHERE county_code = :county
     ORDER BY programme_code, position
     LIMIT 2000
    """,
)
ENROLMENTS = Query(
    EnrolmentView,
    """
    SELECT e.line_code AS line, e.programme_code AS programme, e.household_code AS household,
           coalesce(d.name, '') AS village, coalesce(s.village_code, '') AS village_code, e.applied_on,
           lower(e.notice) AS notice_from, upper(e.notice) AS notice_until, e.decided_on, e.entitled_from, e.status
      FROM enrolments e
      LEFT JOIN LATERAL (
           SELECT village_code FROM household_standings h
            WHERE h.county_code = e.county_code AND h.household_code = e.household_code
            ORDER BY h.valid_during DESC LIMIT 1) AS s ON true
      LEFT JOIN divisions d ON d.code = s.village_code
     WHERE e.county_code = :county
       AND (NOT :on_notice::boolean OR e.notice @> :day::date)
       AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                    WHERE starts_with(coalesce(s.village_code, e.county_code), place)))
     ORDER BY e.applied_on DESC, e.line_code
     LIMIT :most::integer + 1 OFFSET :skip::integer
    """,
)
COUNTS = Query(
    Counts,
    """
    SELECT (SELECT count(*) FROM households WHERE county_code = :county)::integer AS households,
           (SELECT count(*) FROM persons WHERE county_code = :county)::integer AS persons,
           (SELECT count(*) FROM lines WHERE county_code = :county)::integer AS lines,
           (SELECT count(*) FROM enrolments WHERE county_code = :county AND decided)::integer AS enrolled,
           (SELECT count(*) FROM plans WHERE county_code = :county)::integer AS plans
    """,
)


async def taken_files(
    conn: Connection, county: str, *, kind: str = "", month: date | None = None, skip: int = 0, most: int = MOST
) -> tuple[list[TakenFile], bool]:
    """Return the files that were taken, the latest first, and whether there are more; at most 50 at once."""
    most = min(most, MOST)
    rows = await TAKEN_FILES.all(conn, county=county, kind=kind, month=month, skip=min(skip, 100_000), most=most)
    return rows[:most], len(rows) > most


async def programmes_of(conn: Connection, county: str) -> list[ProgrammeView]:
    """Return the county's programmes by code, at most 100."""
    return await PROGRAMMES.all(conn, county=county)


async def terms_of(conn: Connection, county: str) -> dict[str, list[TermsView]]:
    """Return every version of the terms, by programme, in order of time."""
    found: dict[str, list[TermsView]] = {}
    for terms in await TERMS_OF.all(conn, county=county):
        found.setdefault(terms.programme, []).append(terms)
    return found


async def sentences_of(conn: Connection, county: str) -> dict[str, list[SentenceView]]:
    """Return the sentences that the programmes rest on, by programme."""
    found: dict[str, list[SentenceView]] = {}
    for sentence in await SENTENCES_OF.all(conn, county=county):
        found.setdefault(sentence.programme, []).append(sentence)
    return found


async def enrolments_of(
    conn: Connection, county: str, places: Sequence[str], *, day: date, on_notice: bool, skip: int = 0, most: int = MOST
) -> tuple[list[EnrolmentView], bool]:
    """Return enrolments, the latest application first, or those under public notice on a day; at most 50 at once."""
    most = min(most, MOST)
    rows = await ENROLMENTS.all(
        conn,
        county=county,
        places=list(places),
        day=day,
        on_notice=on_notice,
        skip=min(skip, 1_000_000),
        most=most,
    )
    return rows[:most], len(rows) > most


async def counts_of(conn: Connection, county: str) -> Counts:
    """Count what the county holds."""
    return await COUNTS.one(conn, county=county)
