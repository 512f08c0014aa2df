"""The bytes of imported files, kept sealed as evidence, and their return to an auditor."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import digest
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, NotFound, Role
from market.subsidies.models import FileId

ORIGINAL_CONTEXT = "import_originals.content_sealed"
MAX_ORIGINAL_BYTES = 64 * 1024 * 1024
READER_ROLES = frozenset({Role.COUNTY, Role.FINANCE, Role.RECONCILER})
"""Officials who may read the original of a file; it holds identity numbers of a whole county."""


class Original(Struct, frozen=True):
    """A file of an import, sealed: the imported file itself, or one that was attached to it.

    `sha256` and `size` are those of what was imported. Once persons in it were erased it is kept without their cells,
    of the hash `redacted_sha256`.
    """

    name: str
    attached: bool
    sha256: str
    size: int
    content_sealed: bytes
    redacted_sha256: str | None = None
    redacted_bytes: int | None = None


ADD_ORIGINAL = Query(
    None,
    """
    INSERT INTO import_originals (file_id, name, attached, county_code, sha256, bytes, content_sealed)
    VALUES (:file_id, :name, :attached, :county, :sha256, :bytes, :content_sealed)
    """,
)
LIST_ORIGINALS = Query(
    Original,
    """
    SELECT name, attached, sha256, bytes AS size, content_sealed, redacted_sha256, redacted_bytes
      FROM import_originals
     WHERE county_code = :county AND file_id = :file_id AND (:name::text IS NULL OR name = :name)
     ORDER BY attached, name
     LIMIT 1
    """,
)


def seal_original(seal: Seal, name: str, content: bytes, *, attached: bool) -> Original:
    """Return a file compressed and sealed; this takes half a second for 13 MB, so call it in a thread."""
    sealed = seal.seal_bytes(zlib.compress(content, 1), ORIGINAL_CONTEXT)
    return Original(name, attached, digest(content), len(content), sealed)


def seal_originals(seal: Seal, name: str, content: bytes, attachments: Mapping[str, bytes]) -> tuple[Original, ...]:
    """Return an imported file and its attachments sealed; the same attachment under two names is kept under both."""
    attached = [seal_original(seal, each, of, attached=True) for each, of in attachments.items()]
    return (seal_original(seal, name, content, attached=False), *attached)


def open_original(seal: Seal, original: Original) -> bytes:
    """Return the bytes of a sealed file.

    Raises:
        UnsealError: it was sealed under another key, or changed.
    """
    size = original.size if original.redacted_bytes is None else original.redacted_bytes
    content = zlib.decompress(seal.open_bytes(original.content_sealed, ORIGINAL_CONTEXT), bufsize=size or 1)
    assert digest(content) == (original.redacted_sha256 or original.sha256), "sealed content cannot change"
    return content


async def read_original(
    conn: Connection, actor: Actor | None, county: str, file_id: UUID, *, name: str | None, seal: Seal, now: datetime
) -> tuple[str, bytes]:
    """Return the name and bytes of an imported file, or of the attachment called `name`; the audit record names both.

    Raises:
        NotSignedIn: there is no actor.
        NotAllowed: the actor has none of `READER_ROLES` for the whole county.
        SecondFactorRequired: the session has no second factor.
        NotFound: the county has no such file, or the file was imported before originals were kept.
    """
    actor = require_county_role(actor, READER_ROLES, county)
    original = await LIST_ORIGINALS.maybe(conn, county=county, file_id=file_id, name=name)
    if original is None:
        raise NotFound
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="import read original",
        object=f"county:{county}",
        detail={"file": original.name, "sha256": original.sha256, "file_id": str(FileId(file_id))},
        now=now,
    )
    return original.name, open_original(seal, original)
