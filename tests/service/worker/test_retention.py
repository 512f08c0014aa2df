"""What is deleted at night: in pieces, and only what nobody needs any more."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from market.cases.casework.erase import CASE_TEXT_LIFETIME
from market.kernel import Connection
from market.people.identity.models import Device
from market.people.identity.sessions import SESSION_LIFETIME, is_new_device
from market.people.storage.unused_photos import RETENTION as PHOTO_RETENTION
from market.service.worker.context import WorkerContext
from market.service.worker.retention import RETENTIONS, Retention
from market.subsidies.imports.kept_uploads import KEPT_FOR
from tests.conftest import NOW
from tests.service.worker.conftest import LATER
from tests.support.make import make_account, make_product, make_stay

BY_NAME = {each.name: each for each in RETENTIONS}


class Rows(Struct, frozen=True):
    """Rows of a table: how one is written with a label at a time, and which old ones are needed."""

    insert: str
    label: str
    needed: dict[str, str] = {}


CODES = Rows(
    "INSERT INTO sign_in_codes (phone_index, code_hash, network, sent_at, expires_at)"
    " VALUES ('\\x00', '\\x00', $1, $2::timestamptz, $2 + interval '5 minutes')",
    "SELECT network FROM sign_in_codes",
)
KEYS = Rows(
    "INSERT INTO idempotency_keys (actor, key, fingerprint, created_at) VALUES ('a', $1, '', $2)",
    "SELECT key FROM idempotency_keys",
)
MESSAGES = Rows(
    "INSERT INTO messages (phone_sealed, template, facts_sealed, queued_at, dead_at) VALUES ('', $1, '', $2, $2)",
    "SELECT template FROM messages",
    {"waits": "INSERT INTO messages (phone_sealed, template, facts_sealed, queued_at) VALUES ('', $1, '', $2)"},
)
TASKS = Rows(
    "INSERT INTO tasks (county_code, account_id, second_factor, request_key, input, state, finished_at)"
    " SELECT '130624', id, true, $1, '{\"kind\": \"run\"}', 'failed', $2 FROM accounts",
    "SELECT request_key FROM tasks",
)
_INBOX = "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, received_at, state)"
WEBHOOKS = Rows(
    f"{_INBOX} VALUES ('stripe', $1, 't', '', $2, 'done')",
    "SELECT event_id FROM payments.inbox",
    {each: f"{_INBOX} VALUES ('stripe', $1, 't', '', $2, '{each}')" for each in ("dead", "new", "parked")},
)
FAILURES = Rows(
    "INSERT INTO jobs.failures (job, item, next_at, error) VALUES ($1, uuidv7(), $2, 'e')",
    "SELECT job FROM jobs.failures",
    {
        "given up": "INSERT INTO jobs.failures (job, item, next_at, error)"
        " SELECT $1, uuidv7(), 'infinity', 'e' WHERE $2::timestamptz IS NOT NULL"
    },
)
TABLES = {
    "delete_expired_codes": CODES,
    "delete_expired_keys": KEYS,
    "delete_expired_messages": MESSAGES,
    "delete_ended_tasks": TASKS,
    "delete_webhooks": WEBHOOKS,
    "delete_stale_failures": FAILURES,
}


def get_limit(retention: Retention) -> datetime:
    """Return the moment before which rows are deleted now."""
    return (datetime.now(UTC) if retention.real_time else LATER) - retention.period


@pytest.mark.parametrize("name", TABLES)
async def test_old_rows_are_deleted_and_younger_or_needed_ones_stay(
    name: str, context: WorkerContext, owner: Connection
) -> None:
    retention, rows = BY_NAME[name], TABLES[name]
    limit = get_limit(retention)
    await make_account(owner)
    await owner.execute(rows.insert, "old", limit - timedelta(seconds=1))
    await owner.execute(rows.insert, "younger", limit + timedelta(minutes=1))
    for label, insert in rows.needed.items():
        await owner.execute(insert, label, limit - timedelta(days=300))
    await retention.run(context)
    assert {row[0] for row in await owner.fetch(rows.label)} == {"younger", *rows.needed}


async def test_sessions_are_deleted_when_their_device_is_no_longer_known(
    context: WorkerContext, owner: Connection
) -> None:
    account = await make_account(owner)
    retention = BY_NAME["delete_ended_sessions"]
    assert retention.period > SESSION_LIFETIME
    limit = get_limit(retention)
    for device, began in (("old", limit - timedelta(seconds=1)), ("younger", limit + timedelta(minutes=1))):
        await owner.execute(
            "INSERT INTO sessions (token_hash, account_id, device, created_at, seen_at, expires_at)"
            " VALUES (convert_to($2, 'UTF8'), $1, $2, $3, $3, $3)",
            account,
            device,
            began,
        )
    await retention.run(context)
    assert [row[0] for row in await owner.fetch("SELECT device FROM sessions")] == ["younger"]


async def test_an_account_whose_sessions_were_deleted_is_still_told_of_a_new_device(conn: Connection) -> None:
    account, phone = await make_account(conn), Device("a phone")
    assert not await is_new_device(conn, account, phone, now=NOW)
    assert await is_new_device(conn, account, phone, now=NOW + timedelta(days=181))


async def test_used_second_factors_are_deleted_after_a_day(context: WorkerContext, owner: Connection) -> None:
    account = await make_account(owner)
    retention = BY_NAME["delete_used_second_factors"]
    step = int(get_limit(retention).timestamp()) // 30
    await owner.executemany(
        "INSERT INTO second_factor_uses VALUES ($1, $2)", [(account, step - 1), (account, step + 9)]
    )
    await retention.run(context)
    assert [row[0] for row in await owner.fetch("SELECT step FROM second_factor_uses")] == [step + 9]


async def test_carts_of_devices_are_deleted_and_those_of_accounts_stay(
    context: WorkerContext, owner: Connection
) -> None:
    product, stay, account = await make_product(owner), await make_stay(owner), await make_account(owner)
    limit = get_limit(BY_NAME["delete_device_carts"])
    old, young = UUID(int=1), UUID(int=2)
    for cart, at in (
        (account, limit - timedelta(days=1)),
        (old, limit - timedelta(seconds=1)),
        (young, limit + timedelta(minutes=1)),
    ):
        await owner.execute("INSERT INTO cart_lines VALUES ($1, $2, 1, $3)", cart, product.variant_id, at)
        await owner.execute(
            "INSERT INTO cart_nights (owner_id, listing_id, nights, rooms, added_at)"
            " VALUES ($1, $2, '[2019-10-03,2019-10-05)', 1, $3)",
            cart,
            stay.listing_id,
            at,
        )
    for name in ("delete_device_carts", "delete_device_stays"):
        await BY_NAME[name].run(context)
    left = {"cart_lines": {account, young}, "cart_nights": {account, young}}
    assert {table: {row[0] for row in await owner.fetch(f"SELECT owner_id FROM {table}")} for table in left} == left


async def test_more_rows_than_one_piece_are_deleted_in_a_night(context: WorkerContext, owner: Connection) -> None:
    await _add_old_keys(owner, 10_001)
    await BY_NAME["delete_expired_keys"].run(context)
    assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_each_piece_is_committed_by_itself(context: WorkerContext, owner: Connection) -> None:
    await _add_old_keys(owner, 12_000)
    await owner.execute(
        "CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys FOR EACH ROW WHEN (OLD.key = '11000')"
        " EXECUTE FUNCTION refuse_row()"
    )
    with pytest.raises(asyncpg.RaiseError):
        await BY_NAME["delete_expired_keys"].run(context)
    assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 2_000


async def _add_old_keys(owner: Connection, count: int) -> None:
    await owner.execute(
        "INSERT INTO idempotency_keys (actor, key, fingerprint, created_at)"
        " SELECT 'a', n, '', now() - interval '31 days' + n * interval '1 second'"
        " FROM generate_series(1, $1::int) AS n",
        count,
    )


def test_the_periods_are_those_of_the_operators_page() -> None:
    text = (Path(__file__).parents[3] / "deploy/README.md").read_text("utf-8")
    documented = dict(
        re.findall(r"^\| `((?:delete|erase|forget|drop)_\w+)` \|.*\| (\d+) days? \|$", text, re.MULTILINE)
    )
    periods = {each.name: each.period for each in RETENTIONS} | {
        "delete_photos": PHOTO_RETENTION,
        "erase_case_texts": CASE_TEXT_LIFETIME,
    }
    assert documented == {name: str(period.days) for name, period in periods.items()}
    assert timedelta(hours=1) == KEPT_FOR
    assert re.search(r"^\| `delete_kept_uploads` \|.*\| 1 hour \|$", text, re.MULTILINE)
