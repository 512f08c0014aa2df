"""The secret is replaced: encrypted columns while the service runs, blind indexes while it is stopped."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.kernel.seal import Seal, derive_seal
from market.people.identity.person_keys import PERSON_KEY_CONTEXT
from market.people.identity.sign_in import PHONE_CONTEXT, get_phone
from market.service.commands.reseal import (
    INDEX_COPIES,
    SEALED_COLUMNS,
    SEALED_FILES,
    NoOldSecret,
    SecretUnknown,
    reseal_database,
)
from market.subsidies.intake.consents import CONSENT_PHOTO_CONTEXT
from market.subsidies.month.store_run import CASE_CONTEXT
from market.subsidies.operators.notes import NOTE_CONTEXT
from market.subsidies.register.queries import NAME_CONTEXT
from market.villages.benefits.views import HOUSEHOLD_PHONE_CONTEXT
from market.villages.content.stories import STORY_PHONE_CONTEXT
from tests.support.app import SECRET
from tests.support.make import SEAL, load_owner, make_account, make_certificate, make_phone, make_producer
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


TABLE = "CASE WHEN table_schema = 'benefits' THEN 'benefits.' ELSE '' END || table_name"


async def test_every_encrypted_column_is_sealed_again(conn: Connection) -> None:
    async with as_owner(conn):
        rows = await conn.fetch(
            f"SELECT {TABLE} AS table_name, column_name FROM information_schema.columns"
            " WHERE table_schema IN ('public', 'benefits') AND (column_name LIKE '%sealed' OR column_name = 'response')"
        )
    assert {(row[0], row[1]) for row in rows} == {
        (each.table, each.column) for each in (*SEALED_COLUMNS, *SEALED_FILES)
    }


UNKEYED = {
    "archived_audit_heads.hash", "audit_entries.hash", "audit_entries.previous",
    "benefits.files.sha256", "calendar_feeds.secret_hash",
    "checkpoints.hash", "content_reports.text_by_key", "data_requests.detail_by_key", "grievances.code_hash",
    "idempotency_keys.fingerprint", "listing_files.sha256",
    "harvest_files.sha256", "label_keys.public_key", "labels.signature",
    "objections.receipt_hash", "orders.fingerprint", "photos.sha256", "sessions.device_key", "sessions.token_hash",
}  # fmt: skip
"""Bytes that are no index of a sealed value: hashes without a key, what is forgotten soon, what persons' keys seal."""
SHORT_LIVED = {"sign_in_codes.code_hash", "sign_in_codes.phone_index", "accounts.erased_phone_index"}
"""Indexes that end with their code, in minutes, or an hour after an account was closed."""


async def test_every_blind_index_is_rewritten_or_none(conn: Connection) -> None:
    async with as_owner(conn):
        rows = await conn.fetch(
            f"SELECT {TABLE} AS table_name, column_name FROM information_schema.columns WHERE data_type = 'bytea'"
            " AND table_schema IN ('public', 'benefits', 'payments', 'jobs') AND is_generated = 'NEVER'"
            " AND NOT EXISTS (SELECT FROM pg_class WHERE relispartition"
            " AND oid = format('%I.%I', table_schema, columns.table_name)::regclass)"
        )
    rewritten = {f"{each.table}.{each.index}" for each in SEALED_COLUMNS if each.index}
    rewritten |= {f"{each.table}.{each.column}" for each in (*SEALED_COLUMNS, *SEALED_FILES)}
    rewritten |= {f"{table}.{column}" for table, column in INDEX_COPIES}
    assert {f"{row[0]}.{row[1]}" for row in rows} == rewritten | UNKEYED | SHORT_LIVED


IDENTITY = "130624199901019912"
FIND_INDEX = """
    SELECT table_name FROM (
        SELECT 'accounts' AS table_name, identity_index AS value FROM accounts
        UNION ALL SELECT 'persons', identity_index FROM persons
        UNION ALL SELECT 'enrolments', identity_index FROM enrolments
        UNION ALL SELECT 'bindings', identity_index FROM bindings
        UNION ALL SELECT 'producer_steps', person_key FROM producer_steps
        UNION ALL SELECT 'cycle_duties', person_key FROM cycle_duties
        UNION ALL SELECT 'fact_versions', enrolled_index FROM fact_versions) AS found
     WHERE value = $1 ORDER BY 1
"""


@pytest.mark.usefixtures("rotating")
async def test_the_index_of_a_person_is_replaced_wherever_it_is_copied(database: Database, owner: Connection) -> None:
    old, new = SEAL.index(IDENTITY), NEW.index(IDENTITY)
    async with database.transaction() as conn:
        producer_id = await make_producer(conn)
        account_id = (await load_owner(conn, producer_id)).account_id
    contexts = {each.table: each.context for each in SEALED_COLUMNS if each.column == "identity_sealed"}
    await owner.execute(
        "UPDATE accounts SET identity_index = $2, identity_sealed = $3 WHERE id = $1",
        account_id, old, SEAL.seal(IDENTITY, contexts["accounts"]),
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO producer_steps (producer_id, step, account_id, at) VALUES ($1, 'suspend', $2, now())",
        producer_id, account_id,
    )  # fmt: skip
    await owner.execute("UPDATE producer_steps SET person_key = $1 WHERE step = 'suspend'", old)
    await owner.execute(
        "INSERT INTO persons (county_code, identity_index, identity_sealed, name_sealed, born_on, sex)"
        " VALUES ('130624', $1, $2, $3, '1999-01-01', '女')",
        old, SEAL.seal(IDENTITY, contexts["persons"]), SEAL.seal("样例顾某", NAME_CONTEXT),
    )  # fmt: skip
    await owner.execute("SET session_replication_role = replica")  # the month would need its cycle
    await owner.execute(
        "INSERT INTO cycle_duties VALUES ('130624', uuidv7(), $1, 'import', now(), $2)", account_id, old
    )
    await owner.execute("SET session_replication_role = origin")
    # The programme would need its document; what is tested is the person.
    await owner.execute("ALTER TABLE enrolments DROP CONSTRAINT enrolments_programme")
    await owner.execute(
        "INSERT INTO enrolments (county_code, line_code, programme_code, identity_index, identity_sealed,"
        " household_code, applied_on, status) VALUES ('130624', 'YD-1', 'P', $1, $2, 'H', '2019-01-01', '申请')",
        old, SEAL.seal(IDENTITY, contexts["enrolments"]),
    )  # fmt: skip
    await owner.execute("UPDATE enrolments SET agent = '样例代办'")
    before = [row[0] for row in await owner.fetch(FIND_INDEX, old)]
    assert before == ["accounts", "cycle_duties", "enrolments", "fact_versions", "persons", "producer_steps"]
    await reseal_database(indexes=True)
    assert await owner.fetch(FIND_INDEX, old) == []
    assert [row[0] for row in await owner.fetch(FIND_INDEX, new)] == before
    assert await owner.fetchval("SELECT facts ->> 'agent' FROM fact_versions") == ""  # and no other version
    assert (await reseal_database(indexes=True))["outcome"] == "no-op"
    await owner.execute("UPDATE enrolments SET agent = '样例别人'")
    assert await owner.fetchval("SELECT count(*) FROM fact_versions") == 2


@pytest.mark.usefixtures("rotating")
async def test_bytes_are_sealed_again_and_rows_without_any_stay(owner: Connection) -> None:
    add = "INSERT INTO case_snapshots (county_code, manifest_sha256, case_sealed) VALUES ('130624', $1, $2)"
    for digit, content in (("a", b"\xff case"), ("b", b"\xfe other")):
        await owner.execute(add, digit * 64, SEAL.seal_bytes(content, CASE_CONTEXT))
    # The consents would need their leads; what is tested is the photo, which one given on the page has not.
    await owner.execute("SET session_replication_role = replica")
    for form, photo in (("page", None), ("photo", SEAL.seal_bytes(b"paper", CONSENT_PHOTO_CONTEXT))):
        await owner.execute(
            "INSERT INTO lead_consents (lead_id, form, text_version, given_on, recorded_by, recorded_at, photo_sealed)"
            " VALUES (uuidv7(), $1, 1, '2019-01-01', uuidv7(), now(), $2)",
            form, photo,
        )  # fmt: skip
    await owner.execute("SET session_replication_role = origin")
    changed = {"case_snapshots.case_sealed": 2, "lead_consents.photo_sealed": 1}
    assert (await reseal_database(indexes=False))["rows"] == changed
    rows = await owner.fetch("SELECT case_sealed FROM case_snapshots ORDER BY manifest_sha256")
    assert [NEW.open_bytes(row[0], CASE_CONTEXT) for row in rows] == [b"\xff case", b"\xfe other"]
    assert (await reseal_database(indexes=False))["outcome"] == "no-op"


@pytest.mark.usefixtures("rotating")
async def test_a_persons_key_is_sealed_again(database: Database, owner: Connection) -> None:
    """It is bytes, most of which are no text."""
    async with database.transaction() as conn:
        account_id = await make_account(conn)
        key = SEAL.seal_bytes(b"\xff" * 32, PERSON_KEY_CONTEXT)
    await owner.execute("INSERT INTO person_keys VALUES ($1, $2, now())", account_id, key)
    changed = {"accounts.phone_sealed": 1, "person_keys.key_sealed": 1}
    assert (await reseal_database(indexes=False))["rows"] == changed
    renewed = await owner.fetchval("SELECT key_sealed FROM person_keys")
    assert NEW.open_bytes(renewed, PERSON_KEY_CONTEXT) == b"\xff" * 32
    assert (await reseal_database(indexes=False))["outcome"] == "no-op"


@pytest.mark.usefixtures("rotating")
async def test_an_old_secret_that_opens_nothing_is_told_with_the_column(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as conn:
        await make_account(conn, phone=make_phone())
    monkeypatch.setenv("MARKET_SECRET_OLD", NEW_SECRET[::-1])
    with pytest.raises(SecretUnknown) as refused:
        await reseal_database(indexes=False)
    assert refused.value.facts == {"column": "accounts.phone_sealed"}


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
async def test_a_telephone_that_nobody_signed_in_with_is_found_under_the_next_secret(owner: Connection) -> None:
    phone = make_phone()
    await owner.execute("SET session_replication_role = replica")  # story and shop would be needed
    await owner.execute(
        "INSERT INTO story_people (story_id, position, county_code, author_id, phone_index, phone_sealed)"
        " VALUES (uuidv7(), 0, '130624', uuidv7(), $1, $2)",
        SEAL.index(phone), SEAL.seal(phone, STORY_PHONE_CONTEXT),
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO benefits.households (producer_id, code, village_code, added_by, added_at, phone_index,"
        " phone_sealed) VALUES (uuidv7(), 'N01', '130624101205', uuidv7(), now(), $1, $2)",
        SEAL.index(phone), SEAL.seal(phone, HOUSEHOLD_PHONE_CONTEXT),
    )  # fmt: skip
    await owner.execute("SET session_replication_role = origin")
    changed = {"story_people.phone_sealed": 1, "benefits.households.phone_sealed": 1}
    for indexes in (False, True):
        assert (await reseal_database(indexes=indexes))["rows"] == changed
        assert (await reseal_database(indexes=indexes))["outcome"] == "no-op"
    account_id = await owner.fetchval(
        "INSERT INTO accounts (name, phone_index, phone_sealed, created_at) VALUES ('样例', $1, $2, now())"
        " RETURNING id",
        NEW.index(phone), NEW.seal(phone, PHONE_CONTEXT),
    )  # fmt: skip
    for table in ("story_people", "benefits.households"):
        row = await owner.fetchrow(f"SELECT account_id, phone_index, phone_sealed FROM {table}")
        assert row is not None
        assert tuple(row) == (account_id, None, None), "linked, and the telephone is forgotten"


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


@pytest.mark.usefixtures("rotating")
async def test_a_note_of_an_earlier_release_is_encrypted_and_kept_as_it_is(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        account_id = await make_account(conn)
    # The file would need its rows; what is tested is the note.
    await owner.execute("ALTER TABLE file_notes DROP CONSTRAINT file_notes_file")
    file_id = await owner.fetchval(
        "INSERT INTO file_notes (file_id, position, county_code, account_id, by_operator, text, at)"
        " VALUES (uuidv7(), 1, '130624', $1, true, '是样例家的', now()) RETURNING file_id",
        account_id,
    )
    for _ in ("in clear", "under the earlier secret"):
        changed = (await reseal_database(indexes=False))["rows"]
        assert isinstance(changed, dict)
        assert changed["file_notes.text_sealed"] == 1
        row = await owner.fetchrow("SELECT text, text_sealed FROM file_notes WHERE file_id = $1", file_id)
        assert row is not None
        assert (row["text"], NEW.open(row["text_sealed"], NOTE_CONTEXT)) == ("", "是样例家的")
        await owner.execute("UPDATE file_notes SET text_sealed = $1", SEAL.seal("是样例家的", NOTE_CONTEXT))
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await owner.execute("UPDATE file_notes SET by_operator = false")


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
