"""What an operator and the county's importer write to each other about a bill."""

import re
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_file_sender
from market.people.identity.models import Actor, NotFound, Role

MAX_NOTE_LENGTH = 500
MAX_NOTES = 50
NOTE_CONTEXT = "file_notes.text"
_PERSONAL_NUMBER = re.compile(r"[0-9]{9,}[Xx]?|1[0-9]{2}[ -][0-9]{4}[ -][0-9]{4}")
"""Of a phone, an account, a card, a device or a person; a day or a sum has fewer digits."""


class NoteInvalid(Refusal):
    """The note is empty or too long, or the file has all the notes that it may have."""

    code = "note_invalid"
    status = 422
    zh = "写 1 到 500 字；一个文件最多写 50 次。"
    en = "Write 1 to 500 characters; a file has at most 50 notes."


class FileNote(Struct, frozen=True, kw_only=True):
    """A note about a bill, of the operator or of the county."""

    by: str
    by_operator: bool
    text: str
    at: datetime


class _StoredNote(Struct, frozen=True, kw_only=True):
    by: str
    by_operator: bool
    text: str
    text_sealed: bytes | None
    at: datetime


# A note of an earlier release has a `text` until `market reseal` encrypts it.
LIST_NOTES = Query(
    _StoredNote,
    """
    SELECT a.name AS by, n.by_operator, n.text, n.text_sealed, n.at
      FROM file_notes n JOIN accounts a ON a.id = n.account_id
     WHERE n.file_id = :file_id AND n.county_code = :county
     ORDER BY n.position
    """,
)
# The key decides between two notes at once: the second one is refused and written again.
ADD_NOTE = Query(
    int,
    """
    INSERT INTO file_notes (file_id, position, county_code, account_id, by_operator, text_sealed, at)
    SELECT f.id, (SELECT count(*) FROM file_notes WHERE file_id = f.id) + 1, f.county_code, :account_id::uuid,
           :by_operator::boolean, :text_sealed, :now::timestamptz
      FROM import_files f
     WHERE f.id = :file_id AND f.county_code = :county AND f.kind = 'billing'
       AND (:operator::text IS NULL OR f.operator = :operator)
       AND (SELECT count(*) FROM file_notes WHERE file_id = f.id) < :most::integer
    ON CONFLICT DO NOTHING
    RETURNING position
    """,
)


async def add_note(
    conn: Connection, seal: Seal, actor: Actor, county: str, file_id: UUID, *, text: str, now: datetime
) -> int:
    """Write about a bill, as the operator that sent it or as the county's importer; return the note's number.

    Numbers of phones, accounts and persons are replaced by `…`: the other side does not need them, as a row of the bill
    can be named by its place. The text is sealed.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is neither.
        NotFound: the actor sends another operator's files, or there is no such bill.
        NoteInvalid: the text has not 1 to 500 characters, or the file has 50 notes.
    """
    require_file_sender(actor, Role.IMPORTER, county, operators=True)
    cleaned = _PERSONAL_NUMBER.sub("…", clean_text(text))
    if not 0 < len(cleaned) <= MAX_NOTE_LENGTH:
        raise NoteInvalid(errors=(FieldFault("text", f"写 1 到 {MAX_NOTE_LENGTH} 字"),))
    if not await _is_there(conn, actor, county, file_id):
        raise NotFound
    added = await ADD_NOTE.maybe(
        conn,
        file_id=file_id,
        county=county,
        account_id=actor.account_id,
        by_operator=actor.operator is not None,
        operator=None if actor.operator is None else actor.operator.operator,
        text_sealed=seal.seal(cleaned, NOTE_CONTEXT),
        most=MAX_NOTES,
        now=now,
    )
    if added is None:
        raise NoteInvalid
    return added


IS_BILL = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM import_files
                    WHERE id = :file_id AND county_code = :county AND kind = 'billing'
                      AND (:operator::text IS NULL OR operator = :operator))
    """,
)


async def _is_there(conn: Connection, actor: Actor, county: str, file_id: UUID) -> bool:
    operator = None if actor.operator is None else actor.operator.operator
    return await IS_BILL.one(conn, file_id=file_id, county=county, operator=operator)


async def list_notes(conn: Connection, seal: Seal, actor: Actor, county: str, file_id: UUID) -> list[FileNote]:
    """Return the notes about a bill, oldest first.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `add_note`.
    """
    require_file_sender(actor, Role.IMPORTER, county, operators=True)
    if not await _is_there(conn, actor, county, file_id):
        raise NotFound
    return [
        build_from(
            FileNote, row, text=row.text if row.text_sealed is None else seal.open(row.text_sealed, NOTE_CONTEXT)
        )
        for row in await LIST_NOTES.all(conn, file_id=file_id, county=county)
    ]
