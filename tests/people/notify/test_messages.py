"""Messages are sent after their transaction commits, with the right text, and codes are erased."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.notify.models import Message
from market.people.notify.ports import FilePort, MissingPort
from market.people.notify.queue import queue_message
from market.people.notify.send import DELETE_SENT, NOTICES, send_due_messages
from market.people.notify.templates import FRAUD_HINT, TEMPLATES
from payments.retries import BatchSummary
from tests.conftest import NOW

PHONE = "13900001234"


class FailingPort:
    """A port that refuses every message."""

    def __init__(self) -> None:
        self.attempts = 0

    async def send(self, message: Message) -> None:
        self.attempts += 1
        raise ConnectionRefusedError(message.phone)


async def test_a_message_is_written_to_the_file_as_one_json_line(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="code", facts={"code": "123456"}, now=NOW)
    path = folder / "new" / "sms.jsonl"
    assert await send_due_messages(database, seal, FilePort(path), now=NOW) == BatchSummary(done=1)
    assert await send_due_messages(database, seal, FilePort(path), now=NOW) == BatchSummary()
    [line] = path.read_text().splitlines()
    assert json.loads(line) == {
        "phone": PHONE,
        "text": "【乡集】验证码 123456，5 分钟内有效，只用于登录。"
        "向您要验证码的都是骗子，请不要告诉任何人；有疑问拨 96110。",
        "at": NOW.isoformat(),
    }
    assert path.stat().st_mode & 0o777 == 0o600


async def test_messages_are_sent_in_the_order_they_were_queued(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        for n in range(150):
            facts = {"count": str(n)}
            now = NOW + timedelta(milliseconds=n)
            await queue_message(conn, seal, phone=PHONE, template="to_ship", facts=facts, now=now)
    path = folder / "sms.jsonl"
    one_by_one = msgspec.structs.replace(NOTICES, concurrency=1)
    sent = await send_due_messages(database, seal, FilePort(path), now=NOW, lanes=(one_by_one,))
    assert sent == BatchSummary(done=150)
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    assert texts == [f"【乡集】今天要发 {n} 单。{FRAUD_HINT}" for n in range(150)]


async def fail_after_queueing(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="to_ship", facts={"count": "2"}, now=NOW)
        await queue_message(conn, seal, phone=PHONE, template="none", facts={}, now=NOW)


async def test_a_message_of_a_rolled_back_transaction_is_never_sent(
    database: Database, seal: Seal, folder: Path
) -> None:
    with pytest.raises(KeyError):
        await fail_after_queueing(database, seal)
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=NOW) == BatchSummary()


async def test_the_queue_stores_number_and_code_encrypted_and_deletes_a_sent_message(
    database: Database, seal: Seal, owner: Connection, folder: Path
) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="code", facts={"code": "654321"}, now=NOW)
    row = await owner.fetchrow("SELECT * FROM messages")
    assert row is not None
    assert PHONE not in str(tuple(row))
    assert "654321" not in str(tuple(row))
    await send_due_messages(database, seal, FilePort(folder / "sms"), now=NOW)
    assert await owner.fetchval("SELECT count(*) FROM messages") == 0


async def queue_notice(database: Database, seal: Seal, count: int = 1) -> None:
    async with database.transaction() as conn:
        for n in range(count):
            await queue_message(conn, seal, phone=PHONE, template="to_ship", facts={"count": str(n)}, now=NOW)


async def queue_code(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="code", facts={"code": "123456"}, now=NOW)


async def test_a_failing_message_is_attempted_for_a_day_and_then_given_up_with_its_error(
    database: Database, seal: Seal, owner: Connection
) -> None:
    await queue_notice(database, seal)
    port = FailingPort()
    waits: list[int] = []
    for _ in range(40):
        await send_due_messages(database, seal, port, now=NOW)
        wait = await owner.fetchval(
            "SELECT round(extract(epoch FROM next_at - now()) / 60)::integer FROM messages WHERE dead_at IS NULL"
        )
        waits += [] if wait is None else [wait]
        await owner.execute("UPDATE messages SET next_at = now()")
    assert (port.attempts, waits) == (30, [1, 2, 4, 8, 16, 32, *[60] * 23])
    assert sum(waits) >= 24 * 60
    assert await owner.fetchval("SELECT error FROM messages") == f"ConnectionRefusedError: {PHONE}"


async def test_any_kind_of_exception_counts_as_a_failed_attempt_and_the_others_are_sent(
    database: Database, seal: Seal, owner: Connection, folder: Path
) -> None:
    await queue_notice(database, seal, 3)
    await owner.execute("UPDATE messages SET phone_sealed = 'x' WHERE id = (SELECT min(id::text)::uuid FROM messages)")
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=NOW) == BatchSummary(done=2, failed=1)


async def test_a_code_passes_three_hundred_notices(database: Database, seal: Seal) -> None:
    order: list[str] = []

    class SlowPort:
        async def send(self, message: Message) -> None:
            order.append(message.template)
            await asyncio.sleep(0.01)

    await queue_notice(database, seal, 300)
    await queue_code(database, seal)
    await send_due_messages(database, seal, SlowPort(), now=NOW)
    assert (order[0], len(order)) == ("code", 301)


async def test_workers_side_by_side_send_each_message_once_although_it_takes_long(
    database: Database, seal: Seal, owner: Connection
) -> None:
    sent: list[str] = []

    class SlowPort:
        async def send(self, message: Message) -> None:
            sent.append(message.text)
            await asyncio.sleep(0.02)

    await queue_notice(database, seal, 100)
    await asyncio.gather(*(send_due_messages(database, seal, SlowPort(), now=NOW) for _ in range(4)))
    assert (len(sent), len(set(sent))) == (100, 100)
    assert await owner.fetchval("SELECT count(*) FROM messages") == 0


async def test_a_slow_message_delays_no_other_and_what_was_sent_is_deleted_together(
    database: Database, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    deleted: list[int] = []
    others_sent = asyncio.Event()

    class OneSlowPort:
        async def send(self, message: Message) -> str:
            if message.facts["count"] == "0":
                await others_sent.wait()
            sent.append(message.facts["count"])
            if len(sent) == 59:
                others_sent.set()
            return str(message.id)

    async def count_deleted(query: object, conn: Connection, **values: Any) -> int:
        if query is DELETE_SENT:
            deleted.append(len(values["ids"]))
        return await run(query, conn, **values)

    run: Any = type(DELETE_SENT).run
    monkeypatch.setattr(type(DELETE_SENT), "run", count_deleted)
    await queue_notice(database, seal, 60)
    async with asyncio.timeout(20):
        assert await send_due_messages(database, seal, OneSlowPort(), now=NOW) == BatchSummary(done=60)
    assert sent[-1] == "0"
    assert (sum(deleted), len(deleted) < 40) == (60, True)


async def test_a_code_that_has_expired_is_given_up_and_erased(
    database: Database, seal: Seal, owner: Connection, folder: Path
) -> None:
    await queue_code(database, seal)
    late = NOW + timedelta(minutes=5)
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=late) == BatchSummary(failed=1)
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=late) == BatchSummary()
    row = await owner.fetchrow("SELECT dead_at IS NOT NULL, facts_sealed, error FROM messages")
    assert row is not None
    assert tuple(row) == (True, b"", "SendFailed: the code expired before it could be sent")


async def test_without_a_provider_no_message_counts_as_sent(database: Database, seal: Seal, owner: Connection) -> None:
    await queue_notice(database, seal)
    assert await send_due_messages(database, seal, MissingPort(), now=NOW) == BatchSummary(failed=1)
    assert await owner.fetchval("SELECT dead_at IS NOT NULL FROM messages")


async def test_given_up_messages_do_not_slow_down_the_search_for_due_ones(
    owner: Connection,
) -> None:
    await owner.execute(
        "INSERT INTO messages (phone_sealed, template, facts_sealed, queued_at, dead_at)"
        " SELECT 'x', 'code', '', now(), now() FROM generate_series(1, 20000)"
    )
    await owner.execute("ANALYZE messages")
    plan = await owner.fetch(
        "EXPLAIN SELECT id FROM messages WHERE template = 'code'"
        " AND dead_at IS NULL AND next_at <= clock_timestamp() ORDER BY next_at LIMIT 8"
    )
    assert "messages_due_codes" in str(plan)


async def test_an_unknown_template_or_a_missing_fact_stores_nothing(conn: Connection, seal: Seal) -> None:
    with pytest.raises(KeyError):
        await queue_message(conn, seal, phone=PHONE, template="none", facts={}, now=NOW)
    with pytest.raises(KeyError):
        await queue_message(conn, seal, phone=PHONE, template="code", facts={}, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM messages") == 0


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_message_contains_a_link_or_an_offensive_word(template: str) -> None:
    text = TEMPLATES[template]
    for word in ("http", "www", "://", ".cn", ".com", "贫困户", "脱贫户", "监测户", "扶贫", "点击"):
        assert word not in text
