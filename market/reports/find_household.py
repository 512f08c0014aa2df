"""Find households of the register by an identity number, a phone or account, a code, or a person's name."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import fold_text, normalize_identity_number, normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.reports.line import unseal_masked_name
from market.subsidies.identifiers import find_identifiers
from market.subsidies.register.queries import NAME_CONTEXT

MAX_FOUND = 20
MIN_NAME_LENGTH, MAX_TEXT_LENGTH = 2, 64


class SearchKind(StrEnum):
    """How a household was found."""

    IDENTITY = "identity"
    NUMBER = "number"
    CODE = "code"
    NAME = "name"
    NOTHING = "nothing"


class FoundHousehold(Struct, frozen=True, kw_only=True):
    """A household with the masked name of its head, its lines, and how many of its findings are open."""

    household: str
    village: str
    head: str
    lines: list[str]
    open_findings: int


class _FoundRow(Struct, frozen=True, kw_only=True):
    household: str
    village: str
    name_sealed: bytes | None
    lines: list[str]
    open_findings: int


class _MemberName(Struct, frozen=True):
    household: str
    name_sealed: bytes


FIND_BY_IDENTITY = Query(
    str,
    """
    SELECT DISTINCT m.household_code
      FROM persons p JOIN memberships m ON m.person_id = p.id
     WHERE p.county_code = :county AND p.identity_index = :identity_index
    """,
)
# The household of the person to whom the number is bound, and of the person who is enrolled with its line.
FIND_BY_NUMBER = Query(
    str,
    """
    SELECT DISTINCT m.household_code
      FROM bindings b
      LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code
      JOIN persons p ON p.county_code = b.county_code AND p.identity_index IN (b.identity_index, e.identity_index)
      JOIN memberships m ON m.person_id = p.id
     WHERE b.county_code = :county AND b.number_id = ANY(:number_ids::bigint[])
    """,
)
FIND_BY_CODE = Query(
    str,
    """
    SELECT code FROM households WHERE county_code = :county AND code = :code
     UNION
    SELECT household_code FROM enrolments WHERE county_code = :county AND line_code = ANY(:lines::text[])
    """,
)
LIST_MEMBER_NAMES = Query(
    _MemberName,
    """
    SELECT m.household_code AS household, p.name_sealed
      FROM household_statuses s
      JOIN memberships m ON m.county_code = :county AND m.household_code = s.household_code
                        AND upper_inf(m.valid_during)
      JOIN persons p ON p.county_code = :county AND p.id = m.person_id
     WHERE s.county_code = :county AND upper_inf(s.valid_during)
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(s.village_code, division))
     LIMIT 200000
    """,
)
LIST_FOUND = Query(
    _FoundRow,
    """
    SELECT s.household_code AS household, s.village_name AS village,
           (SELECT p.name_sealed FROM memberships m JOIN persons p ON p.id = m.person_id
             WHERE m.county_code = :county AND m.household_code = s.household_code
             ORDER BY upper_inf(m.valid_during) DESC, m.member_number LIMIT 1) AS name_sealed,
           ARRAY(SELECT e.line_code FROM enrolments e
                  WHERE e.county_code = :county AND e.household_code = s.household_code
                  ORDER BY e.line_code LIMIT 20) AS lines,
           (SELECT count(DISTINCT f.id)::integer
              FROM enrolments e
              JOIN finding_lines l ON l.county_code = :county AND l.line_code = e.line_code
              JOIN findings f ON f.id = l.finding_id AND f.state = 'open'
             WHERE e.county_code = :county AND e.household_code = s.household_code) AS open_findings
      FROM household_statuses s
     WHERE s.county_code = :county AND s.household_code = ANY(:households::text[]) AND s.valid_during @> :day::date
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(s.village_code, division))
     ORDER BY s.household_code
     LIMIT :limit
    """,
)


async def find_households(
    conn: Connection,
    actor: Actor,
    county: str,
    divisions: Sequence[str],
    text: str,
    *,
    seal: Seal,
    day: date,
    now: datetime,
) -> tuple[SearchKind, list[FoundHousehold]]:
    """Return how the text was understood, and at most 20 households of the divisions; the audit keeps who searched.

    Identity numbers, phones and accounts are compared exactly by blind index, codes as written, names folded and whole.
    What was searched for is not kept. The caller owns the transaction.
    """
    kind, codes = await _find_codes(conn, county, divisions, normalize_text(text)[:MAX_TEXT_LENGTH], seal=seal)
    rows = await LIST_FOUND.all(
        conn, county=county, households=codes, divisions=list(divisions), day=day, limit=MAX_FOUND
    )
    found = [
        FoundHousehold(
            household=row.household,
            village=row.village,
            head=unseal_masked_name(seal, row.name_sealed),
            lines=row.lines,
            open_findings=row.open_findings,
        )
        for row in rows
    ]
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="search register",
        object=f"county:{county}",
        detail={"by": kind, "households": [row.household for row in rows]},
        now=now,
    )
    return kind, found


async def _find_codes(
    conn: Connection, county: str, divisions: Sequence[str], text: str, *, seal: Seal
) -> tuple[SearchKind, list[str]]:
    identity = normalize_identity_number(text)
    if identity is not None:
        codes = await FIND_BY_IDENTITY.all(conn, county=county, identity_index=seal.index(identity))
        return SearchKind.IDENTITY, codes
    if not text:
        return SearchKind.NOTHING, []
    codes = await FIND_BY_CODE.all(conn, county=county, code=text.upper(), lines=sorted({text, text.upper()}))
    if codes:
        return SearchKind.CODE, codes
    numbers = await find_identifiers(conn, seal, [text])
    if numbers:
        return SearchKind.NUMBER, await FIND_BY_NUMBER.all(conn, county=county, number_ids=list(numbers.values()))
    if len(fold_text(text)) < MIN_NAME_LENGTH or any(letter.isdigit() for letter in text):
        return SearchKind.NOTHING, []
    names = await LIST_MEMBER_NAMES.all(conn, county=county, divisions=list(divisions))
    return SearchKind.NAME, await asyncio.to_thread(_match_names, seal, names, fold_text(text))


def _match_names(seal: Seal, names: Iterable[_MemberName], folded: str) -> list[str]:
    """Return the households with a member of the name; a county's names are decrypted in about a second."""
    return sorted({each.household for each in names if fold_text(seal.open(each.name_sealed, NAME_CONTEXT)) == folded})
