"""Enqueue background jobs: a job is a row that commits with the change that causes it."""

from market.kernel import Connection, Query

QUEUE_SCHEMA = "jobs"

# The table belongs to pgqueuer, whose enqueue function inserts the same row but takes 0.4 s to import.
# Jobs are not deduplicated: one that is running may have read its work before this transaction commits.
ADD_JOB = Query(None, "INSERT INTO jobs.pgqueuer (priority, entrypoint, status) VALUES (0, :job, 'queued')")


async def enqueue_job(conn: Connection, job: str) -> None:
    """Enqueue a job that runs after this transaction commits. Duplicate jobs are harmless: each loads its due rows."""
    await ADD_JOB.run(conn, job=job)
