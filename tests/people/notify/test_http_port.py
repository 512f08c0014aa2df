"""The SMS provider over HTTP: signed requests with template ids, receipts, and what is retried."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.notify.http_port import HttpPort
from market.people.notify.models import SendFailed
from market.people.notify.queue import queue_message
from market.people.notify.send import log_receipts, send_due_messages
from payments.retries import BatchSummary
from tests.conftest import NOW
from tests.support.sms_provider import KEY_ID, SECRET, SmsProvider, run_sms_provider

PHONE = "17000001234"
TEMPLATES = {"code": "SMS_1", "to_ship": "SMS_2"}


@pytest.fixture
def provider() -> Generator[SmsProvider]:
    with run_sms_provider() as running:
        yield running


@pytest.fixture
async def port(provider: SmsProvider) -> AsyncGenerator[HttpPort]:
    async with HttpPort(provider.url, key_id=KEY_ID, secret=SECRET, template_ids=TEMPLATES) as port:
        yield port


async def queue(database: Database, seal: Seal, template: str, **facts: str) -> None:
    async with database.transaction() as conn:
        await queue_message(conn, seal, phone=PHONE, template=template, facts=facts, now=NOW)


async def test_a_code_is_sent_once_with_its_template(
    database: Database, seal: Seal, provider: SmsProvider, port: HttpPort
) -> None:
    await queue(database, seal, "code", code="654321")
    assert await send_due_messages(database, seal, port, now=NOW) == BatchSummary(done=1)
    assert await send_due_messages(database, seal, port, now=NOW) == BatchSummary()
    [request] = provider.sent.values()
    ref = f"ref-{request.pop('id')}"
    assert request == {
        "phone": PHONE,
        "sign_name": "乡集",
        "template_id": "SMS_1",
        "parameters": {"code": "654321"},
    }
    provider.receipts = [{"ref": ref, "delivered": True, "reason": ""}, {"ref": "other", "delivered": True}]
    with capture_logs() as logs:
        assert await log_receipts(port) == 2
    assert logs == []


async def test_an_undelivered_message_is_logged_with_the_reason(
    database: Database, seal: Seal, provider: SmsProvider, port: HttpPort
) -> None:
    await queue(database, seal, "to_ship", count="3")
    await send_due_messages(database, seal, port, now=NOW)
    [request] = provider.sent.values()
    ref = f"ref-{request['id']}"
    provider.receipts = [{"ref": ref, "delivered": False, "reason": f"MOBILE_OFF {PHONE}"}]
    with capture_logs() as logs:
        await log_receipts(port)
    assert logs == [{"event": "message_not_delivered", "log_level": "warning", "ref": ref, "reason": "MOBILE_OFF …"}]


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (401, False), (403, False), (429, False), (500, True)],
    ids=["bad", "key", "denied", "busy", "unknown"],
)
async def test_a_code_is_repeated_only_if_it_was_certainly_not_sent(
    database: Database,
    seal: Seal,
    owner: Connection,
    provider: SmsProvider,
    port: HttpPort,
    status: int,
    *,
    final: bool,
) -> None:
    provider.answers = [(status, {"code": f"no 654321 to {PHONE}"}, 0)]
    await queue(database, seal, "code", code="654321")
    assert await send_due_messages(database, seal, port, now=NOW) == BatchSummary(failed=1)
    row = await owner.fetchrow("SELECT dead_at IS NOT NULL, facts_sealed = '', error FROM messages")
    assert row is not None
    assert tuple(row) == (final, final, "SendFailed: no … to …")


async def test_a_notice_is_repeated_under_its_id_after_an_unknown_outcome(
    database: Database, seal: Seal, owner: Connection, provider: SmsProvider, port: HttpPort
) -> None:
    provider.answers = [(502, {"code": "bad gateway"}, 0)]
    await queue(database, seal, "to_ship", count="3")
    assert await send_due_messages(database, seal, port, now=NOW) == BatchSummary(failed=1)
    await owner.execute("UPDATE messages SET next_at = now()")
    waiting = str(await owner.fetchval("SELECT id FROM messages"))
    later = NOW + timedelta(minutes=1)
    assert await send_due_messages(database, seal, port, now=later) == BatchSummary(done=1)
    assert list(provider.sent) == [waiting]


async def test_a_notice_waits_while_the_provider_refuses_our_signature(
    database: Database, seal: Seal, owner: Connection, provider: SmsProvider
) -> None:
    await queue(database, seal, "to_ship", count="3")
    async with HttpPort(provider.url, key_id=KEY_ID, secret="another", template_ids=TEMPLATES) as wrong:
        assert await send_due_messages(database, seal, wrong, now=NOW) == BatchSummary(failed=1)
    await owner.execute("UPDATE messages SET next_at = now()")
    async with HttpPort(provider.url, key_id=KEY_ID, secret=SECRET, template_ids=TEMPLATES) as right:
        assert await send_due_messages(database, seal, right, now=NOW) == BatchSummary(done=1)


async def test_a_template_without_an_id_is_given_up_with_its_name(
    database: Database, seal: Seal, owner: Connection, provider: SmsProvider, port: HttpPort
) -> None:
    await queue(database, seal, "producer_open", name="样例合作社")
    await send_due_messages(database, seal, port, now=NOW)
    assert provider.calls == 0
    error = await owner.fetchval("SELECT error FROM messages WHERE dead_at IS NOT NULL")
    assert error == "SendFailed: MARKET_SMS_TEMPLATES has no id for producer_open"


async def test_a_wrong_secret_is_refused_by_the_provider(provider: SmsProvider) -> None:
    async with HttpPort(provider.url, key_id=KEY_ID, secret="another", template_ids=TEMPLATES) as port:
        with pytest.raises(SendFailed, match="SignatureDoesNotMatch"):
            await port.fetch_receipts()
    assert provider.sent == {}
