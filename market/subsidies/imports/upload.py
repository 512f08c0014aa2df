"""Uploads: the part that every import shares, before and after it reads its file."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query, Refusal
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault, FileUnreadable
from market.kernel.sheets.spreadsheet import MAX_FAULTS, Spreadsheet, digest, is_json, read_spreadsheet
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry
from market.people.identity.access import may_send_file, require_file_sender
from market.people.identity.models import Actor
from market.subsidies.imports.kinds import BILLING, IMPORT_KINDS
from market.subsidies.imports.models import BillChanged, FactsDiffer, FileAlreadyImported, FileChanged, OtherOperator
from market.subsidies.imports.originals import ADD_ORIGINAL, MAX_ORIGINAL_BYTES, Original, seal_originals
from market.subsidies.models import FileId, Outcome
from market.subsidies.month.case_queries import PLAN_FOR_COUNTY
from market.subsidies.month.cycles import GET_IMPORT_TIME, LOCK_IMPORTS, take_duty_in_open_cycles
from market.subsidies.month.steps import DUTY_ROLES
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.progress import Report, Stage, report_nothing


class ImportResult(Struct, frozen=True, kw_only=True):
    """The result of an import; `counts` are the new, changed and ended facts by name.

    `changes` are the known facts that the file changes, at most 1,000: the new value and what it was. `earlier_rows`
    are the rows of the operator's month before, if this month has far fewer. A bill taken in part has `rows` taken and
    `rejected` returned, for the reasons `rejections` (at most 1,000 cells); `file_id` is that of a stored bill.
    """

    outcome: Outcome = Outcome.OK
    county: str
    kind: str
    name: str
    sha256: str
    rows: int
    dry_run: bool = False
    counts: dict[str, int] = {}
    sum_fen: Fen | None = None
    changes: tuple[CellFault, ...] = ()
    earlier_rows: int | None = None
    rejected: int = 0
    rejections: tuple[CellFault, ...] = ()
    file_id: FileId | None = None


class Upload(Struct, frozen=True):
    """A file sent for a county; with `dry_run` it is read and compared, but not stored.

    `take_part`: the sound rows of a bill are taken, and the others returned. `replaces` is the bill that a revision
    replaces.
    """

    county: str
    kind: str
    name: str
    content: bytes
    dry_run: bool = False
    take_changes: bool = False
    take_fewer: bool = False
    take_part: bool = False
    replaces: UUID | None = None

    @property
    def sha256(self) -> str:
        """The SHA-256 of the content, in hex."""
        return digest(self.content)


class ImportContext(Struct, frozen=True, kw_only=True):
    """What an import needs besides its file; `attachments` are the attached files by name."""

    seal: Seal
    now: datetime
    attachments: Mapping[str, bytes] = {}
    report: Report = report_nothing


class PreparedUpload(Upload, frozen=True, kw_only=True):
    """An upload that was parsed and sealed before its transaction; `parsed` is the refusal of an unreadable file."""

    context: ImportContext
    parsed: Spreadsheet | Refusal | None = None
    originals: tuple[Original, ...] = ()

    @property
    def seal(self) -> Seal:
        """The encryption of personal data."""
        return self.context.seal

    @property
    def now(self) -> datetime:
        """The time of the import."""
        return self.context.now

    def get_spreadsheet(self) -> Spreadsheet:
        """Return the spreadsheet of the file.

        Raises:
            FileUnreadable, FileMalformed: see `read_spreadsheet`.
        """
        if isinstance(self.parsed, Refusal):
            raise self.parsed
        assert self.parsed is not None, "an upload without columns is not a spreadsheet"
        return self.parsed


async def prepare_upload(actor: Actor | None, upload: Upload, context: ImportContext) -> PreparedUpload:
    """Parse and seal a file, in a thread and before any transaction, because a large one takes seconds.

    A file that cannot be read is refused by its import, after the checks of the actor; the file of an actor without
    the role is not read at all.

    Raises:
        FileUnreadable: the file or an attachment is above 64 MiB.
    """
    kind = IMPORT_KINDS[upload.kind]
    for name, content in ((upload.name, upload.content), *context.attachments.items()):
        if len(content) > MAX_ORIGINAL_BYTES:
            raise FileUnreadable(name=name, reason=f"超过 {MAX_ORIGINAL_BYTES // 1024 // 1024} MiB")
    prepared = build_from(PreparedUpload, upload, context=context)
    if actor is None or not may_send_file(
        actor, DUTY_ROLES[kind.duty], upload.county, operators=kind.sent_by_operators
    ):
        return prepared

    def read() -> PreparedUpload:
        parsed: Spreadsheet | Refusal | None = None
        originals: tuple[Original, ...] = ()
        try:
            if kind.columns and not (".json" in kind.file_types and is_json(upload.content)):
                parsed = read_spreadsheet(upload.name, upload.content, kind.columns)
        except Refusal as refusal:
            parsed = refusal
        if not upload.dry_run and not isinstance(parsed, Refusal):
            originals = seal_originals(context.seal, upload.name, upload.content, context.attachments)
        return build_from(PreparedUpload, upload, context=context, parsed=parsed, originals=originals)

    return await asyncio.to_thread(read)


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
# The triggers that keep superseded facts read the file that replaces them.
SET_IMPORT_FILE = Query(None, "SELECT set_config('market.import_file', :file_id::uuid::text, true)")
ADD_FILE = Query(
    UUID,
    """
    INSERT INTO import_files (county_code, kind, name, sha256, rows, rejected, operator, month, sum_fen, replaces,
                              account_id, imported_at)
    VALUES (:county, :kind, :name, :sha256, :rows, :rejected, :operator, :month, :sum_fen, :replaces,
            :account_id, :imported_at)
    RETURNING id
    """,
)


async def begin_import(
    conn: Connection, actor: Actor | None, upload: PreparedUpload
) -> tuple[Actor, ImportResult | None]:
    """Check the actor's duty and whether the file was imported before; return a no-op result if it was.

    The imports of the county stay locked until the caller's transaction ends.

    Raises:
        NotSignedIn: there is no actor.
        SecondDuty: the actor holds another duty of an open cycle (R14).
        NotAllowed: the actor does not hold the role for the county.
        NotFound: the actor sends an operator's files, and of other counties.
        SecondFactorRequired: the session has no second factor.
        FileChanged: a file of this name was imported with other content, and the kind is not revisable.
        FileAlreadyImported: the same bill was imported under another name.
    """
    kind = IMPORT_KINDS[upload.kind]
    await LOCK_IMPORTS.run(conn, county=upload.county)
    await PLAN_FOR_COUNTY.run(conn)
    if actor is not None and actor.operator is None:
        await take_duty_in_open_cycles(conn, upload.county, actor, kind.duty, now=upload.now)
    actor = require_file_sender(actor, DUTY_ROLES[kind.duty], upload.county, operators=kind.sent_by_operators)
    known = await FIND_FILE_BY_NAME.maybe(conn, county=upload.county, kind=upload.kind, name=upload.name)
    if known is not None and known.sha256 == upload.sha256:
        return actor, build_from(ImportResult, upload, outcome=Outcome.NO_OP, rows=known.rows)
    if known is not None and not kind.revisable:
        changed = BillChanged if kind is BILLING else FileChanged
        raise changed(name=upload.name, taken_sha256=known.sha256, given_sha256=upload.sha256)
    if kind.unique_content:
        same = await FIND_FILE_BY_CONTENT.maybe(conn, county=upload.county, kind=upload.kind, sha256=upload.sha256)
        if same is not None:
            raise FileAlreadyImported(taken=same.name)
    return actor, None


def require_own_operator(actor: Actor, stated: Operator) -> None:
    """Require that an operator's account sends files of its operator; an official sends those of all.

    Raises:
        OtherOperator: the manifest states another one.
    """
    if actor.operator is not None and actor.operator.operator != stated:
        own = OPERATOR_NAMES[Operator(actor.operator.operator)]
        raise OtherOperator(stated=OPERATOR_NAMES[stated], own=own)


async def record_file(
    conn: Connection,
    actor: Actor,
    upload: PreparedUpload,
    *,
    rows: int,
    rejected: int = 0,
    operator: Operator | None = None,
    month: date | None = None,
    sum_fen: Fen | None = None,
) -> FileId:
    """Record an imported file, with its audit entry and its sealed originals; it is later than every calculation.

    Of a bill, `rejected` rows are not taken.

    Facts that are replaced in the rest of the transaction are kept as replaced by this file. The caller holds the lock
    of the county's imports.
    """
    upload.context.report(Stage.STORING)
    file_id = FileId(
        await ADD_FILE.one(
            conn,
            county=upload.county,
            kind=upload.kind,
            name=upload.name,
            sha256=upload.sha256,
            rows=rows,
            rejected=rejected,
            operator=operator,
            month=month,
            sum_fen=sum_fen,
            replaces=upload.replaces,
            account_id=actor.account_id,
            imported_at=await GET_IMPORT_TIME.one(conn, county=upload.county, now=upload.now),
        )
    )
    await SET_IMPORT_FILE.run(conn, file_id=file_id)
    for original in upload.originals:
        await ADD_ORIGINAL.run(
            conn,
            file_id=file_id,
            name=original.name,
            attached=original.attached,
            county=upload.county,
            sha256=original.sha256,
            bytes=original.size,
            content_sealed=original.content_sealed,
        )
    await _record_import(conn, actor, upload, rows=rows, rejected=rejected)
    return file_id


async def _record_import(conn: Connection, actor: Actor, upload: PreparedUpload, *, rows: int, rejected: int) -> None:
    detail: dict[str, object] = {"file": upload.name, "sha256": upload.sha256, "rows": rows}
    if rejected:
        detail["rejected"] = rejected
    if upload.replaces is not None:
        detail["replaces"] = str(upload.replaces)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"import {upload.kind}",
        object=f"county:{upload.county}",
        detail=detail,
        now=upload.now,
    )


def build_result(
    upload: Upload,
    *,
    rows: int,
    counts: dict[str, int],
    sum_fen: Fen | None = None,
    changes: Sequence[CellFault] = (),
    earlier_rows: int | None = None,
) -> ImportResult:
    """Return the result of an import that was stored, or would be without `dry_run`."""
    shown = tuple(changes[:MAX_FAULTS])
    return build_from(
        ImportResult, upload, rows=rows, counts=counts, sum_fen=sum_fen, changes=shown, earlier_rows=earlier_rows
    )


def require_changes_taken(upload: Upload, changes: Sequence[CellFault]) -> None:
    """Require `take_changes` of a file that changes known facts.

    Raises:
        FactsDiffer: it changes some and they are not taken; the first 1,000 are listed.
    """
    if changes and not upload.take_changes:
        kind = IMPORT_KINDS[upload.kind]
        raise FactsDiffer(kind=kind.name_zh, changed=len(changes), errors=tuple(changes[:MAX_FAULTS]))
