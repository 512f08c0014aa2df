"""Officials of several counties imported at once."""

import asyncio

from market.kernel import Database
from market.kernel.seal import Seal
from market.subsidies.imports.officials import import_officials
from tests.conftest import NOW


async def test_imports_at_once_take_the_audit_chains_in_one_order(database: Database, seal: Seal) -> None:
    async def import_county(county: str, number: int) -> None:
        rows = [f"o{county}_{number}_{n},样例{county}第{n}位,财政结算,{county}" for n in range(25)]
        content = "\n".join(["账号,姓名,职责,范围", *rows]).encode()
        async with database.transaction() as conn:
            await import_officials(conn, seal, county=county, name="officials.csv", content=content, now=NOW)

    for number in range(5):
        await asyncio.gather(*(import_county(county, number) for county in ("130624", "130725", "130623")))
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM grants") == 375
