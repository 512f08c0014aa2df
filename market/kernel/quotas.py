"""Limits on how much one person or shop has, exact under concurrent requests."""

from uuid import UUID

from payments.sql import Connection, Query

LOCK_QUOTA = Query(None, "SELECT lock_quota(:quota, :owner)")


async def lock_quota(conn: Connection, quota: str, owner: UUID | None) -> None:
    """Let the transactions that use up one quota of an owner wait for each other, until the end of this one.

    The owner None is the platform.

    Call it before the statement that counts: under READ COMMITTED a statement sees what was committed before it began,
    so one that counts and locks at once counts too little after it had to wait.
    """
    await LOCK_QUOTA.run(conn, quota=quota, owner=owner)
