"""Import a file of a county, or try it: every bad cell is named, and it is stored whole or not at all."""

import asyncio

from market.kernel import Connection, Query
from market.kernel.sheets.spreadsheet import SMALL_SHEET, CellFaults, digest, malformed_file, read_spreadsheet
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role, require_platform_staff
from market.people.identity.models import Actor, NotSignedIn
from market.places.county_files.models import CountyFile, FileKind, FileOutcome, FileResult, ImportedCountyFile

_MAX_NAME_LENGTH = 200
MAX_LISTED = 50
MAX_NOTES = 100

# One file of a kind and county at a time: what the one before stored is known to the next.
LOCK_KIND = Query(None, "SELECT pg_advisory_xact_lock(7008, hashtext(concat_ws(' ', :kind::text, :county::text)))")
FIND_FILE = Query(
    int, "SELECT rows FROM county_files WHERE kind = :kind AND county_code = :county AND sha256 = :sha256"
)
ADD_FILE = Query(
    None,
    """
    INSERT INTO county_files (kind, county_code, sha256, name, rows, imported_by, imported_at)
    VALUES (:kind, :county, :sha256, :name, :rows, :account_id, :now)
    """,
)
LIST_FILES = Query(
    ImportedCountyFile,
    """
    SELECT kind, county_files.name, rows, sha256, accounts.name AS by, imported_at
      FROM county_files JOIN accounts ON accounts.id = imported_by
     WHERE county_code = :county AND (:kind::text = '' OR kind = :kind)
     ORDER BY imported_at DESC, sha256
     LIMIT :limit
    """,
)


def require_importer(actor: Actor | None, kind: FileKind, county: str) -> Actor:
    """Require a role that imports files of a kind for the whole county.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor has none.
    """
    if kind.national:
        if actor is None:
            raise NotSignedIn
        require_platform_staff(actor)
        return actor
    return require_county_role(actor, kind.roles, county)


async def import_county_file(conn: Connection, actor: Actor | None, kind: FileKind, file: CountyFile) -> FileResult:
    """Import a file, or only try it; the same content of a county is imported once.

    The caller's transaction has the scope of the county.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: see `require_importer`.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named, and nothing was stored.
    """
    importer = require_importer(actor, kind, file.county)
    sha256 = digest(file.content)
    await LOCK_KIND.run(conn, kind=kind.name, county=file.county)
    known = await FIND_FILE.maybe(conn, kind=kind.name, county=file.county, sha256=sha256)
    if known is not None:
        return FileResult(
            outcome=FileOutcome.NO_OP, kind=kind.name, name=file.name, sha256=sha256, rows=known, counts={}
        )
    spreadsheet = await asyncio.to_thread(read_spreadsheet, file.name, file.content, kind.columns, SMALL_SHEET)
    faults = CellFaults()
    plan = await kind.prepare(conn, importer, file, spreadsheet, faults)
    if faults:
        raise malformed_file(file.name, faults)
    rows = len(spreadsheet.rows)
    if not file.dry_run:
        await plan.store()
        await ADD_FILE.run(
            conn, kind=kind.name, county=file.county, sha256=sha256, name=file.name[:_MAX_NAME_LENGTH], rows=rows,
            account_id=importer.account_id, now=file.now,
        )  # fmt: skip
        await add_audit_entry(
            conn,
            actor=str(importer.account_id),
            action=f"county_file.{kind.name}",
            object=f"county:{file.county}",
            detail={"file": file.name[:_MAX_NAME_LENGTH], "sha256": sha256, "rows": rows, **plan.counts},
            now=file.now,
        )
    outcome = FileOutcome.TRIED if file.dry_run else FileOutcome.STORED
    return FileResult(
        outcome=outcome, kind=kind.name, name=file.name, sha256=sha256, rows=rows, counts=plan.counts,
        notes=plan.notes[:MAX_NOTES],
    )  # fmt: skip


async def list_county_files(conn: Connection, county: str, kind: str = "") -> list[ImportedCountyFile]:
    """Return the files of a county, the latest first, at most 50; of one kind if given."""
    return await LIST_FILES.all(conn, county=county, kind=kind, limit=MAX_LISTED)
