"""On the embedded server the service and the commands log in without the owner's rights."""

from pathlib import Path

import asyncpg
import pytest

from market.kernel import Database
from market.kernel.settings import Settings
from market.service.app import open_services
from market.service.commands.runtime import open_runtime
from tests.support.app import SECRET


async def require_no_rights_of_the_owner(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute("SET ROLE NONE")
        assert await conn.fetchval("SELECT current_user::text") == "market_service"
        for statement in ("UPDATE grants SET scope = '13'", "SET ROLE postgres", "CREATE TABLE mine (n integer)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)


async def test_neither_the_service_nor_a_command_can_become_the_owner(folder: Path) -> None:
    settings = Settings(data=folder, secret=SECRET)
    async with open_runtime(settings=settings) as command:
        await require_no_rights_of_the_owner(command.db)
    async with open_services(settings) as services:
        await require_no_rights_of_the_owner(services.db)
