"""The wall around benefits: their tables are read and written only in a role that only this package takes.

What a household gains from sales never feeds its eligibility (R16). The service's role has no right to a table of the
schema `benefits`; PostgreSQL refuses it with SQLSTATE 42501, whatever a query about the reduction asks for.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from market.kernel import Connection, Query
from market.kernel.database import BENEFITS_ROLE

TAKE_ROLE = Query(str, "SELECT set_config('role', :role::text, true)")
GET_ROLE = Query(str, "SELECT current_setting('role')")


@asynccontextmanager
async def enter_benefits(conn: Connection) -> AsyncGenerator[None]:
    """Take the role of benefits inside a savepoint of the caller's transaction, and give it back at its end.

    The role sees nothing else: what a query needs of other tables is read before or after.
    """
    before = await GET_ROLE.one(conn)
    async with conn.transaction():
        await TAKE_ROLE.one(conn, role=BENEFITS_ROLE)
        yield
        await TAKE_ROLE.one(conn, role=before)
