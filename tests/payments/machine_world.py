"""The provider and the database of all examples of the state machine."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import asyncpg

from payments import Database, open_database
from payments.migrate import DEFAULT_ROLE
from payments.sandbox import Sandbox, running
from payments.stripe import Stripe
from tests.support.postgres import EmbeddedServer, clone_database, drop_database


class World:
    """One provider and one database for all examples; each example has its own order."""

    def __init__(self, server: EmbeddedServer, alone: str) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.server, self.alone = server, alone
        self.seen: Counter[str] = Counter()

    async def open(self) -> None:
        name = await clone_database(self.server, self.alone)
        self.stack.push_async_callback(drop_database, self.server, name)
        self.sandbox: Sandbox = await self.stack.enter_async_context(running())
        self.gateway = await self.stack.enter_async_context(
            Stripe("sk_test_sample", self.sandbox.secret, base=self.sandbox.url, timeout=5)
        )
        self.db: Database = await open_database(self.server.dsn(name), role=DEFAULT_ROLE)
        self.stack.push_async_callback(self.db.close)
        self.owner = await asyncpg.connect(self.server.dsn(name))
        self.stack.push_async_callback(self.owner.close)
