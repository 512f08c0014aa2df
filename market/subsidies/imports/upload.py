"""Uploads: the part that every import shares, before and after it reads its file."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.audit.record import add_audit_entry
from market.identity.access import require_county_role
from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.structs import build_from
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.imports.models import FileAlreadyImported, FileChanged
from market.subsidies.imports.spreadsheet import digest
from market.subsidies.models import FileId, Outcome
from market.subsidies.month.case_queries import DISABLE_NESTED_LOOPS
from market.subsidies.month.cycles import LOCK_IMPORTS, take_duty_in_open_cycles
from market.subsidies.month.steps import DUTY_ROLES
from market.subsidies.names import Operator


class ImportResult(Struct, frozen=True, kw_only=True):
    """The result of an import; `counts` are the new, changed and ended facts by name."""

    outcome: Outcome = Outcome.OK
    county: str
    kind: str
    name: str
    sha256: str
    rows: int
    dry_run: bool = False
    counts: dict[str, int] = {}
    sum_fen: Fen | None = None


class Upload(Struct, frozen=True):
    """A file sent for a county; with `dry_run` it is read and compared, but not stored."""

    county: str
    kind: str
    name: str
    content: bytes
    dry_run: bool = False
    take_changes: bool = False

    @property
    def sha256(self) -> str:
        """The SHA-256 of the content, in hex."""
        return digest(self.content)


class _ImportRecord(Struct, frozen=True):
    name: str
    sha256: str
    rows: int


FIND_FILE_BY_NAME = Query(
    _ImportRecord,
    """
    SELECT name, sha256, rows FROM import_files
     WHERE county_code = :county AND kind = :kind AND name = :name
     ORDER BY imported_at DESC, id DESC LIMIT 1
    """,
)
FIND_FILE_BY_CONTENT = Query(
    _ImportRecord,
    """
    SELECT name, sha256, rows FROM import_files
     WHERE county_code = :county AND kind = :kind AND sha256 = :sha256 LIMIT 1
    """,
)
ADD_FILE = Query(
    UUID,
    """
    INSERT INTO import_files (county_code, kind, name, sha256, rows, operator, month, sum_fen, account_id, imported_at)
    VALUES (:county, :kind, :name, :sha256, :rows, :operator, :month, :sum_fen, :account_id, :now)
    RETURNING id
    """,
)


async def begin_import(
    conn: Connection, actor: Actor | None, upload: Upload, *, now: datetime
) -> tuple[Actor, ImportResult | None]:
    """Check the actor's duty and whether the file was imported before; return a no-op result if it was.

    The imports of the county stay locked until the caller's transaction ends.

    Raises:
        NotSignedIn: there is no actor.
        SecondDuty: the actor holds another duty of an open cycle (R14).
        NotAllowed: the actor does not hold the role for the county.
        SecondFactorRequired: the session has no second factor.
        FileChanged: a file of this name was imported with other content, and the kind is not revisable.
        FileAlreadyImported: the same bill was imported under another name.
    """
    kind = IMPORT_KINDS[upload.kind]
    await LOCK_IMPORTS.run(conn, county=upload.county)
    await DISABLE_NESTED_LOOPS.run(conn)
    if actor is not None:
        await take_duty_in_open_cycles(conn, upload.county, actor, kind.duty, now=now)
    actor = require_county_role(actor, DUTY_ROLES[kind.duty], upload.county)
    known = await FIND_FILE_BY_NAME.maybe(conn, county=upload.county, kind=upload.kind, name=upload.name)
    if known is not None and known.sha256 == upload.sha256:
        return actor, build_from(ImportResult, upload, outcome=Outcome.NO_OP, rows=known.rows)
    if known is not None and not kind.revisable:
        raise FileChanged(name=upload.name, taken_sha256=known.sha256, given_sha256=upload.sha256)
    if kind.unique_content:
        same = await FIND_FILE_BY_CONTENT.maybe(conn, county=upload.county, kind=upload.kind, sha256=upload.sha256)
        if same is not None:
            raise FileAlreadyImported(taken=same.name)
    return actor, None


async def record_file(
    conn: Connection,
    actor: Actor,
    upload: Upload,
    *,
    rows: int,
    now: datetime,
    operator: Operator | None = None,
    month: date | None = None,
    sum_fen: Fen | None = None,
) -> FileId:
    """Record an imported file, with its audit entry."""
    file_id = FileId(
        await ADD_FILE.one(
            conn,
            county=upload.county,
            kind=upload.kind,
            name=upload.name,
            sha256=upload.sha256,
            rows=rows,
            operator=operator,
            month=month,
            sum_fen=sum_fen,
            account_id=actor.account_id,
            now=now,
        )
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"import {upload.kind}",
        object=f"county:{upload.county}",
        detail={"file": upload.name, "sha256": upload.sha256, "rows": rows},
        now=now,
    )
    return file_id


def build_result(upload: Upload, *, rows: int, counts: dict[str, int], sum_fen: Fen | None = None) -> ImportResult:
    """Return the result of an import that was stored, or would be without `dry_run`."""
    return build_from(ImportResult, upload, rows=rows, counts=counts, sum_fen=sum_fen)
