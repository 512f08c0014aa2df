"""Waking the worker: a job is a row that commits with the work it follows from."""

from market.kernel import Connection, Query

SCHEMA = "jobs"

# The table is the library's (pgqueuer); its own enqueue makes the same row, with 0.4 s of imports before it.
# There is no deduplication: a job that runs at this moment may have looked before our transaction commits.
ENQUEUE = Query(None, "INSERT INTO jobs.pgqueuer (priority, entrypoint, status) VALUES (0, :job, 'queued')")


async def wake(conn: Connection, job: str) -> None:
    """Ask for a job after this transaction commits. Many may ask at once: the job finds what there is to do."""
    await ENQUEUE.run(conn, job=job)
