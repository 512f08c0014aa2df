"""Messages go out once they are committed, say what they should, and keep no code."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.notify import TEMPLATES, FilePort, Message, Sent, queue, send_due
from tests.conftest import NOW

PHONE = "13900001234"


class DeadPort:
    """A carrier that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def send(self, message: Message) -> None:
        self.asked += 1
        raise ConnectionRefusedError(message.phone)


async def test_a_message_is_written_to_the_file_as_one_json_line(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        await queue(conn, seal, phone=PHONE, template="code", facts={"code": "123456"}, now=NOW)
    path = folder / "new" / "sms.jsonl"
    assert await send_due(database, seal, FilePort(path), now=NOW) == Sent(1, 0)
    assert await send_due(database, seal, FilePort(path), now=NOW) == Sent(0, 0)
    [line] = path.read_text().splitlines()
    assert json.loads(line) == {
        "phone": PHONE,
        "text": "【乡集】验证码 123456，5 分钟内有效，只用于登录。"
        "向您要验证码的都是骗子，请不要告诉任何人；有疑问拨 96110。",
        "at": NOW.isoformat(),
    }
    assert path.stat().st_mode & 0o777 == 0o600


async def test_messages_go_out_in_the_order_they_were_queued(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        for n in range(150):
            facts = {"count": str(n)}
            now = NOW + timedelta(milliseconds=n)
            await queue(conn, seal, phone=PHONE, template="to_ship", facts=facts, now=now)
    path = folder / "sms.jsonl"
    assert await send_due(database, seal, FilePort(path), now=NOW + timedelta(seconds=1)) == Sent(150, 0)
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    assert texts == [f"【乡集】今天要发 {n} 单。" for n in range(150)]


async def fail_after_queueing(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue(conn, seal, phone=PHONE, template="to_ship", facts={"count": "2"}, now=NOW)
        await queue(conn, seal, phone=PHONE, template="none", facts={}, now=NOW)


async def test_a_message_of_a_transaction_that_failed_is_never_sent(
    database: Database, seal: Seal, folder: Path
) -> None:
    with pytest.raises(KeyError):
        await fail_after_queueing(database, seal)
    assert await send_due(database, seal, FilePort(folder / "sms"), now=NOW) == Sent(0, 0)


async def test_the_queue_shows_neither_the_number_nor_the_code_and_forgets_the_code(
    database: Database, seal: Seal, owner: Connection, folder: Path
) -> None:
    async with database.transaction() as conn:
        await queue(conn, seal, phone=PHONE, template="code", facts={"code": "654321"}, now=NOW)
    row = await owner.fetchrow("SELECT * FROM messages")
    assert row is not None
    assert PHONE not in str(tuple(row))
    assert "654321" not in str(tuple(row))
    await send_due(database, seal, FilePort(folder / "sms"), now=NOW)
    assert await owner.fetchval("SELECT facts_sealed FROM messages") == b""


async def test_a_dead_carrier_is_asked_five_times_each_time_later(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        await queue(conn, seal, phone=PHONE, template="to_ship", facts={"count": "1"}, now=NOW)
    port = DeadPort()
    asked_at: list[int] = []
    for minute in range(30):
        before = port.asked
        await send_due(database, seal, port, now=NOW + timedelta(minutes=minute))
        if port.asked > before:
            asked_at.append(minute)
    assert asked_at == [0, 1, 3, 6, 10]


async def test_a_code_that_has_expired_is_not_sent(database: Database, seal: Seal, folder: Path) -> None:
    async with database.transaction() as conn:
        await queue(conn, seal, phone=PHONE, template="code", facts={"code": "123456"}, now=NOW)
    late = NOW + timedelta(minutes=5)
    assert await send_due(database, seal, FilePort(folder / "sms"), now=late) == Sent(0, 0)


async def test_an_unknown_template_and_a_missing_fact_are_found_before_anything_is_kept(
    conn: Connection, seal: Seal
) -> None:
    with pytest.raises(KeyError):
        await queue(conn, seal, phone=PHONE, template="none", facts={}, now=NOW)
    with pytest.raises(KeyError):
        await queue(conn, seal, phone=PHONE, template="code", facts={}, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM messages") == 0


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_message_holds_a_link_or_a_word_that_hurts(template: str) -> None:
    text = TEMPLATES[template]
    for word in ("http", "www", "://", ".cn", ".com", "贫困户", "脱贫户", "监测户", "扶贫", "点击"):
        assert word not in text
