"""Who applied may not be the village's assessor of it: compared by identity number where one is known, else by name."""

from collections.abc import Sequence

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.lookalikes import SIMPLIFIED
from market.kernel.seal import Seal
from market.kernel.text import normalize_text
from market.subsidies.findings.stopping_checks import CheckRow
from market.subsidies.models import RunId
from market.subsidies.register.queries import NAME_CONTEXT


class AssessedLines(Struct, frozen=True, gc=False, kw_only=True):
    """The enrolled lines of an assessor, with the names of the persons who applied.

    `same` tells whether the assessor, or else an official of the assessor's name, has the applicant's identity number,
    or None if no number is known.
    """

    assessor: str
    same: bool | None
    lines: list[str]
    names_sealed: list[bytes]


class SimilarName(Struct, frozen=True, gc=False, kw_only=True):
    """A line whose applicant's name may be a part of the assessor's text."""

    line: str
    name: str
    assessor: str


class _LineInSnapshot(Struct, frozen=True):
    line: str
    claimed_fen: Fen


LIST_ASSESSED_LINES = Query(
    AssessedLines,
    """
    WITH officials AS MATERIALIZED (
        SELECT fold_official_name(name) AS name, identity_index FROM accounts
         WHERE identity_index IS NOT NULL AND id IN (SELECT account_id FROM grants WHERE starts_with(scope, :county))),
    texts AS MATERIALIZED (
        SELECT DISTINCT assessor FROM enrolments WHERE county_code = :county AND decided AND assessor <> ''),
    parts AS MATERIALIZED (SELECT assessor, list_name_parts(assessor) AS part FROM texts),
    named AS MATERIALIZED (
        SELECT assessor, array_agg(identity_index) AS identities
          FROM parts JOIN officials ON name = part GROUP BY assessor)
    SELECT e.assessor,
           coalesce(e.identity_index = e.assessor_identity_index, e.identity_index = ANY(n.identities)) AS same,
           array_agg(e.line_code) AS lines, array_agg(p.name_sealed) AS names_sealed
      FROM enrolments e
      JOIN persons p ON p.county_code = :county AND p.identity_index = e.identity_index
      LEFT JOIN named n ON n.assessor = e.assessor
     WHERE e.county_code = :county AND e.decided AND e.assessor <> ''
     GROUP BY 1, 2
    """,
)
LIST_CLAIMED_LINES = Query(
    _LineInSnapshot,
    """
    SELECT line_code AS line, coalesce(claimed_fen, 0) AS claimed_fen FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND in_snapshot AND line_code = ANY(:lines::text[])
     ORDER BY line_code
    """,
)
LIST_NAMED_LINES = Query(
    str,
    """
    SELECT line FROM unnest(:lines::text[], :names::text[], :assessors::text[]) AS t(line, name, assessor)
     WHERE fold_official_name(name) IN (SELECT list_name_parts(assessor))
    """,
)


async def find_self_assessed(
    conn: Connection, county: str, run_id: RunId, groups: Sequence[AssessedLines], similar: Sequence[SimilarName]
) -> list[CheckRow]:
    """Return the lines in the snapshot of a run whose person is their own village assessor.

    Names of the register are encrypted, so that they are compared by `find_similar_names`; the few that may be a part
    of the assessor's are compared here as everywhere else.
    """
    named = set(
        await LIST_NAMED_LINES.all(
            conn,
            lines=[each.line for each in similar],
            names=[each.name for each in similar],
            assessors=[each.assessor for each in similar],
        )
    )
    evidence = {line: f"村级评议人 {own.assessor} 就是申请的人" for own in groups if own.same for line in own.lines} | {
        each.line: f"村级评议人 {each.assessor} 和申请的人同名" for each in similar if each.line in named
    }
    claimed = await LIST_CLAIMED_LINES.all(conn, county=county, run_id=run_id, lines=list(evidence))
    return [CheckRow(each.line, [each.line], each.claimed_fen, evidence[each.line]) for each in claimed]


def find_similar_names(seal: Seal, groups: Sequence[AssessedLines]) -> list[SimilarName]:
    """Return the lines whose assessor's text has every letter of the applicant's name, with the name.

    Lines of a known identity number are not compared by name.
    """
    similar: list[SimilarName] = []
    for own in groups:
        if own.same is not None:
            continue
        letters = _list_letters(own.assessor)
        for line, sealed in zip(own.lines, own.names_sealed, strict=True):
            name = seal.open(sealed, NAME_CONTEXT)
            if _list_letters(name) <= letters:
                similar.append(SimilarName(line=line, name=name, assessor=own.assessor))
    return similar


def _list_letters(text: str) -> frozenset[str]:
    return frozenset(filter(str.isalpha, normalize_text(text).translate(SIMPLIFIED).lower()))
