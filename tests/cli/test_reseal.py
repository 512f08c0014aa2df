"""The secret is replaced: encrypted columns while the service runs, blind indexes while it is stopped."""

import asyncio
from pathlib import Path

import pytest

from market.cli.reseal import SEALED_COLUMNS, SEALED_FILES, NoOldSecret, reseal_database
from market.identity.sign_in import get_phone
from market.kernel import Connection, Database
from market.kernel.seal import Seal, derive_seal
from market.subsidies.month.store_run import CASE_CONTEXT
from tests.support.app import SECRET
from tests.support.make import SEAL, make_account, make_certificate, make_phone, make_producer
from tests.support.postgres import as_owner

NEW_SECRET = "the next secret of the tests, of 32 characters"
BOTH = derive_seal(NEW_SECRET, SECRET)
REINDEXED = derive_seal(NEW_SECRET, SECRET, reindex=True)
NEW = derive_seal(NEW_SECRET)


@pytest.fixture
def rotating(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a rotation."""
    values = {"DATABASE_URL": dsn, "SECRET": NEW_SECRET, "SECRET_OLD": SECRET, "DATA": str(tmp_path)}
    for name, value in values.items():
        monkeypatch.setenv(f"MARKET_{name}", value)


async def count_found(conn: Connection, seal: Seal, phones: list[str]) -> int:
    indexes = [seal.index(phone) for phone in phones]
    return await conn.fetchval("SELECT count(*) FROM accounts WHERE phone_index = ANY($1)", indexes)


async def test_every_encrypted_column_is_sealed_again(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND (column_name LIKE '%sealed' OR column_name = 'response')"
    )
    assert {(row[0], row[1]) for row in rows} == {
        (each.table, each.column) for each in (*SEALED_COLUMNS, *SEALED_FILES)
    }


@pytest.mark.usefixtures("rotating")
async def test_the_stored_cases_are_sealed_again(owner: Connection) -> None:
    add = "INSERT INTO case_snapshots (county_code, manifest_sha256, case_sealed) VALUES ('130624', $1, $2)"
    for digit, content in (("a", b"\xff case"), ("b", b"\xfe other")):
        await owner.execute(add, digit * 64, SEAL.seal_bytes(content, CASE_CONTEXT))
    assert (await reseal_database(indexes=False))["rows"] == {"case_snapshots.case_sealed": 2}
    rows = await owner.fetch("SELECT case_sealed FROM case_snapshots ORDER BY manifest_sha256")
    assert [NEW.open_bytes(row[0], CASE_CONTEXT) for row in rows] == [b"\xff case", b"\xfe other"]
    assert (await reseal_database(indexes=False))["outcome"] == "no-op"


@pytest.mark.usefixtures("rotating")
async def test_values_are_sealed_again_while_accounts_change_and_nothing_is_lost(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        phones = [make_phone() for _ in range(1200)]
        accounts = [await make_account(conn, phone=phone) for phone in phones]

    async def change_phones() -> None:
        for n in range(0, 1200, 7):
            phones[n] = make_phone()
            async with database.transaction() as conn, as_owner(conn):
                await conn.execute(
                    "UPDATE accounts SET phone_index = $2, phone_sealed = $3 WHERE id = $1",
                    accounts[n],
                    BOTH.index(phones[n]),
                    BOTH.seal(phones[n], "accounts.phone"),
                )

    await asyncio.gather(change_phones(), reseal_database(indexes=False))
    async with database.connection() as conn:
        assert [await get_phone(conn, NEW, account_id) for account_id in accounts] == phones
        found = await conn.fetchval(
            "SELECT count(*) FROM accounts WHERE phone_index = ANY($1)", [SEAL.index(p) for p in phones]
        )
    assert found == 1200
    assert (await reseal_database(indexes=False))["outcome"] == "no-op"
    assert (await reseal_database(indexes=True))["rows"] == {"accounts.phone_sealed": 1200}
    found = await owner.fetchval(
        "SELECT count(*) FROM accounts WHERE phone_index = ANY($1)", [NEW.index(p) for p in phones]
    )
    assert found == 1200
    assert (await reseal_database(indexes=True))["outcome"] == "no-op"


@pytest.mark.usefixtures("rotating")
async def test_a_certificate_number_of_an_earlier_release_is_encrypted(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        producer_id = await make_producer(conn)
        certificate_id = await make_certificate(conn, producer_id, "identity", verified=False)
    await owner.execute("UPDATE certificates SET number = '样例-7', number_sealed = NULL, number_index = NULL")
    await reseal_database(indexes=False)
    row = await owner.fetchrow(
        "SELECT number, number_sealed, number_index FROM certificates WHERE id = $1", certificate_id
    )
    assert row is not None
    assert (row["number"], NEW.open(row["number_sealed"], "certificates.number")) == ("", "样例-7")
    assert row["number_index"] == SEAL.index("样例-7")


async def test_indexes_need_both_secrets(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    with pytest.raises(NoOldSecret):
        await reseal_database(indexes=True)


def test_during_a_rotation_old_values_open_and_rows_are_found_under_the_old_index() -> None:
    sealed = SEAL.seal("17000000301", "phone")
    assert BOTH.open(sealed, "phone") == "17000000301"
    assert (BOTH.is_current(sealed, "phone"), BOTH.is_current(BOTH.seal("x", "phone"), "phone")) == (False, True)
    assert BOTH.index("17000000301") == SEAL.index("17000000301")
    assert REINDEXED.index("17000000301") == NEW.index("17000000301")
