"""Signing in: one-time codes, sessions, the second factor of officials."""

import asyncio
import json
from datetime import timedelta

import pytest

from market.identity import (
    AccountId,
    Actor,
    BadPhone,
    CodeLimits,
    NotFound,
    NotSignedIn,
    Role,
    SignedIn,
    TooManyCodes,
    WrongCode,
    WrongSecondFactor,
    actor_by_token,
    caller_of,
    code_at,
    forget_codes,
    list_sessions,
    network_of,
    phone_of,
    request_code,
    revoke_others,
    revoke_session,
    show_second_factor,
    sign_in,
    sign_in_without_code,
    sign_out,
)
from market.identity.sign_in import PHONE_CONTEXT
from market.kernel import Connection, Database, Refusal
from market.kernel.seal import Seal
from tests.conftest import NOW
from tests.factories import a_phone, an_account, an_official

LIMITS = CodeLimits(a_phone=3, a_network=5, a_day=8)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def a_code(
    conn: Connection, seal: Seal, phone: str, *, network: str = "198.51.100.7", later: timedelta = timedelta()
) -> str:
    """Ask for a code and return it, read out of the queued message as the phone would show it."""
    await request_code(conn, seal, LIMITS, phone=phone, network=network, now=NOW + later)
    sealed = await conn.fetchval("SELECT facts_sealed FROM messages ORDER BY queued_at DESC, id DESC LIMIT 1")
    return json.loads(seal.open(sealed, "messages.facts"))["code"]


async def signed_in(conn: Connection, seal: Seal, phone: str) -> SignedIn:
    answer = await sign_in(conn, seal, phone=phone, code=await a_code(conn, seal, phone), now=NOW)
    assert isinstance(answer, SignedIn)
    return answer


async def an_official_with_totp(conn: Connection, seal: Seal, phone: str) -> AccountId:
    account_id = await an_official(conn, Role.COUNTY, "130624", phone=phone)
    await conn.execute(
        "UPDATE accounts SET totp_sealed = $2 WHERE id = $1", account_id, seal.seal(SECRET, "accounts.totp")
    )
    return account_id


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_the_first_sign_in_makes_the_account_and_the_second_finds_it(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    first = await signed_in(conn, seal, phone)
    second = await signed_in(conn, seal, f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}")
    assert first.account_id == second.account_id
    assert first.token != second.token
    assert await phone_of(conn, seal, first.account_id) == phone
    actor = await actor_by_token(conn, first.token, now=NOW)
    assert actor == Actor(first.account_id, "乡集用户")


async def test_a_code_serves_once(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    code = await a_code(conn, seal, phone)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), SignedIn)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), WrongCode)


async def test_after_five_wrong_tries_the_right_code_is_refused(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    code = await a_code(conn, seal, phone)
    for _ in range(4):
        assert isinstance(await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW), WrongCode)
    fifth = await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW)
    sixth = await sign_in(conn, seal, phone=phone, code=code, now=NOW)
    assert (type(fifth), type(sixth)) == (WrongCode, WrongCode)
    assert await conn.fetchval("SELECT count(*) FROM accounts WHERE phone_index = $1", seal.index(phone)) == 0


async def test_the_fifth_try_may_still_be_the_right_one(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    code = await a_code(conn, seal, phone)
    for _ in range(4):
        await sign_in(conn, seal, phone=phone, code=other_than(code), now=NOW)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, now=NOW), SignedIn)


@pytest.mark.parametrize(("seconds", "good"), [(299, True), (300, False)])
async def test_a_code_lives_five_minutes(conn: Connection, seal: Seal, seconds: int, good: bool) -> None:  # noqa: FBT001
    phone = a_phone()
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, now=NOW + timedelta(seconds=seconds))
    assert isinstance(answer, SignedIn) is good


async def test_a_newer_code_replaces_the_earlier_one(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    first = await a_code(conn, seal, phone)
    second = await a_code(conn, seal, phone, later=timedelta(seconds=1))
    later = NOW + timedelta(seconds=2)
    if first != second:
        assert isinstance(await sign_in(conn, seal, phone=phone, code=first, now=later), WrongCode)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=second, now=later), SignedIn)


async def test_a_code_of_one_phone_is_none_of_another(conn: Connection, seal: Seal) -> None:
    mine, other = a_phone(), a_phone()
    code = await a_code(conn, seal, mine)
    await a_code(conn, seal, other)
    await conn.execute(
        "UPDATE sign_in_codes SET code_hash = (SELECT code_hash FROM sign_in_codes WHERE phone_index = $1)"
        " WHERE phone_index = $2",
        seal.index(mine),
        seal.index(other),
    )
    assert isinstance(await sign_in(conn, seal, phone=other, code=code, now=NOW), WrongCode)


async def test_the_database_holds_neither_code_nor_phone_nor_token(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, now=NOW)
    assert isinstance(answer, SignedIn)
    rows = [
        str(tuple(row))
        for table in ("sign_in_codes", "sessions", "accounts", "messages")
        for row in await conn.fetch(f"SELECT * FROM {table}")
    ]
    assert [row for row in rows if phone in row or answer.token in row or f"'{code}'" in row] == []


@pytest.mark.parametrize("text", ["", "12345", "23900000000", "1390000000a", "139000000001"])
async def test_what_is_no_mobile_number_is_refused_by_name(conn: Connection, seal: Seal, text: str) -> None:
    with pytest.raises(BadPhone) as refused:
        await request_code(conn, seal, LIMITS, phone=text, network="::1", now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["phone"]
    with pytest.raises(BadPhone):
        await sign_in(conn, seal, phone=text, code="123456", now=NOW)


async def test_a_phone_gets_its_codes_of_a_business_day_and_no_more(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    for n in range(3):
        await a_code(conn, seal, phone, network=f"198.51.100.{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, phone, network="198.51.100.9")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, phone, network="198.51.100.9", later=timedelta(hours=14, minutes=59))
    await a_code(conn, seal, phone, network="198.51.100.9", later=timedelta(hours=15))


async def test_a_network_gets_its_codes_of_an_hour_and_no_more(conn: Connection, seal: Seal) -> None:
    for _ in range(5):
        await a_code(conn, seal, a_phone())
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, a_phone())
    await a_code(conn, seal, a_phone(), network="198.51.100.8")
    await a_code(conn, seal, a_phone(), later=timedelta(hours=1))


async def test_all_together_get_the_codes_of_a_day_and_no_more(conn: Connection, seal: Seal) -> None:
    for n in range(8):
        await a_code(conn, seal, a_phone(), network=f"198.51.100.{n}")
    with pytest.raises(TooManyCodes):
        await a_code(conn, seal, a_phone(), network="198.51.100.99")


async def test_a_known_and_an_unknown_phone_get_the_same_answer_from_the_same_statements(
    conn: Connection, seal: Seal
) -> None:
    known, unknown = a_phone(), a_phone()
    await an_account(conn, phone=known, seal=seal)
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


def test_a_network_is_an_address_or_the_64_of_one() -> None:
    assert network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("2001:db8:1:2:3::9") == "2001:db8:1:2::/64"
    assert network_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert network_of("testclient") == "testclient"


def test_our_own_proxy_alone_says_who_asks() -> None:
    assert caller_of("127.0.0.1", "198.51.100.7, 203.0.113.9") == "203.0.113.9"
    assert caller_of("::1", "203.0.113.9") == "203.0.113.9"
    assert caller_of("127.0.0.1", "") == "127.0.0.1"
    assert caller_of("203.0.113.9", "198.51.100.7") == "203.0.113.9"


async def test_old_codes_are_forgotten(conn: Connection, seal: Seal) -> None:
    await a_code(conn, seal, a_phone())
    assert await forget_codes(conn, before=NOW) == 0
    assert await forget_codes(conn, before=NOW + timedelta(seconds=1)) == 1


async def try_once(database: Database, seal: Seal, phone: str, code: str) -> SignedIn | Refusal:
    async with database.transaction() as conn:
        return await sign_in(conn, seal, phone=phone, code=code, now=NOW)


async def test_of_fifty_at_once_with_the_right_code_one_signs_in(database: Database, seal: Seal) -> None:
    phone = a_phone()
    async with database.transaction() as conn:
        code = await a_code(conn, seal, phone)
    answers = await asyncio.gather(*(try_once(database, seal, phone, code) for _ in range(50)))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, WrongCode) for answer in answers) == 49
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sessions") == 1


async def test_fifty_at_once_with_wrong_codes_count_five_tries(database: Database, seal: Seal) -> None:
    phone = a_phone()
    async with database.transaction() as conn:
        code = await a_code(conn, seal, phone)
    await asyncio.gather(*(try_once(database, seal, phone, other_than(code)) for _ in range(50)))
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT tries FROM sign_in_codes") == 5
    assert isinstance(await try_once(database, seal, phone, code), WrongCode)


async def ask_once(database: Database, seal: Seal, phone: str) -> bool:
    try:
        async with database.transaction() as conn:
            await request_code(conn, seal, LIMITS, phone=phone, network="198.51.100.7", now=NOW)
    except TooManyCodes:
        return False
    return True


async def test_a_limit_holds_when_twenty_ask_at_once(database: Database, seal: Seal) -> None:
    phone = a_phone()
    assert sum(await asyncio.gather(*(ask_once(database, seal, phone) for _ in range(20)))) == 3
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sign_in_codes") == 3
        assert await conn.fetchval("SELECT count(*) FROM messages") == 3


async def test_signing_in_ends_the_session_that_the_device_had(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    earlier = await signed_in(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    later = await sign_in(conn, seal, phone=phone, code=code, earlier_token=earlier.token, now=NOW)
    assert isinstance(later, SignedIn)
    assert await actor_by_token(conn, earlier.token, now=NOW) is None
    assert await actor_by_token(conn, later.token, now=NOW) is not None


async def test_signing_out_ends_that_session_alone(conn: Connection) -> None:
    account_id = await an_account(conn)
    phone, tablet = [await sign_in_without_code(conn, account_id, now=NOW, second_factor=False) for _ in range(2)]
    await sign_out(conn, phone.token, now=NOW)
    await sign_out(conn, "unknown", now=NOW)
    assert await actor_by_token(conn, phone.token, now=NOW) is None
    assert await actor_by_token(conn, tablet.token, now=NOW) is not None


async def test_sessions_are_listed_and_revoked_by_their_account_alone(conn: Connection) -> None:
    mine, other = await an_account(conn), await an_account(conn)
    first, second, third = [
        await sign_in_without_code(conn, mine, now=NOW + timedelta(minutes=n), second_factor=False, device=f"手机{n}")
        for n in range(3)
    ]
    now = NOW + timedelta(minutes=9)
    listed = await list_sessions(conn, mine, second.token, now=now)
    assert [(each.device, each.current) for each in listed] == [("手机2", False), ("手机1", True), ("手机0", False)]
    with pytest.raises(NotFound):
        await revoke_session(conn, other, listed[2].id, now=now)
    assert await actor_by_token(conn, first.token, now=now) is not None
    await revoke_session(conn, mine, listed[2].id, now=now)
    assert await actor_by_token(conn, first.token, now=now) is None
    with pytest.raises(NotFound):
        await revoke_session(conn, mine, listed[2].id, now=now)
    assert await revoke_others(conn, mine, second.token, now=now) == 1
    assert await actor_by_token(conn, third.token, now=now) is None
    assert await actor_by_token(conn, second.token, now=now) is not None


async def test_a_session_ends_after_thirty_days_an_officials_after_twelve_hours(conn: Connection) -> None:
    person = await sign_in_without_code(conn, await an_account(conn), now=NOW, second_factor=False)
    official = await sign_in_without_code(
        conn, await an_official(conn, Role.COUNTY, "130624"), now=NOW, second_factor=True
    )
    assert person.expires_at == NOW + timedelta(days=30)
    assert official.expires_at == NOW + timedelta(hours=12)
    last = NOW + timedelta(days=30) - timedelta(seconds=1)
    assert await actor_by_token(conn, person.token, now=last) is not None
    assert await actor_by_token(conn, person.token, now=NOW + timedelta(days=30)) is None
    for minutes in range(25, 12 * 60, 25):
        assert await actor_by_token(conn, official.token, now=NOW + timedelta(minutes=minutes)) is not None
    assert await actor_by_token(conn, official.token, now=NOW + timedelta(hours=12)) is None


async def test_an_official_who_is_idle_for_half_an_hour_signs_in_again(conn: Connection) -> None:
    account_id = await an_official(conn, Role.COUNTY, "130624")
    official = await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)
    assert await actor_by_token(conn, official.token, now=NOW + timedelta(minutes=29)) is not None
    assert await actor_by_token(conn, official.token, now=NOW + timedelta(minutes=58)) is not None
    assert await actor_by_token(conn, official.token, now=NOW + timedelta(minutes=88)) is None


async def test_a_closed_account_has_no_session(conn: Connection) -> None:
    account_id = await an_account(conn)
    open_one = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    await conn.execute("UPDATE accounts SET closed_at = $2 WHERE id = $1", account_id, NOW)
    assert await actor_by_token(conn, open_one.token, now=NOW) is None
    with pytest.raises(NotSignedIn):
        await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)


async def test_an_official_signs_in_with_both_factors_at_once(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    await an_official_with_totp(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, second_factor=code_at(SECRET, NOW), now=NOW)
    assert isinstance(answer, SignedIn)
    assert (answer.second_factor, answer.second_factor_needed) == (True, False)
    actor = await actor_by_token(conn, answer.token, now=NOW)
    assert actor is not None
    assert actor.second_factor


async def test_a_wrong_second_factor_leaves_the_code_good_and_counts_a_try(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    await an_official_with_totp(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    wrong = other_than(code_at(SECRET, NOW))
    for _ in range(4):
        answer = await sign_in(conn, seal, phone=phone, code=code, second_factor=wrong, now=NOW)
        assert isinstance(answer, WrongSecondFactor)
    assert await conn.fetchval("SELECT count(*) FROM sessions") == 0
    right = code_at(SECRET, NOW)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, second_factor=right, now=NOW), SignedIn)


async def test_a_session_rises_to_the_second_factor_under_a_new_token(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    await an_official_with_totp(conn, seal, phone)
    low = await signed_in(conn, seal, phone)
    assert (low.second_factor, low.second_factor_needed) == (False, True)
    high = await show_second_factor(conn, seal, low.token, code=code_at(SECRET, NOW), now=NOW)
    assert isinstance(high, SignedIn)
    assert high.second_factor
    assert high.token != low.token
    assert await actor_by_token(conn, low.token, now=NOW) is None


async def test_a_step_of_the_second_factor_serves_once(conn: Connection, seal: Seal) -> None:
    account_id = await an_official_with_totp(conn, seal, a_phone())
    answers: list[type] = []
    for _ in range(2):
        low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
        answers.append(type(await show_second_factor(conn, seal, low.token, code=code_at(SECRET, NOW), now=NOW)))
    assert answers == [SignedIn, WrongSecondFactor]


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_clock_may_be_one_step_wrong(conn: Connection, seal: Seal, seconds: int, good: bool) -> None:  # noqa: FBT001
    account_id = await an_official_with_totp(conn, seal, a_phone())
    low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    shown = code_at(SECRET, NOW + timedelta(seconds=seconds))
    assert isinstance(await show_second_factor(conn, seal, low.token, code=shown, now=NOW), SignedIn) is good


async def test_a_session_has_five_tries_for_the_second_factor(conn: Connection, seal: Seal) -> None:
    account_id = await an_official_with_totp(conn, seal, a_phone())
    low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    for _ in range(5):
        answer = await show_second_factor(conn, seal, low.token, code=other_than(code_at(SECRET, NOW)), now=NOW)
        assert isinstance(answer, WrongSecondFactor)
    with pytest.raises(NotSignedIn):
        await show_second_factor(conn, seal, low.token, code=code_at(SECRET, NOW), now=NOW)


async def test_who_has_enrolled_nothing_shows_no_second_factor(conn: Connection, seal: Seal) -> None:
    low = await sign_in_without_code(conn, await an_account(conn), now=NOW, second_factor=False)
    answer = await show_second_factor(conn, seal, low.token, code="000000", now=NOW)
    assert isinstance(answer, WrongSecondFactor)


async def test_the_phone_is_bound_to_its_column(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    account_id = await an_account(conn, phone=phone, seal=seal)
    sealed = await conn.fetchval("SELECT phone_sealed FROM accounts WHERE id = $1", account_id)
    assert seal.open(sealed, PHONE_CONTEXT) == phone
