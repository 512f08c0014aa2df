"""Numbers, SIMs and devices that an earlier release stored in clear are encrypted by the migration."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from alembic import command

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.postgres.migrate import make_alembic_config, upgrade
from market.subsidies.identifiers import IDENTIFIER_CONTEXT, index_identifier
from tests.conftest import drop_database
from tests.support.make import SEAL

NUMBER, ACCOUNT, SIM, DEVICE = "17050000101", "kd-yd-0101", "89860019000000000018", "h1:97bab531613a1ff7fbfe5048"
EARLIER = f"""
    SET session_replication_role = replica;
    INSERT INTO bindings (county_code, line_code, operator, kind, number, identity_index, plan_code, device, sim,
                          change, realname, valid_during)
    VALUES ('130624', 'YD-01', 'mobile', 'mobile', '{NUMBER}', 'i', 'P', '{DEVICE}', '{SIM}',
            '新办', '一致', '[2018-10-01,)'),
           ('130624', 'YD-02', 'mobile', 'broadband', '{ACCOUNT}', 'i', 'P', NULL, NULL,
            '新办', '一致', '[2018-10-01,)');
    INSERT INTO programmes (county_code, code, name, kinds, max_lines, proration, document_number, document_name,
                            document_sha256, document_text)
    VALUES ('130624', 'P1', '样例', '{{mobile}}', 1, 'daily', '样例', '样例', repeat('0', 64), '样例');
    WITH bill AS (
        INSERT INTO import_files (county_code, kind, name, sha256, rows, operator, month, sum_fen, account_id,
                                  imported_at)
        VALUES ('130624', 'billing', 'bill.csv', repeat('0', 64), 1, 'mobile', '2019-01-01', 1900, uuidv7(), now())
        RETURNING id
    )
    INSERT INTO claims (file_id, row_number, county_code, month, operator, number, kind, programme_code, charge_fen,
                        reduction_fen, billed_fen)
    SELECT id, 2, '130624', '2019-01-01', 'mobile', '{NUMBER}', 'mobile', 'P1', 3800, 1900, 1900 FROM bill;
    INSERT INTO usage_days VALUES ('130624', 'mobile', '17050000102', '2019-01-05', 'mobile');
    INSERT INTO fact_versions (county_code, fact, subject, facts, replaced_at)
    VALUES ('130624', 'bindings', 'YD-01', '{{"number": "{NUMBER}", "number_key": "{NUMBER}", "sim": null,
            "device": "356938035643809", "change": "新办"}}', now());
"""


@pytest.fixture
async def earlier(server: EmbeddedServer) -> AsyncGenerator[str]:
    """The address of a database of the release before, with numbers in clear."""
    name = "market_earlier"
    admin = await asyncpg.connect(server.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    await asyncio.to_thread(command.upgrade, make_alembic_config(server.dsn(name)), "0026")
    conn = await asyncpg.connect(server.dsn(name))
    await conn.execute(EARLIER)
    await conn.close()
    yield server.dsn(name)
    await drop_database(server, name)


async def read_values(conn: Connection, query: str) -> list[str | None]:
    """Return the values of the identifiers in a row of ids."""
    row = await conn.fetchrow(query)
    assert row is not None
    sealed = {each["id"]: each["value_sealed"] for each in await conn.fetch("SELECT id, value_sealed FROM identifiers")}
    return [None if each is None else SEAL.open(sealed[each], IDENTIFIER_CONTEXT) for each in row]


async def test_stored_numbers_are_encrypted_in_place(earlier: str) -> None:
    with pytest.raises(RuntimeError, match="MARKET_SECRET"):
        await asyncio.to_thread(upgrade, earlier)
    await asyncio.to_thread(upgrade, earlier, SEAL)
    conn = await asyncpg.connect(earlier)
    binding = "SELECT number_id, sim_id, device_id FROM bindings WHERE line_code = '{}'"
    assert await read_values(conn, binding.format("YD-01")) == [NUMBER, SIM, DEVICE]
    assert await read_values(conn, binding.format("YD-02")) == [ACCOUNT, None, None]
    assert await read_values(conn, "SELECT number_id FROM claims") == [NUMBER]
    assert await read_values(conn, "SELECT number_id FROM usage_days") == ["17050000102"]
    version = "SELECT (facts ->> 'number_id')::bigint, (facts ->> 'device_id')::bigint FROM fact_versions"
    assert await read_values(conn, version) == [NUMBER, "356938035643809"]
    assert await conn.fetchval("SELECT facts ?| '{number,number_key,sim,device}' FROM fact_versions") is False
    indexes = await conn.fetch("SELECT value_index FROM identifiers")
    assert {row[0] for row in indexes} == {
        index_identifier(SEAL, value) for value in (NUMBER, ACCOUNT, SIM, DEVICE, "17050000102", "356938035643809")
    }
    await conn.close()


SPELLINGS = ("KD-yd-0101", "kd-yd-0101", "kd yd 0101")


async def test_two_spellings_that_an_earlier_release_took_for_two_accounts_become_one(server: EmbeddedServer) -> None:
    """The versions of one account get one id; of two that are bound on one day the second stays, not to be found."""
    name = "market_spellings"
    admin = await asyncpg.connect(server.dsn("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    await asyncio.to_thread(command.upgrade, make_alembic_config(server.dsn(name)), "0093")
    conn = await asyncpg.connect(server.dsn(name))
    for value in SPELLINGS:
        await conn.execute(
            "INSERT INTO identifiers (value_index, value_sealed) VALUES ($1, $2)",
            SEAL.index(value),
            SEAL.seal(value, IDENTIFIER_CONTEXT),
        )
    ids = [row[0] for row in await conn.fetch("SELECT id FROM identifiers ORDER BY id")]
    await conn.execute("SET session_replication_role = replica")
    for line, number, days in (
        ("YD-1", ids[0], "[2018-10-01,2018-11-01)"),
        ("YD-1", ids[1], "[2018-11-01,)"),
        ("YD-2", ids[2], "[2018-10-15,)"),
    ):
        await conn.execute(
            "INSERT INTO bindings (county_code, line_code, operator, kind, number_id, identity_index, plan_code,"
            " change, realname, valid_during)"
            " VALUES ('130624', $1, 'mobile', 'broadband', $2, 'i', 'P', '新办', '一致', $3::text::daterange)",
            line,
            number,
            days,
        )
    await conn.close()
    with pytest.raises(RuntimeError, match="MARKET_SECRET"):
        await asyncio.to_thread(upgrade, server.dsn(name))
    await asyncio.to_thread(upgrade, server.dsn(name), SEAL)
    conn = await asyncpg.connect(server.dsn(name))
    rows = await conn.fetch("SELECT line_code, number_id FROM bindings ORDER BY line_code, valid_during")
    assert [tuple(row) for row in rows] == [("YD-1", ids[0]), ("YD-1", ids[0]), ("YD-2", ids[2])]
    found = await conn.fetch("SELECT id FROM identifiers WHERE value_index = $1", index_identifier(SEAL, "KD–YD–0101"))
    assert [row[0] for row in found] == [ids[0]]
    assert await conn.fetchval("SELECT count(*) FROM fact_versions") == 0
    await conn.close()
    await drop_database(server, name)
