"""Messages are sent after their transaction commits, with the right text, and codes are erased."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.notify.ports import FilePort, Message
from market.notify.queue import queue_message
from market.notify.send import SendResult, send_due_messages
from market.notify.templates import TEMPLATES
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
    assert await send_due_messages(database, seal, FilePort(path), now=NOW) == SendResult(1, 0)
    assert await send_due_messages(database, seal, FilePort(path), now=NOW) == SendResult(0, 0)
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
    assert await send_due_messages(database, seal, FilePort(path), now=NOW + timedelta(seconds=1)) == SendResult(150, 0)
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    assert texts == [f"【乡集】今天要发 {n} 单。" for n in range(150)]


async def fail_after_queueing(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="to_ship", facts={"count": "2"}, now=NOW)
        await queue_message(conn, seal, phone=PHONE, template="none", facts={}, now=NOW)


async def test_a_message_of_a_rolled_back_transaction_is_never_sent(
    database: Database, seal: Seal, folder: Path
) -> None:
    with pytest.raises(KeyError):
        await fail_after_queueing(database, seal)
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=NOW) == SendResult(0, 0)


async def test_the_queue_stores_number_and_code_encrypted_and_erases_a_sent_code(
    database: Database, seal: Seal, owner: Connection, folder: Path
) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="code", facts={"code": "654321"}, now=NOW)
    row = await owner.fetchrow("SELECT * FROM messages")
    assert row is not None
    assert PHONE not in str(tuple(row))
    assert "654321" not in str(tuple(row))
    await send_due_messages(database, seal, FilePort(folder / "sms"), now=NOW)
    assert await owner.fetchval("SELECT facts_sealed FROM messages") == b""


async def test_a_failing_message_is_attempted_five_times_with_growing_delays(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="to_ship", facts={"count": "1"}, now=NOW)
    port = FailingPort()
    attempted_at: list[int] = []
    for minute in range(30):
        before = port.attempts
        await send_due_messages(database, seal, port, now=NOW + timedelta(minutes=minute))
        if port.attempts > before:
            attempted_at.append(minute)
    assert attempted_at == [0, 1, 3, 6, 10]


async def test_a_code_that_has_expired_is_not_sent(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template="code", facts={"code": "123456"}, now=NOW)
    late = NOW + timedelta(minutes=5)
    assert await send_due_messages(database, seal, FilePort(folder / "sms"), now=late) == SendResult(0, 0)


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
