"""What the audit record says of the cases that officials read."""

from market.kernel import Connection
from market.people.identity.models import Actor


async def list_case_looks(conn: Connection, official: Actor) -> list[str]:
    """Return the cases that an official read, as objects of the record (`case:…`)."""
    rows = await conn.fetch(
        "SELECT object FROM audit_entries WHERE action = 'case.look' AND actor = $1 ORDER BY at",
        str(official.account_id),
    )
    return [row[0] for row in rows]
