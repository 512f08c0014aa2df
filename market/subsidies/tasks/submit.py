"""Ask for a task, and look at it until it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from market.kernel import Connection, Database, Query
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import require_county_role, require_file_sender
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.people.storage.sent_bytes import count_sent_bytes
from market.subsidies.imports.kept_uploads import store_task_upload
from market.subsidies.imports.upload import Upload
from market.subsidies.month.cycles import check_step, read_month
from market.subsidies.month.steps import RUN, MonthStep
from market.subsidies.month.take_step import read_opinion
from market.subsidies.tasks.models import (
    CountyTask,
    DecideTask,
    ImportTask,
    MonthTask,
    RunTask,
    SplitTask,
    Task,
    TaskInput,
    TooManyTasks,
)

MAX_WAITING_TASKS = 20
"""Tasks of one account in a county that have not ended: each may keep a file of `upload_mb`."""
_RETRY_AFTER_S = 60
MAX_WAIT_SECONDS = 2.5
"""How long a request waits for its task before it answers that the task goes on."""
_FIRST_PAUSE, _MAX_PAUSE = 0.03, 0.25

COUNT_WAITING_TASKS = Query(
    int,
    """
    SELECT count(*) FROM tasks
     WHERE account_id = :account_id AND county_code = :county AND state IN ('queued', 'running')
    """,
)
ADD_TASK = Query(
    UUID,
    """
    INSERT INTO tasks (county_code, account_id, second_factor, request_key, input)
    VALUES (:county, :account_id, :second_factor, :request_key, :input)
    RETURNING id
    """,
)
FIND_TASK = Query(
    Task,
    """
    SELECT id, county_code, account_id, second_factor, request_key, input, state, stage, outcome_sealed, attempts,
           created_at
      FROM tasks WHERE id = :task_id AND county_code = :county AND account_id = :account_id
    """,
)
# What ended while its request waited was seen there. A later try of the same thing takes the place of an earlier one,
# and so does the same thing done by somebody else; only a dry run does not stand for the import.
LIST_OWN_TASKS = Query(
    Task,
    """
    SELECT id, county_code, account_id, second_factor, request_key, input, state, stage, outcome_sealed, attempts,
           created_at
      FROM tasks t
     WHERE account_id = :account_id AND county_code = :county
       AND (state IN ('queued', 'running')
            OR (state IN ('refused', 'failed') AND finished_at > clock_timestamp() - interval '1 day'
                AND finished_at > created_at + interval '5 s'
                AND NOT EXISTS (
                    SELECT FROM tasks later
                     WHERE later.id > t.id AND later.county_code = :county
                       AND (later.state = 'done' OR later.account_id = :account_id)
                       AND (later.input ->> 'kind', later.input ->> 'month', later.input ->> 'file_kind',
                            later.input ->> 'name')
                           IS NOT DISTINCT FROM
                           (t.input ->> 'kind', t.input ->> 'month', t.input ->> 'file_kind', t.input ->> 'name')
                       AND (later.input ->> 'dry_run' IS DISTINCT FROM 'true' OR t.input ->> 'dry_run' = 'true'))))
     ORDER BY id DESC LIMIT 5
    """,
)


def make_import(
    upload: Upload, attachments: Mapping[str, bytes], *, keep: bool = False, typed: dict[str, str] | None = None
) -> ImportTask:
    """Return the task that imports an upload, which `store_import` stores when the task is queued."""
    size = len(upload.content) + sum(map(len, attachments.values()))
    return build_from(
        ImportTask, upload, file_kind=upload.kind, upload=uuid4(), bytes=size, keep=keep, typed=typed or {}
    )


async def store_import(
    files: FileStore,
    seal: Seal,
    task: ImportTask | SplitTask,
    *,
    upload: Upload,
    attachments: Mapping[str, bytes],
    now: datetime,
) -> None:
    """Store the upload of a task, encrypted, for the worker; pass it to `add_task` as `store`."""
    await store_task_upload(files, seal, task.upload, upload, attachments, now=now)


def make_month_task(step: MonthStep, month: str, *, opinion: str = "", void_approvals: bool = False) -> MonthTask:
    """Return the task that takes one of `LONG_STEPS` of a month, written `2019-01`.

    `void_approvals` lets a calculation void approvals; it means nothing for the decision.

    Raises:
        BadMonth: the text has another form.
        OpinionTooLong: the opinion has more than 500 characters.
    """
    read_month(month)
    opinion = read_opinion(opinion)
    if step is RUN:
        return RunTask(month=month, opinion=opinion, void_approvals=void_approvals)
    return DecideTask(month=month, opinion=opinion)


async def queue_task(conn: Connection, actor: Actor, county: str, task: TaskInput, *, request_key: str) -> UUID:
    """Queue a task that the actor may ask for; return its id.

    Raises:
        TooManyTasks: `MAX_WAITING_TASKS` tasks of the account have not ended.
    """
    await lock_quota(conn, "tasks", actor.account_id)
    if await COUNT_WAITING_TASKS.one(conn, account_id=actor.account_id, county=county) >= MAX_WAITING_TASKS:
        raise TooManyTasks(limit=MAX_WAITING_TASKS, retry_after=_RETRY_AFTER_S)
    return await ADD_TASK.one(
        conn,
        county=county,
        account_id=actor.account_id,
        second_factor=actor.second_factor,
        request_key=request_key,
        input=task,
    )


async def add_task(
    conn: Connection,
    actor: Actor,
    county: str,
    task: CountyTask,
    *,
    request_key: str,
    store: Callable[[], Awaitable[None]] | None = None,
    now: datetime,
) -> UUID:
    """Queue a task for the worker, which acts as the actor; return its id. The caller owns the transaction.

    `request_key` is the actor's idempotency key of the request. It is freed if the task is refused or given up, so that
    the request can be repeated. A decision that is plainly not the actor's, or not due, is refused at once.

    `store` stores the upload of an import. It is called after everything that may refuse the task, so that a refused or
    repeated request leaves no file, and before the commit, so that the worker finds it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role of the task for the whole county.
        NotFound: the actor sends an operator's files, and of other counties.
        CycleNotFound, SecondDuty, CycleClosed, WrongState: see `check_step`.
        TooManyTasks: 20 tasks of the account have not ended.
        TooManyBytes: the account has sent too much on this day.
    """
    if isinstance(task, DecideTask):
        await check_step(conn, task.step, actor, county, read_month(task.month), now=now)
    if isinstance(task, ImportTask):
        require_file_sender(actor, task.role, county, operators=task.by_operators)
    else:
        require_county_role(actor, task.role, county)
    task_id = await queue_task(conn, actor, county, task, request_key=request_key)
    if isinstance(task, ImportTask):
        await count_sent_bytes(conn, actor.account_id, task.bytes, now=now)
    if store is not None:
        await store()
    return task_id


async def find_task(db: Database, actor: Actor, county: str, task_id: UUID, *, wait: bool = False) -> Task:
    """Return an actor's own task; with `wait` after it ended, or at most 2.5 s later, without holding a connection.

    Raises:
        NotFound: the actor has no such task in the county.
    """
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + (MAX_WAIT_SECONDS if wait else 0), _FIRST_PAUSE
    while True:
        async with db.transaction(scope=county) as conn:
            task = await FIND_TASK.maybe(conn, task_id=task_id, county=county, account_id=actor.account_id)
        if task is None:
            raise NotFound
        if task.ended or loop.time() >= deadline:
            return task
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _MAX_PAUSE)


async def list_own_tasks(conn: Connection, actor: Actor, county: str) -> list[Task]:
    """Return an actor's tasks that go on, or ended without success after their request was answered; at most 5."""
    return await LIST_OWN_TASKS.all(conn, account_id=actor.account_id, county=county)
