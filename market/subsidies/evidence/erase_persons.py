"""Erase persons of the register, on request or after the years that a county keeps them.

Source: Personal Information Protection Law, articles 19 and 47. What was counted and paid stays, with the codes of
lines and households; so do the hashes of every file, case and pack.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.sheets.redact import REDACTED, redact_rows
from market.kernel.sheets.spreadsheet import digest
from market.kernel.text import normalize_identity_number
from market.places.counties.settings import CountySettings
from market.subsidies.clawbacks.views import ENTRY_NOTE_CONTEXT, STATEMENT_CONTEXT
from market.subsidies.clawbacks.views import OPINION_CONTEXT as CLAWBACK_OPINION_CONTEXT
from market.subsidies.clawbacks.views import REASON_CONTEXT as CLAWBACK_REASON_CONTEXT
from market.subsidies.evidence.seal_pack import note_erased_members
from market.subsidies.identifiers import IDENTIFIER_CONTEXT, index_identifier
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.imports.originals import Original, open_original, seal_original
from market.subsidies.intake.consents import CONSENT_PHOTO_CONTEXT
from market.subsidies.intake.views import OPINION_CONTEXT, PERSON_IDENTITY_CONTEXT, PERSON_NAME_CONTEXT
from market.subsidies.lines.pauses import PAUSE_END_CONTEXT, PAUSE_NOTE_CONTEXT
from market.subsidies.lines.views import CHANGE_DETAILS_CONTEXT, CHANGE_NOTE_CONTEXT, CHANGE_REASON_CONTEXT
from market.subsidies.month.cycles import LOCK_IMPORTS
from market.subsidies.register.queries import IDENTITY_CONTEXT, NAME_CONTEXT
from payments.retries import BatchSummary, describe_error, run_batches, run_each, sum_batches

log = structlog.get_logger()

MAX_AT_ONCE = 500
_KINDS = [each.name for each in IMPORT_KINDS.values() if any("identity" in column.name for column in each.columns)]
_TEXTS = (
    NAME_CONTEXT, PERSON_NAME_CONTEXT, CHANGE_NOTE_CONTEXT, CHANGE_REASON_CONTEXT, PAUSE_NOTE_CONTEXT,
    PAUSE_END_CONTEXT, OPINION_CONTEXT, CONSENT_PHOTO_CONTEXT, CLAWBACK_REASON_CONTEXT, STATEMENT_CONTEXT,
    CLAWBACK_OPINION_CONTEXT, ENTRY_NOTE_CONTEXT,
)  # fmt: skip
_OBSTACLES = {
    "erased": "已经删过了",
    "member": "还在名册里",
    "bound": "名下的号码还在用，或者停用还不到六个月",
    "lead": "有一条线索还没有办完",
    "finding": "名下的号码有疑点还没有处理",
    "grievance": "名下的号码有投诉还没有办完",
    "clawback": "有一份追缴的决定还没有办完",
    "month": "用过号码的月份还没有都关账、封存",
}


class ErasureReason(StrEnum):
    """Why a person is erased."""

    REQUEST = "request"
    RETENTION = "retention"


class PersonUnknown(Refusal):
    """The register of the county has nobody of this identity number."""

    code = "register_person_unknown"
    status = 404
    zh = "县里的名册没有这个身份证号的人。"
    en = "The county's register has nobody of this identity number."


class PersonNotErasable(Refusal):
    """The person is still needed for what is not finished; `errors` lists each reason."""

    code = "register_person_not_erasable"
    status = 409
    zh = "现在还不能删除这个人。"
    en = "The person cannot be erased yet; see errors."


class Erasure(Struct, frozen=True):
    """Persons that were erased, and the files whose originals lost their rows."""

    persons: int
    files: list[str]


class _Person(Struct, frozen=True):
    id: UUID
    identity_sealed: bytes


class _PersonFile(Struct, frozen=True):
    file_id: UUID
    name: str


class _RedactedFile(Struct, frozen=True):
    """A file without the rows of erased persons, as it is stored."""

    file_id: UUID
    name: str
    content_sealed: bytes
    sha256: str
    size: int


class DueErasure(Struct, frozen=True):
    """A person whom a county has kept long enough."""

    county_code: str
    person_id: UUID


FIND_REGISTER_PERSON = Query(
    UUID, "SELECT id FROM persons WHERE county_code = :county AND identity_index = :identity_index"
)
LIST_ERASURE_OBSTACLES = Query(str, "SELECT obstacle FROM list_erasure_obstacles(:person_id, :day)")
LIST_ERASED_PERSONS = Query(
    _Person,
    "SELECT id, identity_sealed FROM persons WHERE county_code = :county AND id = ANY(:ids::uuid[]) ORDER BY id",
)
LIST_OWN_CODES = Query(
    str,
    """
    SELECT household_code FROM memberships WHERE county_code = :county AND person_id = ANY(:ids::uuid[])
     UNION
    SELECT line_code FROM persons p JOIN enrolments e USING (county_code, identity_index)
     WHERE county_code = :county AND p.id = ANY(:ids::uuid[])
     UNION
    SELECT line_code FROM persons p JOIN bindings b USING (county_code, identity_index)
     WHERE county_code = :county AND p.id = ANY(:ids::uuid[])
    """,
)
# The numbers, devices and SIMs of the bindings.
LIST_OWN_NUMBERS = Query(
    int,
    """
    SELECT DISTINCT own.id
      FROM persons p
      JOIN bindings b USING (county_code, identity_index)
     CROSS JOIN LATERAL unnest(ARRAY[b.number_id, b.device_id, b.sim_id]) AS own (id)
     WHERE county_code = :county AND p.id = :person_id AND own.id IS NOT NULL
    """,
)
LIST_PERSON_FILES = Query(
    _PersonFile,
    """
    SELECT o.file_id, o.name FROM import_originals o JOIN import_files i ON i.id = o.file_id
     WHERE o.county_code = :county AND NOT o.attached AND i.kind = ANY(:kinds::text[])
     ORDER BY i.imported_at, o.file_id
    """,
)
GET_PERSON_FILE = Query(
    Original,
    """
    SELECT name, attached, sha256, bytes AS size, content_sealed, redacted_sha256, redacted_bytes FROM import_originals
     WHERE file_id = :file_id AND name = :name AND NOT attached
    """,
)
REDACT_ORIGINAL = Query(
    None, "SELECT redact_original(:file_id, false, :name, :content_sealed, :sha256, :bytes, :by, :now)"
)
ERASE_REGISTER_PERSON = Query(
    None,
    "SELECT erase_register_person(:person_id, :index, :sealed::jsonb, :numbers::jsonb, :reason, :by, :now)",
)
LIST_DUE_ERASURES = Query(
    DueErasure, "SELECT county_code, person_id FROM list_due_erasures(:day, :years::integer, :most::integer)"
)


async def erase_person(conn: Connection, seal: Seal, county: str, identity: str, *, by: str, now: datetime) -> Erasure:
    """Erase a person who asked for it. The caller has checked that `by` may, and owns the transaction.

    Raises:
        PersonUnknown: the county's register has nobody of this number.
        PersonNotErasable: see `_OBSTACLES`.
    """
    number = normalize_identity_number(identity)
    found = number and await FIND_REGISTER_PERSON.maybe(conn, county=county, identity_index=seal.index(number))
    if not found:
        raise PersonUnknown
    return await erase_persons(conn, seal, county, [found], reason=ErasureReason.REQUEST, by=by, now=now)


async def erase_persons(
    conn: Connection,
    seal: Seal,
    county: str,
    persons: Sequence[UUID],
    *,
    reason: ErasureReason,
    by: str,
    now: datetime,
) -> Erasure:
    """Erase persons of a county's register; each of its files that may have them is read once, in threads.

    Raises:
        PersonNotErasable: one of them is still needed.
    """
    await LOCK_IMPORTS.run(conn, county=county)
    for person_id in persons:
        obstacles = await LIST_ERASURE_OBSTACLES.all(conn, person_id=person_id, day=get_business_day(now))
        if obstacles:
            raise PersonNotErasable(errors=tuple(FieldFault("identity", _OBSTACLES[each]) for each in obstacles))
    rows = await LIST_ERASED_PERSONS.all(conn, county=county, ids=persons)
    identities = {seal.open(each.identity_sealed, IDENTITY_CONTEXT) for each in rows}
    kept = set(await LIST_OWN_CODES.all(conn, county=county, ids=persons))
    files = await _redact_originals(conn, seal, county, identities, kept, now=now)
    for each in rows:
        numbers = await LIST_OWN_NUMBERS.all(conn, county=county, person_id=each.id)
        await _overwrite(conn, seal, each.id, numbers, reason=reason, by=by, now=now)
    await _store_redacted(conn, files, by=by, now=now)
    return Erasure(len(rows), [file.name for file in files])


async def erase_due_persons(db: Database, seal: Seal, *, now: datetime) -> BatchSummary:
    """Erase the persons whom their counties have kept long enough, 500 at a time, one transaction a county.

    A county in which one of them fails is done person by person, so that nobody stays for another's sake.
    """
    failed: list[DueErasure] = []
    summaries: list[BatchSummary] = []

    async def list_due(most: int) -> list[DueErasure]:
        async with db.connection() as conn:
            return await LIST_DUE_ERASURES.all(
                conn, day=get_business_day(now), years=CountySettings().register_years, most=most
            )

    async def erase(county: str, persons: Sequence[UUID]) -> None:
        async with db.transaction(scope=county) as conn:
            await erase_persons(
                conn, seal, county, persons, reason=ErasureReason.RETENTION, by="erase_due_persons", now=now
            )

    async def erase_one(each: DueErasure) -> None:
        await erase(each.county_code, [each.person_id])

    async def fail_one(each: DueErasure, error: Exception) -> None:
        failed.append(each)
        log.error("person_not_erased", county=each.county_code, person=str(each.person_id), error=describe_error(error))

    async def erase_batch(due: Sequence[DueErasure]) -> list[DueErasure]:
        by_county: dict[str, list[DueErasure]] = defaultdict(list)
        for each in due:
            by_county[each.county_code].append(each)

        async def work(county: str) -> None:
            await erase(county, [each.person_id for each in by_county[county]])

        async def fail(county: str, error: Exception) -> None:
            log.warning("persons_not_erased_together", county=county, error=describe_error(error))
            await run_each(by_county[county], erase_one, fail_one)

        summaries.append(await run_each(list(by_county), work, fail))
        return failed

    await run_batches(list_due, erase_batch, most=MAX_AT_ONCE)
    return sum_batches(summaries)


async def _redact_originals(
    conn: Connection, seal: Seal, county: str, identities: Collection[str], kept: Collection[str], *, now: datetime
) -> list[_RedactedFile]:
    """Return the files that have a row of one of the persons without it, for `_store_redacted`.

    Reading and sealing them takes seconds, and storing them locks the audit chain of the county until the commit: they
    are stored last.
    """
    redacted: list[_RedactedFile] = []
    for file in await LIST_PERSON_FILES.all(conn, county=county, kinds=_KINDS):
        original = await GET_PERSON_FILE.one(conn, file_id=file.file_id, name=file.name)
        content = await asyncio.to_thread(open_original, seal, original)
        rest = await asyncio.to_thread(redact_rows, file.name, content, frozenset(identities), kept=frozenset(kept))
        if rest is None:
            continue
        if original.redacted_sha256 is None:
            await note_erased_members(
                conn, seal, county, file_id=file.file_id, name=file.name, content=content, now=now
            )
        sealed = await asyncio.to_thread(seal_original, seal, file.name, rest, attached=False)
        redacted.append(_RedactedFile(file.file_id, file.name, sealed.content_sealed, digest(rest), len(rest)))
    return redacted


async def _store_redacted(conn: Connection, files: Sequence[_RedactedFile], *, by: str, now: datetime) -> None:
    """Keep files without the rows of the persons, each with its audit entry."""
    for file in files:
        await REDACT_ORIGINAL.run(
            conn,
            file_id=file.file_id,
            name=file.name,
            content_sealed=file.content_sealed,
            sha256=file.sha256,
            bytes=file.size,
            by=by,
            now=now,
        )


async def _overwrite(
    conn: Connection, seal: Seal, person_id: UUID, numbers: Sequence[int], *, reason: ErasureReason, by: str,
    now: datetime,
) -> None:  # fmt: skip
    """Put random tokens in place of the person's identity number, numbers, devices and SIMs; a word in place of texts.

    The tokens are sealed and indexed like what they replace, so that a rotation of the secret finds them.
    """
    token = make_token()
    sealed = {context: seal.seal(REDACTED, context) for context in _TEXTS}
    sealed[CHANGE_DETAILS_CONTEXT] = seal.seal("{}", CHANGE_DETAILS_CONTEXT)
    sealed |= {context: seal.seal(token, context) for context in (IDENTITY_CONTEXT, PERSON_IDENTITY_CONTEXT)}
    tokens = {number_id: make_token() for number_id in numbers}
    replaced = [
        {"id": number_id, "index": index_identifier(seal, each), "sealed": seal.seal(each, IDENTIFIER_CONTEXT)}
        for number_id, each in tokens.items()
    ]
    await ERASE_REGISTER_PERSON.run(
        conn,
        person_id=person_id,
        index=seal.index(token),
        sealed=sealed,
        numbers=replaced,
        reason=reason,
        by=by,
        now=now,
    )


def make_token() -> str:
    """Return a random word to put in place of an identity number, a number, a device or a SIM."""
    return f"{REDACTED}{os.urandom(16).hex()}"
