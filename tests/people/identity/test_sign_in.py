"""Signing in: one-time codes, their limits, and new accounts."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from market.kernel import Connection, Database, Refusal
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_token
from market.people.identity.codes import get_network, request_code, resolve_client_address
from market.people.identity.models import (
    Actor,
    CodeAttemptsUsedUp,
    CodeJustSent,
    Device,
    ExpiredCode,
    InvalidPhone,
    NewSession,
    TooManyCodes,
    WrongCode,
)
from market.people.identity.sign_in import get_phone, sign_in
from tests.conftest import NOW
from tests.people.identity.support import LIMITS, a_code, other_than, signed_in
from tests.support.make import make_account, make_phone
from tests.support.postgres import as_owner


async def test_the_first_sign_in_creates_the_account_and_the_second_finds_it(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    first = await signed_in(conn, seal, phone)
    second = await signed_in(conn, seal, f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}")
    assert first.account_id == second.account_id
    assert first.token != second.token
    assert await get_phone(conn, seal, first.account_id) == phone
    actor = await find_actor_by_token(conn, first.token, now=NOW)
    assert actor == Actor(first.account_id, "乡集用户")


async def test_a_code_is_valid_once(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), NewSession)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), ExpiredCode)


async def test_after_five_wrong_attempts_the_right_code_is_refused(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    for _ in range(4):
        assert isinstance(await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW), WrongCode)
    fifth = await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW)
    sixth = await sign_in(conn, seal, phone=phone, code=code, now=NOW)
    assert (type(fifth), type(sixth)) == (WrongCode, CodeAttemptsUsedUp)
    assert await conn.fetchval("SELECT count(*) FROM accounts WHERE phone_index = $1", seal.index(phone)) == 0


async def test_the_fifth_attempt_may_still_succeed(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    for _ in range(4):
        await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), NewSession)


@pytest.mark.parametrize(("seconds", "good"), [(299, True), (300, False)])
async def test_a_code_expires_after_five_minutes(conn: Connection, seal: Seal, seconds: int, good: bool) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, now=NOW + timedelta(seconds=seconds))
    assert type(answer) is (NewSession if good else ExpiredCode)


async def test_a_newer_code_replaces_the_earlier_one(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    first = await a_code(conn, seal, phone)
    second = await a_code(conn, seal, phone, later=timedelta(seconds=1))
    later = NOW + timedelta(seconds=2)
    if first != second:
        assert isinstance(await sign_in(conn, seal, phone=phone, code=first, now=later), WrongCode)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=second, now=later), NewSession)


async def test_a_code_is_bound_to_its_phone(conn: Connection, seal: Seal) -> None:
    mine, other = make_phone(), make_phone()
    code = await a_code(conn, seal, mine)
    await a_code(conn, seal, other)
    async with as_owner(conn):
        await conn.execute(
            "UPDATE sign_in_codes SET code_hash = (SELECT code_hash FROM sign_in_codes WHERE phone_index = $1)"
            " WHERE phone_index = $2",
            seal.index(mine),
            seal.index(other),
        )
    assert isinstance(await sign_in(conn, seal, phone=other, code=code, now=NOW), WrongCode)


async def test_the_database_contains_no_plain_code_phone_or_token(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, now=NOW)
    assert isinstance(answer, NewSession)
    rows = [
        str(tuple(row))
        for table in ("sign_in_codes", "sessions", "accounts", "messages")
        for row in await conn.fetch(f"SELECT * FROM {table}")
    ]
    assert [row for row in rows if phone in row or answer.token in row or f"'{code}'" in row] == []


@pytest.mark.parametrize("text", ["", "12345", "23900000000", "1390000000a", "139000000001"])
async def test_an_invalid_phone_is_refused_by_field(conn: Connection, seal: Seal, text: str) -> None:
    with pytest.raises(InvalidPhone) as refused:
        await request_code(conn, seal, LIMITS, phone=text, network="::1", now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["phone"]
    with pytest.raises(InvalidPhone):
        await sign_in(conn, seal, phone=text, code="123456", now=NOW)


async def test_codes_are_limited_per_phone_and_business_day(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    for n in range(3):
        await a_code(conn, seal, phone, network=f"198.51.100.{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, phone, network="198.51.100.9")
    with pytest.raises(TooManyCodes) as refused:
        await a_code(conn, seal, phone, network="198.51.100.9", later=timedelta(hours=14, minutes=59))
    assert refused.value.facts["retry_after"] == 60
    await a_code(conn, seal, phone, network="198.51.100.9", later=timedelta(hours=15))


async def test_codes_are_limited_per_network_and_hour(conn: Connection, seal: Seal) -> None:
    for _ in range(5):
        await a_code(conn, seal, make_phone())
    with pytest.raises(TooManyCodes) as refused:
        await a_code(conn, seal, make_phone())
    assert refused.value.facts["retry_after"] == 3600
    await a_code(conn, seal, make_phone(), network="198.51.100.8")
    await a_code(conn, seal, make_phone(), later=timedelta(hours=1))


async def test_codes_are_limited_per_48_of_ipv6_and_hour(conn: Connection, seal: Seal) -> None:
    limits = msgspec.structs.replace(LIMITS, per_network=2, per_day=100)
    networks = [f"2001:db8:1:{subnet:x}::/64" for subnet in range(9)]
    for network in networks[:8]:
        await request_code(conn, seal, limits, phone=make_phone(), network=network, now=NOW)
    with pytest.raises(TooManyCodes) as refused:
        await request_code(conn, seal, limits, phone=make_phone(), network=networks[8], now=NOW)
    assert refused.value.facts["retry_after"] == 3600
    await request_code(conn, seal, limits, phone=make_phone(), network="2001:db8:2:1::/64", now=NOW)
    later = NOW + timedelta(hours=1)
    await request_code(conn, seal, limits, phone=make_phone(), network=networks[8], now=later)


async def test_a_fifth_of_the_codes_of_a_day_is_reserved_for_phones_with_an_account(
    conn: Connection, seal: Seal
) -> None:
    for n in range(8):
        await a_code(conn, seal, make_phone(), network=f"198.51.100.{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, make_phone(), network="198.51.100.99")
    phone = make_phone()
    await make_account(conn, phone=phone, seal=seal)
    for n in range(2):
        await a_code(conn, seal, phone, network=f"198.51.100.10{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, phone, network="198.51.100.99")


async def test_another_code_is_sent_after_a_minute(conn: Connection, seal: Seal) -> None:
    limits, phone = msgspec.structs.replace(LIMITS, pause=timedelta(seconds=60)), make_phone()
    await request_code(conn, seal, limits, phone=phone, network="::1", now=NOW)
    with pytest.raises(CodeJustSent) as refused:
        await request_code(conn, seal, limits, phone=phone, network="::2", now=NOW + timedelta(seconds=10.5))
    assert refused.value.text("zh") == "刚发过，50 秒后可以再发。"
    await request_code(conn, seal, limits, phone=phone, network="::1", now=NOW + timedelta(seconds=60))


async def test_a_stranger_uses_up_neither_the_attempts_nor_the_codes_of_the_owner(conn: Connection, seal: Seal) -> None:
    phone, device = make_phone(), Device("Android", "a random key")
    first = await a_code(conn, seal, phone)
    for _ in range(6):
        await sign_in(conn, seal, phone=phone, code=other_than(first), network="198.51.100.66", now=NOW)
    signed = await sign_in(conn, seal, phone=phone, code=first, network="198.51.100.7", device=device, now=NOW)
    assert isinstance(signed, NewSession)
    code = await a_code(conn, seal, phone, device=device)
    for n in range(2):
        await a_code(conn, seal, phone, network=f"203.0.113.{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, phone, network="203.0.113.9")
    for n in range(20):
        await sign_in(conn, seal, phone=phone, code=other_than(code), network=f"203.0.113.{n}", now=NOW)
    again = await sign_in(conn, seal, phone=phone, code=code, network="198.51.100.7", device=device, now=NOW)
    assert isinstance(again, NewSession)


async def test_a_code_has_fifteen_attempts_from_all_networks_together(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    code = await a_code(conn, seal, phone)
    for n in range(15):
        await sign_in(conn, seal, phone=phone, code=other_than(code), network=f"203.0.113.{n}", now=NOW)
    refused = await sign_in(conn, seal, phone=phone, code=code, network="198.51.100.7", now=NOW)
    assert isinstance(refused, WrongCode)


async def test_a_known_and_an_unknown_phone_get_the_same_response_from_the_same_statements(
    conn: Connection, seal: Seal
) -> None:
    known, unknown = make_phone(), make_phone()
    await make_account(conn, phone=known, seal=seal)
    answers: list[object] = []
    statements: list[list[str]] = []
    for phone in (known, unknown):
        seen: list[str] = []

        def note(record: object, seen: list[str] = seen) -> None:
            seen.append(str(getattr(record, "query", "")))

        conn.add_query_logger(note)
        answers.append(await request_code(conn, seal, LIMITS, phone=phone, network="::1", now=NOW))
        await asyncio.sleep(0)
        conn.remove_query_logger(note)
        statements.append(seen)
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert len(statements[0]) == 5


def test_a_network_is_an_ipv4_address_or_an_ipv6_64() -> None:
    assert get_network("203.0.113.9") == "203.0.113.9"
    assert get_network("2001:db8:1:2:3::9") == "2001:db8:1:2::/64"
    assert get_network("::ffff:203.0.113.9") == "203.0.113.9"
    assert get_network("testclient") == "testclient"


def test_only_our_own_proxy_reports_the_client_address() -> None:
    assert resolve_client_address("127.0.0.1", "198.51.100.7, 203.0.113.9") == "203.0.113.9"
    assert resolve_client_address("::1", "203.0.113.9") == "203.0.113.9"
    assert resolve_client_address("127.0.0.1", "") == "127.0.0.1"
    assert resolve_client_address("203.0.113.9", "198.51.100.7") == "203.0.113.9"


async def try_once(database: Database, seal: Seal, phone: str, code: str) -> NewSession | Refusal:
    async with database.transaction() as conn:
        return await sign_in(conn, seal, phone=phone, code=code, now=NOW)


async def test_one_of_fifty_concurrent_attempts_with_the_right_code_succeeds(database: Database, seal: Seal) -> None:
    phone = make_phone()
    async with database.transaction() as conn:
        code = await a_code(conn, seal, phone)
    answers = await asyncio.gather(*(try_once(database, seal, phone, code) for _ in range(50)))
    assert sum(isinstance(answer, NewSession) for answer in answers) == 1
    assert sum(isinstance(answer, WrongCode) for answer in answers) == 49
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sessions") == 1


async def test_fifty_concurrent_wrong_codes_count_five_attempts(database: Database, seal: Seal) -> None:
    phone = make_phone()
    async with database.transaction() as conn:
        code = await a_code(conn, seal, phone)
    await asyncio.gather(*(try_once(database, seal, phone, other_than(code)) for _ in range(50)))
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT attempts FROM sign_in_codes") == 5
    assert isinstance(await try_once(database, seal, phone, code), WrongCode)


async def ask_once(database: Database, seal: Seal, phone: str) -> bool:
    try:
        async with database.transaction() as conn:
            await request_code(conn, seal, LIMITS, phone=phone, network="198.51.100.7", now=NOW)
    except TooManyCodes:
        return False
    return True


async def test_a_limit_holds_under_twenty_concurrent_requests(database: Database, seal: Seal) -> None:
    phone = make_phone()
    assert sum(await asyncio.gather(*(ask_once(database, seal, phone) for _ in range(20)))) == 3
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sign_in_codes") == 3
        assert await conn.fetchval("SELECT count(*) FROM messages") == 3
