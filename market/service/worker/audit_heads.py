"""Note the heads of the audit record outside of the database, every hour."""

import asyncio

from market.people.audit.heads_file import NotedHeads, append_heads
from market.people.audit.verification import list_heads
from market.service.worker.context import WorkerContext


async def note_audit_heads(context: WorkerContext) -> None:
    """Append the newest entry of each chain to the file of the settings."""
    async with context.db.connection() as conn:
        heads = await list_heads(conn)
    path = context.settings.get_audit_heads_path()
    await asyncio.to_thread(append_heads, path, NotedHeads(context.clock.now(), heads))
