"""The packs of the story's quarter, sealed once for all tests that only read them."""

from datetime import date

import pytest

from market.kernel import open_database
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from market.subsidies.evidence.seal_pack import load_pack, read_pack_key
from tests.conftest import EmbeddedServer, clone_database, drop_database
from tests.story.play import COUNTY, nine_o_clock
from tests.subsidies.evidence.editing import SealedPack

MONTHS = (date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1))
NOW = nine_o_clock("2019-04-20")


@pytest.fixture(scope="session")
async def packs(server: EmbeddedServer, quarter_template: str, seal: Seal) -> list[SealedPack]:
    """The packs of January, February and March with their keys."""
    name = await clone_database(server, quarter_template)
    db = await open_database(server.dsn(name), role=APP_ROLE, max_size=2)
    sealed: list[SealedPack] = []
    for month in MONTHS:
        async with db.transaction(scope=COUNTY) as conn:
            _, content = await load_pack(conn, seal, COUNTY, month, by="sample", now=NOW)
            sealed.append(SealedPack(content, await read_pack_key(conn, seal, COUNTY, month, by="sample", now=NOW)))
    await db.close()
    await drop_database(server, name)
    return sealed
