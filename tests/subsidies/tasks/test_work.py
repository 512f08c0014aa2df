"""The worker's side of tasks: leases, one at a time for each county, and nothing stored without the result."""

import asyncio
import gc
from functools import partial
from pathlib import Path

import pytest

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import make_clock_at
from market.people.storage.files import open_file_store
from market.subsidies.imports.kept_uploads import MAX_KEPT_UPLOADS, find_kept_upload
from market.subsidies.imports.upload import PreparedUpload, Upload
from market.subsidies.month.steps import RUN
from market.subsidies.tasks.submit import add_task, make_import, make_month_task, store_import
from market.subsidies.tasks.work import TaskWorker, run_due_tasks
from tests.service.web.desk.county import COUNTY, NOW, Officials, create_officials, import_story_files
from tests.story.play import INPUT
from tests.support.make import SEAL

OTHER_COUNTY = "130623"
LOCK_AUDIT = "SELECT pg_advisory_lock(7001, chain) FROM generate_series(0, 15) AS chain"
"""The locks that a run takes last, when everything but its audit entry is written."""


@pytest.fixture
async def people(database: Database) -> Officials:
    """The officials of the story, with its files imported."""
    people = await create_officials(database)
    await import_story_files(database, SEAL, people)
    return people


@pytest.fixture
def worker(database: Database, folder: Path) -> TaskWorker:
    files = open_file_store((folder / "files").as_uri())
    return TaskWorker(db=database, seal=SEAL, files=files, clock=make_clock_at(NOW))


async def queue_run(database: Database, people: Officials, *, key: str = "k") -> None:
    async with database.transaction(scope=COUNTY) as conn:
        task = make_month_task(RUN, "2019-01")
        await add_task(conn, people.actors["gan"], COUNTY, task, request_key=key, now=NOW)


async def wait_for(owner: Connection, query: str) -> None:
    for _ in range(200):
        if await owner.fetchval(query):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(query)


IS_BLOCKED = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND NOT granted"


async def test_a_worker_that_lost_its_lease_stores_nothing(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    await queue_run(database, people)
    await owner.execute(LOCK_AUDIT)
    working = asyncio.create_task(run_due_tasks(worker))
    await wait_for(owner, IS_BLOCKED)
    await owner.execute("UPDATE tasks SET attempts = attempts + 1")
    await owner.execute("SELECT pg_advisory_unlock_all()")
    assert await working == 0
    assert await owner.fetchval("SELECT count(*) FROM runs") == 0
    assert await owner.fetchval("SELECT state FROM tasks") == "running"


async def test_a_running_task_keeps_its_lease_and_shows_its_stage(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    await queue_run(database, people)
    await owner.execute(LOCK_AUDIT)
    working = asyncio.create_task(run_due_tasks(worker))
    await wait_for(owner, IS_BLOCKED)
    await owner.execute("UPDATE tasks SET next_at = clock_timestamp()")
    await wait_for(owner, "SELECT next_at > clock_timestamp() + interval '30 s' AND stage = 'storing' FROM tasks")
    await owner.execute("SELECT pg_advisory_unlock_all()")
    assert await working == 1
    assert [tuple(row) for row in await owner.fetch("SELECT state, attempts FROM tasks")] == [("done", 1)]
    assert await owner.fetchval("SELECT count(*) FROM runs") == 1


async def test_tasks_of_a_county_run_one_after_another_and_wait_for_no_other_county(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    gan = people.actors["gan"].account_id
    insert = "INSERT INTO tasks (county_code, account_id, second_factor, request_key, input, state, next_at) VALUES "
    given = (
        "($1, $2, true, 'other', '{\"kind\": \"run\", \"month\": \"2018-12\"}', 'running', now() + interval '1 min')"
    )
    await owner.execute(insert + given, OTHER_COUNTY, gan)
    await queue_run(database, people)
    assert await run_due_tasks(worker) == 1
    await owner.execute("UPDATE tasks SET county_code = $1 WHERE request_key = 'other'", COUNTY)
    await queue_run(database, people, key="later")
    assert await run_due_tasks(worker) == 0
    states = {row[0]: row[1] for row in await owner.fetch("SELECT request_key, state FROM tasks")}
    assert states == {"other": "running", "k": "done", "later": "queued"}


async def test_a_task_whose_official_lost_the_role_is_refused(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    await queue_run(database, people)
    await owner.execute("DELETE FROM grants WHERE account_id = $1", people.actors["gan"].account_id)
    assert await run_due_tasks(worker) == 1
    assert await owner.fetchval("SELECT state FROM tasks") == "refused"
    assert await owner.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_task_that_ends_its_worker_each_time_is_given_up(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    await queue_run(database, people)
    await owner.execute("UPDATE tasks SET attempts = 8, state = 'running'")
    assert await run_due_tasks(worker) == 0
    assert [tuple(row) for row in await owner.fetch("SELECT state, error FROM tasks")] == [("failed", "GivenUp: ")]


async def test_nothing_of_a_refused_file_stays_in_memory(
    worker: TaskWorker, database: Database, people: Officials, owner: Connection
) -> None:
    upload = Upload(COUNTY, "register", "r.csv", "村代码\n".encode() + b"1\n" * 9)
    gan, task = people.actors["gan"], make_import(upload, {})
    store = partial(store_import, worker.files, SEAL, task, upload=upload, attachments={}, now=NOW)
    async with database.transaction(scope=COUNTY) as conn:
        await add_task(conn, gan, COUNTY, task, request_key="k", store=store, now=NOW)
    gc.collect()
    gc.disable()
    try:
        assert await run_due_tasks(worker) == 1
        assert [each for each in gc.get_objects() if isinstance(each, (PreparedUpload, Refusal))] == []
    finally:
        gc.enable()
    assert await owner.fetchval("SELECT state FROM tasks") == "refused"


async def test_an_account_keeps_the_newest_files_of_its_dry_runs_alone(
    worker: TaskWorker, database: Database, people: Officials
) -> None:
    jiang, plans = people.actors["jiang"], (INPUT / "plans.csv").read_bytes()
    uploads = [Upload(COUNTY, "plans", "p.csv", plans + b"\n" * n, dry_run=True) for n in range(MAX_KEPT_UPLOADS + 2)]
    for n, upload in enumerate([*uploads, uploads[-1]]):
        task = make_import(upload, {}, keep=True)
        store = partial(store_import, worker.files, SEAL, task, upload=upload, attachments={}, now=NOW)
        async with database.transaction(scope=COUNTY) as conn:
            await add_task(conn, jiang, COUNTY, task, request_key=f"k{n}", store=store, now=NOW)
        assert await run_due_tasks(worker) == 1
    kept = [
        await find_kept_upload(worker.files, SEAL, jiang, county=COUNTY, kind="plans", sha256=each.sha256, now=NOW)
        for each in uploads
    ]
    assert [each is not None for each in kept] == [False, False, *[True] * MAX_KEPT_UPLOADS]
