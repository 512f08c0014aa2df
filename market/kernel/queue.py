"""Waking the worker: a job is a row that commits with the work it follows from."""

from market.kernel import Connection, Query

SCHEMA = "jobs"

# The table is the library's (pgqueuer); its own enqueue makes the same row, with 0.4 s of imports before it.
ENQUEUE = Query(
    None,
    """
    INSERT INTO jobs.pgqueuer (priority, entrypoint, status, dedupe_key)
    VALUES (0, :job, 'queued', :job)
    ON CONFLICT DO NOTHING
    """,
)


async def wake(conn: Connection, job: str) -> None:
    """Ask for a job after this transaction commits; asked for many times before it runs, it runs once."""
    await ENQUEUE.run(conn, job=job)
