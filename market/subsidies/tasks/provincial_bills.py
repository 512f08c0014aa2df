"""A bill of several counties as tasks: it is split by one, and imported by one of each county."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import PurePath
from uuid import UUID, uuid4

from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.database import set_scope
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.kernel.structs import build_from
from market.people.audit.record import record_export
from market.people.identity.access import get_operator_seat
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.subsidies.imports.formats.templates import Download
from market.subsidies.imports.kept_uploads import KeptUpload
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.models import ManifestMissing
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.names import Operator
from market.subsidies.operators.provincial_bill import (
    list_seat_counties,
    locate_fault,
    locate_rejected,
    split_bill,
)
from market.subsidies.operators.rejected import RejectedRow, load_rejected, write_rejected
from market.subsidies.progress import Report, Stage
from market.subsidies.tasks.models import SplitPart, SplitResult, SplitTask, Task, TaskFailed, TaskState
from market.subsidies.tasks.outcome import open_refusal, open_result
from market.subsidies.tasks.submit import (
    FIND_TASK,
    add_task,
    make_import,
    queue_task,
    store_import,
)

LIST_SPLIT_TASKS = Query(
    Task,
    """
    SELECT id, county_code, account_id, second_factor, request_key, input, state, stage, outcome_sealed, attempts,
           created_at
      FROM tasks
     WHERE account_id = :account_id AND county_code = :county AND input ->> 'kind' = 'split'
     ORDER BY id DESC LIMIT 10
    """,
)


class PartOutcome(Struct, frozen=True, kw_only=True):
    """What came of one county's rows: a result, why they were refused, or neither while the task goes on.

    `faults` are the cells to correct, at their rows of the whole file: those of returned rows, or of the refusal.
    """

    county: str
    name: str
    rows: int
    state: TaskState
    result: ImportResult | None = None
    refusal: Refusal | None = None
    faults: tuple[CellFault, ...] = ()


class SplitOutcome(Struct, frozen=True, kw_only=True):
    """What came of a bill in each county, and its rows that belong to none."""

    rows: int
    parts: list[PartOutcome]
    rejected: list[RejectedRow]

    @property
    def ended(self) -> bool:
        """Whether every county's part has ended."""
        return all(part.result is not None or part.refusal is not None for part in self.parts)

    @property
    def returned(self) -> int:
        """The rows that come back as a file: those of no county and those that counties did not take."""
        return len(self.rejected) + sum(
            part.result.rejected for part in self.parts if part.result and part.result.file_id
        )


async def find_keeping_county(conn: Connection, actor: Actor) -> str:
    """Return the county that keeps the tasks of an operator's bills of several: the first by code that it serves.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is no account of an operator.
        NotFound: it serves no county.
    """
    counties = await list_seat_counties(conn, get_operator_seat(actor).scopes)
    if not counties:
        raise NotFound
    return min(counties)


def make_split(upload: Upload, *, typed: dict[str, str] | None = None) -> SplitTask:
    """Return the task that splits an upload."""
    return build_from(SplitTask, upload, upload=uuid4(), typed=typed or {})


async def add_split_task(
    conn: Connection,
    files: FileStore,
    seal: Seal,
    actor: Actor,
    task: SplitTask,
    *,
    upload: Upload,
    attachments: Mapping[str, bytes],
    request_key: str,
    now: datetime,
) -> UUID:
    """Store a bill of several counties, and queue the task that splits it; return its id.

    The caller owns the transaction of the county that keeps the task, see `find_keeping_county`.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `find_keeping_county`.
        TooManyTasks: 20 tasks of the account have not ended.
    """
    county = await find_keeping_county(conn, actor)
    task_id = await queue_task(conn, actor, county, task, request_key=request_key)
    await store_import(files, seal, task, upload=upload, attachments=attachments, now=now)
    return task_id


async def queue_parts(
    conn: Connection,
    files: FileStore,
    seal: Seal,
    actor: Actor,
    *,
    county: str,
    task_id: UUID,
    task: SplitTask,
    stored: KeptUpload,
    now: datetime,
    report: Report,
) -> SplitResult:
    """Split a stored bill and queue the import of each county's rows, in the caller's transaction.

    No scope shows two counties: the transaction takes that of each in turn, and then that of `county` again.

    Raises:
        ManifestMissing: the bill has no manifest.
        Refusal: see `split_bill`, and `add_task` of each part.
    """
    seat = get_operator_seat(actor)
    manifest = next(iter(stored.attachments.items()), None)
    if manifest is None:
        raise ManifestMissing(name=task.name)
    counties = await list_seat_counties(conn, seat.scopes)
    bill = await asyncio.to_thread(
        split_bill,
        task.name,
        stored.content,
        manifest,
        operator=Operator(seat.operator),
        counties=counties,
        take_part=task.take_part,
        today=get_business_day(now),
    )
    report(Stage.STORING)
    parts: list[SplitPart] = []
    for part in bill.parts:
        upload = Upload(
            part.county,
            BILLING.name,
            part.name,
            part.content,
            dry_run=task.dry_run,
            take_fewer=task.take_fewer,
            take_part=task.take_part,
        )
        attachments = {part.manifest_name: part.manifest}
        own = make_import(upload, attachments)
        store = partial(store_import, files, seal, own, upload=upload, attachments=attachments, now=now)
        await set_scope(conn, part.county)
        own_id = await add_task(
            conn, actor, part.county, own, request_key=f"{task_id} {part.county}", store=store, now=now
        )
        parts.append(SplitPart(county=part.county, task_id=own_id, rows=part.rows, runs=part.runs))
    await set_scope(conn, county)
    return SplitResult(rows=bill.rows, parts=parts, rejected=bill.rejected)


async def list_split_tasks(conn: Connection, actor: Actor) -> list[Task]:
    """Return the account's latest bills of several counties, at most 10."""
    return await LIST_SPLIT_TASKS.all(conn, account_id=actor.account_id, county=await find_keeping_county(conn, actor))


async def load_split_outcome(conn: Connection, seal: Seal, actor: Actor, task: Task) -> SplitOutcome:
    """Return what came of a bill in each county. The caller's transaction takes the scope of each in turn.

    Raises:
        NotFound: the task splits no bill, or has not ended with a result.
    """
    split = _open_split(seal, task)
    names = await list_seat_counties(conn, [part.county for part in split.parts])
    parts: list[PartOutcome] = []
    for part in split.parts:
        await set_scope(conn, part.county)
        own = await FIND_TASK.maybe(conn, task_id=part.task_id, county=part.county, account_id=actor.account_id)
        if own is not None:
            parts.append(_build_part(seal, part, names.get(part.county, part.county), own))
    await set_scope(conn, task.county_code)
    return SplitOutcome(rows=split.rows, parts=parts, rejected=split.rejected)


def _open_split(seal: Seal, task: Task) -> SplitResult:
    result = open_result(seal, task) if task.state is TaskState.DONE else None
    if not isinstance(result, SplitResult):
        raise NotFound
    return result


def _build_part(seal: Seal, part: SplitPart, name: str, task: Task) -> PartOutcome:
    result: ImportResult | None = None
    refusal: Refusal | None = None
    faults: Sequence[object] = ()
    if task.state is TaskState.DONE:
        opened = open_result(seal, task)
        assert isinstance(opened, ImportResult), "a part is an import"
        result, faults = opened, opened.rejections
    elif task.state is TaskState.REFUSED:
        refusal = open_refusal(seal, task)
        faults = refusal.errors
    elif task.state is TaskState.FAILED:
        refusal = TaskFailed()
    return PartOutcome(
        county=part.county,
        name=name,
        rows=part.rows,
        state=task.state,
        result=result,
        refusal=refusal,
        faults=tuple(locate_fault(part.runs, each) for each in faults if isinstance(each, CellFault)),
    )


async def export_returned_rows(
    conn: Connection, seal: Seal, actor: Actor, task: Task, *, file_format: FileFormat, now: datetime
) -> Download:
    """Return the rows of a bill that no county took as one file to correct and send again; recorded.

    Rows of a county that refused its part are not among them: the same file, sent again, changes no other county.

    Raises:
        NotFound: the task splits no bill, or every row was taken.
    """
    split = _open_split(seal, task)
    outcome = await load_split_outcome(conn, seal, actor, task)
    runs = {part.county: part.runs for part in split.parts}
    rows = list(split.rejected)
    for part in outcome.parts:
        if part.result is not None and part.result.file_id is not None:
            await set_scope(conn, part.county)
            rejected = await load_rejected(conn, seal, part.county, part.result.file_id)
            rows += locate_rejected(runs[part.county], rejected)
    if not rows:
        raise NotFound
    assert isinstance(task.input, SplitTask), "a split bill"
    await set_scope(conn, task.county_code)
    await record_export(
        conn,
        actor=str(actor.account_id),
        name="rejected rows",
        county=task.county_code,
        detail={"file": task.input.name, "rows": len(rows)},
        now=now,
    )
    stem = PurePath(task.input.name).stem
    return write_rejected(f"{stem}.csv", sorted(rows, key=lambda row: row.row), file_format)
