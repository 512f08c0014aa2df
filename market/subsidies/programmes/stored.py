"""Read the stored programmes of a county in the form of the file that imports them."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.structs import build_from
from market.subsidies.engine.models import Funder, FunderShare, IdleRule, Proration, TermsKind
from market.subsidies.names import ServiceKind
from market.subsidies.programmes.source import (
    CheckSetting,
    DocumentSource,
    ProgrammeSource,
    ProgrammesSource,
    ProgrammeTerms,
    SentenceSource,
    TermsRules,
)


class _StoredProgramme(Struct, frozen=True):
    code: str
    name: str
    kinds: list[ServiceKind]
    max_lines: int
    proration: Proration
    idle_days: int | None
    cure_days: int | None
    document_number: str
    document_name: str
    document_sha256: str
    document_text: str


class _StoredTerms(Struct, frozen=True, kw_only=True):
    programme: str
    start: date
    until: date | None
    kind: TermsKind
    household_pays_bp: int | None
    fixed_fen: Fen | None
    line_cap_fen: Fen | None
    household_cap_fen: Fen | None
    funders: list[Funder]
    shares_bp: list[int]
    monitoring: tuple[str, ...]
    proration: Proration | None
    idle_days: int | None
    cure_days: int | None


class _StoredSentence(Struct, frozen=True):
    programme: str
    subjects: list[str]
    prefix: str
    quote: str
    suffix: str


class _StoredCheckSetting(Struct, frozen=True, kw_only=True):
    programme: str
    check: str
    start: date
    until: date | None
    enabled: bool
    thresholds: dict[str, int]
    basis: str


LIST_CHECK_SETTINGS = Query(
    _StoredCheckSetting,
    """
    SELECT programme_code AS programme, check_code AS "check", lower(valid_during) AS start,
           upper(valid_during) AS until, enabled, thresholds, basis
      FROM programme_checks WHERE county_code = :county
     ORDER BY programme_code COLLATE "C", check_code COLLATE "C", valid_during
    """,
)
LIST_STORED_PROGRAMMES = Query(
    _StoredProgramme,
    """
    SELECT code, name, kinds, max_lines, proration, idle_days, cure_days, document_number, document_name,
           document_sha256, document_text
      FROM programmes WHERE county_code = :county
     ORDER BY code COLLATE "C"
    """,
)
LIST_STORED_TERMS = Query(
    _StoredTerms,
    """
    SELECT programme_code AS programme, lower(valid_during) AS start, upper(valid_during) AS until, kind,
           household_pays_bp, fixed_fen, line_cap_fen, household_cap_fen, funders, shares_bp, monitoring, proration,
           idle_days, cure_days
      FROM programme_terms WHERE county_code = :county
     ORDER BY programme_code COLLATE "C", valid_during
    """,
)
LIST_STORED_SENTENCES = Query(
    _StoredSentence,
    """
    SELECT programme_code AS programme, subjects, prefix, quote, suffix
      FROM programme_sentences WHERE county_code = :county
     ORDER BY programme_code COLLATE "C", position
    """,
)


async def load_programmes(conn: Connection, county: str) -> ProgrammesSource:
    """Return the programmes of a county as their file; `load_documents` returns the documents that it names."""
    terms: dict[str, list[ProgrammeTerms]] = {}
    for each in await LIST_STORED_TERMS.all(conn, county=county):
        terms.setdefault(each.programme, []).append(_build_terms(each))
    sentences: dict[str, list[SentenceSource]] = {}
    for each in await LIST_STORED_SENTENCES.all(conn, county=county):
        sentence = SentenceSource(each.subjects, each.prefix, each.quote, each.suffix)
        sentences.setdefault(each.programme, []).append(sentence)
    checks = await load_check_settings(conn, county)
    programmes = [
        ProgrammeSource(
            code=each.code,
            name=each.name,
            document=DocumentSource(each.document_number, each.document_name, each.document_sha256),
            sentences=sentences.get(each.code, []),
            kinds=each.kinds,
            max_lines_per_household=each.max_lines,
            proration=each.proration,
            idle=build_idle_rule(each.idle_days, each.cure_days),
            terms=terms.get(each.code, []),
            checks=checks.get(each.code, []),
        )
        for each in await LIST_STORED_PROGRAMMES.all(conn, county=county)
    ]
    return ProgrammesSource(county, programmes)


async def load_documents(conn: Connection, county: str) -> dict[str, str]:
    """Return the texts of the programmes' documents by the SHA-256 of their files."""
    return {each.document_sha256: each.document_text for each in await LIST_STORED_PROGRAMMES.all(conn, county=county)}


async def load_check_settings(conn: Connection, county: str) -> dict[str, list[CheckSetting]]:
    """Return what a county's programmes set of the checks, in the order of `sort_settings`."""
    by_programme: dict[str, list[CheckSetting]] = {}
    for each in await LIST_CHECK_SETTINGS.all(conn, county=county):
        by_programme.setdefault(each.programme, []).append(build_from(CheckSetting, each))
    return by_programme


def _build_terms(stored: _StoredTerms) -> ProgrammeTerms:
    pairs = zip(stored.funders, stored.shares_bp, strict=True)
    idle = build_idle_rule(stored.idle_days, stored.cure_days)
    return build_from(
        ProgrammeTerms,
        stored,
        funders=tuple(FunderShare(funder=name, share_bp=share) for name, share in pairs),
        rules=None if stored.proration is None else TermsRules(stored.proration, idle),
    )


def build_idle_rule(idle_days: int | None, cure_days: int | None) -> IdleRule | None:
    """Return a stored idle rule, or None where use does not matter; both columns are null then."""
    return None if idle_days is None or cure_days is None else IdleRule(idle_days=idle_days, cure_days=cure_days)
