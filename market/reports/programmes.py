"""Programmes of a county, with their terms and the sentences of the documents they are based on."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.engine.models import Proration


class ProgrammeView(Struct, frozen=True, kw_only=True):
    """A programme and its document."""

    code: str
    name: str
    kinds: list[str]
    max_lines: int
    document_number: str
    document_name: str
    document_sha256: str
    document_text: str
    lines: int


class TermsView(Struct, frozen=True, kw_only=True):
    """One version of a programme's terms, with its rules."""

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
    monitoring: list[str]
    proration: Proration
    idle_days: int | None
    cure_days: int | None


class SentenceView(Struct, frozen=True):
    """A sentence of a programme's document."""

    programme: str
    subjects: list[str]
    prefix: str
    quote: str
    suffix: str


LIST_PROGRAMMES = Query(
    ProgrammeView,
    """
    SELECT code, name, kinds, max_lines, document_number, document_name, document_sha256, document_text,
           (SELECT count(*) FROM enrolments e
             WHERE e.county_code = :county AND e.programme_code = p.code AND e.decided)::integer AS lines
      FROM programmes p
     WHERE county_code = :county
     ORDER BY code
     LIMIT 100
    """,
)
LIST_TERMS = Query(
    TermsView,
    """
    SELECT programme_code AS programme, lower(valid_during) AS start, upper(valid_during) AS until, kind,
           household_pays_bp, fixed_fen, line_cap_fen, household_cap_fen, funders, shares_bp, monitoring, r.proration,
           r.idle_days, r.cure_days
      FROM programme_terms
      JOIN programme_rules r USING (county_code, programme_code, valid_during)
     WHERE county_code = :county
     ORDER BY programme_code, valid_during
     LIMIT 2000
    """,
)
LIST_SENTENCES = Query(
    SentenceView,
    """
    SELECT programme_code AS programme, subjects, prefix, quote, suffix
      FROM programme_sentences
     WHERE county_code = :county
     ORDER BY programme_code, position
     LIMIT 2000
    """,
)


async def list_programmes(conn: Connection, county: str) -> list[ProgrammeView]:
    """Return the county's programmes by code, at most 100."""
    return await LIST_PROGRAMMES.all(conn, county=county)


async def list_terms(conn: Connection, county: str) -> dict[str, list[TermsView]]:
    """Return every version of the terms, by programme, in chronological order."""
    by_programme: dict[str, list[TermsView]] = {}
    for terms in await LIST_TERMS.all(conn, county=county):
        by_programme.setdefault(terms.programme, []).append(terms)
    return by_programme


async def list_sentences(conn: Connection, county: str) -> dict[str, list[SentenceView]]:
    """Return the sentences of the documents, by programme."""
    by_programme: dict[str, list[SentenceView]] = {}
    for sentence in await LIST_SENTENCES.all(conn, county=county):
        by_programme.setdefault(sentence.programme, []).append(sentence)
    return by_programme
