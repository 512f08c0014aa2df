"""Do the tasks that are due: claimed with a lease, retried after errors, and finally given up."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query, Refusal
from market.kernel.clock import Clock
from market.kernel.idempotency import free_key
from market.kernel.memory import collect_and_release_memory, release_free_memory
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileUnreadable
from market.kernel.structs import build_from
from market.people.identity.actors import find_actor_by_id
from market.people.identity.models import Actor, NotSignedIn
from market.people.storage.files import FileMissing, FileStore
from market.subsidies.imports.kept_uploads import (
    KEPT_FOR,
    MAX_KEPT_UPLOADS,
    KeptUpload,
    delete_task_upload,
    forget_upload,
    keep_upload,
    load_task_upload,
)
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.models import Outcome
from market.subsidies.month.cycles import read_month
from market.subsidies.month.take_step import take_step
from market.subsidies.progress import Stage
from market.subsidies.tasks.models import ImportTask, RunTask, SplitTask, Task, TaskState
from market.subsidies.tasks.outcome import seal_refusal, seal_result
from market.subsidies.tasks.provincial_bills import queue_parts
from payments.retries import RetryPolicy, describe_error, run_each
from payments.sql import run_in_pieces

log = structlog.get_logger()

# The lease is renewed while the task runs, so that the task of a killed worker is repeated within a minute.
RETRIES = RetryPolicy(first_delay=timedelta(seconds=5), max_delay=timedelta(minutes=5), max_attempts=8)
RENEWAL_SECONDS = 1.0
TASK_LIFETIME = timedelta(days=31)
"""Longer than idempotency keys are kept, whose responses name tasks."""
_SERVER_ERROR = 500


class LeaseLost(Exception):
    """Another worker has taken the task over, so that this one must not commit."""


class GivenUp(Exception):
    """Every attempt ended without an answer, as when the task ends its worker each time."""


class TaskWorker(Struct, frozen=True, kw_only=True):
    """What the work on tasks needs."""

    db: Database
    seal: Seal
    files: FileStore
    clock: Clock


# Of any county, which no scope shows: a function of the owner claims it.
CLAIM_TASK = Query(
    Task,
    """
    SELECT id, county_code, account_id, second_factor, request_key, input, state, stage, outcome_sealed, attempts,
           created_at
      FROM claim_task(:lease)
    """,
)
RENEW_LEASE = Query(
    None,
    """
    UPDATE tasks SET stage = :stage, next_at = clock_timestamp() + :lease::interval
     WHERE id = :id AND state = 'running' AND attempts = :attempts
    """,
)
FINISH_TASK = Query(
    UUID,
    """
    UPDATE tasks SET state = :state, outcome_sealed = :outcome_sealed, error = NULL, finished_at = clock_timestamp()
     WHERE id = :id AND state = 'running' AND attempts = :attempts
    RETURNING id
    """,
)
RETRY_TASK = Query(
    None,
    """
    UPDATE tasks SET state = 'queued', error = :error, next_at = clock_timestamp() + :delay::interval
     WHERE id = :id AND state = 'running' AND attempts = :attempts
    """,
)
GIVE_UP_TASK = Query(
    UUID,
    """
    UPDATE tasks SET state = 'failed', error = :error, finished_at = clock_timestamp()
     WHERE id = :id AND state = 'running' AND attempts = :attempts
    RETURNING id
    """,
)
# The files of an account's dry runs, newest first without the first `:most`; `:sha256` is the one that comes now.
LIST_OLDER_KEPT = Query(
    str,
    """
    SELECT input ->> 'sha256' FROM tasks
     WHERE account_id = :account_id AND county_code = :county AND state = 'done' AND input ->> 'keep' = 'true'
       AND input ->> 'sha256' <> :sha256 AND finished_at > clock_timestamp() - :kept_for::interval
     GROUP BY 1
     ORDER BY max(finished_at) DESC OFFSET :most LIMIT 100
    """,
)
DELETE_OLD_TASKS = Query(None, "SELECT delete_tasks(:before, :piece)")


class _Attempt:
    """One attempt of a task; its lease is renewed, and its stage stored, from a connection of its own."""

    def __init__(self, worker: TaskWorker, task: Task) -> None:
        self.worker = worker
        self.task = task
        self.stage = Stage.READING
        self.is_done = False

    def report(self, stage: Stage) -> None:
        self.stage = stage

    @asynccontextmanager
    async def renewing(self) -> AsyncGenerator[None]:
        """Renew the lease each second until the block ends."""
        renewal = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)

    async def _renew(self) -> None:
        while True:
            try:
                async with self.worker.db.transaction(scope=self.task.county_code) as conn:
                    await RENEW_LEASE.run(
                        conn, id=self.task.id, attempts=self.task.attempts, stage=self.stage, lease=RETRIES.lease
                    )
            except (Refusal, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("lease_not_renewed", task=str(self.task.id), error=describe_error(error))
            await asyncio.sleep(RENEWAL_SECONDS)

    async def finish(self, conn: Connection, state: TaskState, outcome_sealed: bytes) -> None:
        """End the task in the caller's transaction.

        Raises:
            LeaseLost: another worker has it.
        """
        ended = await FINISH_TASK.maybe(
            conn, id=self.task.id, attempts=self.task.attempts, state=state, outcome_sealed=outcome_sealed
        )
        if ended is None:
            raise LeaseLost
        self.is_done = state is TaskState.DONE


async def run_due_tasks(worker: TaskWorker) -> int:
    """Do the tasks that are due, one after another; return how many ended.

    What a task stores and its result are one transaction. A refusal changes nothing and is stored as the outcome. An
    error, a lock that was not free among them, is retried after 5, 10, 20, … s; after eight attempts the task is given
    up.
    """
    ended = 0
    while (task := await _claim(worker)) is not None:
        attempt = _Attempt(worker, task)
        summary = await run_each([attempt], _run, _fail)
        ended += summary.done
        if attempt.is_done:
            release_free_memory()
        else:  # a refusal or an error was kept
            collect_and_release_memory()
    return ended


async def delete_old_tasks(db: Database, before: datetime) -> int:
    """Delete the tasks with their outcomes that ended before a moment of real time; return how many."""
    return await run_in_pieces(db, DELETE_OLD_TASKS, before=before)


async def _claim(worker: TaskWorker) -> Task | None:
    try:
        async with worker.db.transaction() as conn:
            return await CLAIM_TASK.maybe(conn, lease=RETRIES.lease)
    except asyncpg.UniqueViolationError:
        # Another worker claimed a task of the same county at the same moment.
        return None


async def _run(attempt: _Attempt) -> None:
    if RETRIES.max_attempts is not None and attempt.task.attempts > RETRIES.max_attempts:
        raise GivenUp
    try:
        async with attempt.renewing():
            await _do(attempt)
    except Refusal as refusal:
        if refusal.status >= _SERVER_ERROR:
            raise
        outcome = seal_refusal(attempt.worker.seal, refusal)
        async with attempt.worker.db.transaction(scope=attempt.task.county_code) as conn:
            await attempt.finish(conn, TaskState.REFUSED, outcome)
            await _free_request(conn, attempt.task)
    await _delete_upload(attempt)


async def _fail(attempt: _Attempt, error: Exception) -> None:
    """Schedule the next attempt after an error, or give the task up."""
    task = attempt.task
    log.error("task_failed", task=str(task.id), attempts=task.attempts, exc_info=error)
    delay = None if isinstance(error, GivenUp) else RETRIES.compute_delay(task.attempts)
    given = {"id": task.id, "attempts": task.attempts, "error": describe_error(error)}
    async with attempt.worker.db.transaction(scope=task.county_code) as conn:
        if delay is not None:
            await RETRY_TASK.run(conn, **given, delay=delay)
            return
        if await GIVE_UP_TASK.maybe(conn, **given) is None:
            return
        await _free_request(conn, task)
    await _delete_upload(attempt)


async def _do(attempt: _Attempt) -> None:
    worker, task = attempt.worker, attempt.task
    now = worker.clock.now()
    async with worker.db.connection() as conn:
        actor = await find_actor_by_id(
            conn, task.account_id, second_factor=task.second_factor, day=worker.clock.today()
        )
    if isinstance(task.input, ImportTask):
        await _import(attempt, actor, task.input)
        return
    if isinstance(task.input, SplitTask):
        await _split(attempt, actor, task.input)
        return
    async with worker.db.transaction(scope=task.county_code) as conn:
        result = await take_step(
            conn,
            task.input.step,
            actor,
            task.county_code,
            read_month(task.input.month),
            opinion=task.input.opinion,
            void_approvals=isinstance(task.input, RunTask) and task.input.void_approvals,
            seal=worker.seal,
            now=now,
            report=attempt.report,
            beside=worker.db,
        )
        await attempt.finish(conn, TaskState.DONE, seal_result(worker.seal, result))


async def _import(attempt: _Attempt, actor: Actor | None, given: ImportTask) -> None:
    worker, task = attempt.worker, attempt.task
    now = worker.clock.now()
    stored = await _load_upload(worker, given.upload, given.name)
    upload = build_from(
        Upload,
        stored,
        dry_run=given.dry_run,
        take_changes=given.take_changes,
        take_fewer=given.take_fewer,
        take_part=given.take_part,
        replaces=given.replaces,
    )
    context = ImportContext(seal=worker.seal, now=now, attachments=stored.attachments, report=attempt.report)
    prepared = await prepare_upload(actor, upload, context)
    attempt.report(Stage.CHECKING)
    async with worker.db.transaction(scope=task.county_code) as conn:
        result = await run_import(conn, actor, prepared)
        if actor is not None and given.keep and result.outcome is Outcome.OK:
            await _forget_older_uploads(conn, worker, actor, upload)
            await keep_upload(worker.files, worker.seal, actor, upload, stored.attachments, now=now)
        await attempt.finish(conn, TaskState.DONE, seal_result(worker.seal, result))
    if actor is not None and not given.dry_run:
        await forget_upload(worker.files, worker.seal, actor, upload.sha256)


async def _split(attempt: _Attempt, actor: Actor | None, given: SplitTask) -> None:
    """Make a task of each county's rows of a bill; all of them and the result are one transaction."""
    worker, task = attempt.worker, attempt.task
    now = worker.clock.now()
    stored = await _load_upload(worker, given.upload, given.name)
    if actor is None:
        raise NotSignedIn
    attempt.report(Stage.CHECKING)
    async with worker.db.transaction(scope=task.county_code) as conn:
        result = await queue_parts(
            conn,
            worker.files,
            worker.seal,
            actor,
            county=task.county_code,
            task_id=task.id,
            task=given,
            stored=stored,
            now=now,
            report=attempt.report,
        )
        await attempt.finish(conn, TaskState.DONE, seal_result(worker.seal, result))


async def _load_upload(worker: TaskWorker, upload: UUID, name: str) -> KeptUpload:
    try:
        return await load_task_upload(worker.files, worker.seal, upload)
    except FileMissing as error:
        raise FileUnreadable(name=name, reason="交上来的文件已经删掉了，请再交一次") from error


async def _forget_older_uploads(conn: Connection, worker: TaskWorker, actor: Actor, upload: Upload) -> None:
    """Make room for one more kept file, so that an account has at most `MAX_KEPT_UPLOADS` of a county."""
    older = await LIST_OLDER_KEPT.all(
        conn, account_id=actor.account_id, county=upload.county, sha256=upload.sha256, kept_for=KEPT_FOR,
        most=MAX_KEPT_UPLOADS - 1,
    )  # fmt: skip
    for sha256 in older:
        await forget_upload(worker.files, worker.seal, actor, sha256)


async def _free_request(conn: Connection, task: Task) -> None:
    await free_key(conn, actor=str(task.account_id), key=task.request_key)


async def _delete_upload(attempt: _Attempt) -> None:
    if isinstance(attempt.task.input, ImportTask | SplitTask):
        await delete_task_upload(attempt.worker.files, attempt.task.input.upload)
