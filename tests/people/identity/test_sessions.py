"""Sessions, and the second factor of officials."""

from datetime import timedelta

import pytest

from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_token
from market.people.identity.models import (
    Device,
    NameReserved,
    NameVerified,
    NewSession,
    NotFound,
    NotSignedIn,
    OfficialNameFixed,
    Role,
    WrongSecondFactor,
)
from market.people.identity.sessions import (
    list_sessions,
    revoke_other_sessions,
    revoke_session,
    sign_out,
    verify_second_factor,
)
from market.people.identity.sign_in import PHONE_CONTEXT, sign_in, sign_in_without_code, update_account
from tests.conftest import NOW
from tests.people.identity.support import SECRET, a_code, an_official_with_totp, other_than, signed_in
from tests.support.make import (
    compute_totp_code,
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_phone,
    make_producer,
)
from tests.support.postgres import as_owner


async def test_signing_in_revokes_the_earlier_session_of_the_device(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    earlier = await signed_in(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    later = await sign_in(conn, seal, phone=phone, code=code, earlier_token=earlier.token, now=NOW)
    assert isinstance(later, NewSession)
    assert await find_actor_by_token(conn, earlier.token, now=NOW) is None
    assert await find_actor_by_token(conn, later.token, now=NOW) is not None


async def test_signing_out_revokes_only_that_session(conn: Connection) -> None:
    account_id = await make_account(conn)
    phone, tablet = [await sign_in_without_code(conn, account_id, now=NOW, second_factor=False) for _ in range(2)]
    await sign_out(conn, phone.token, now=NOW)
    await sign_out(conn, "unknown", now=NOW)
    assert await find_actor_by_token(conn, phone.token, now=NOW) is None
    assert await find_actor_by_token(conn, tablet.token, now=NOW) is not None


async def test_sessions_are_listed_and_revoked_only_by_their_account(conn: Connection) -> None:
    mine, other = await make_account(conn), await make_account(conn)
    first, second, third = [
        await sign_in_without_code(conn, mine, now=NOW + timedelta(minutes=n), second_factor=False, device=f"手机{n}")
        for n in range(3)
    ]
    now = NOW + timedelta(minutes=9)
    listed = await list_sessions(conn, mine, second.token, now=now)
    assert [(each.device, each.current) for each in listed] == [("手机2", False), ("手机1", True), ("手机0", False)]
    with pytest.raises(NotFound):
        await revoke_session(conn, other, listed[2].id, now=now)
    assert await find_actor_by_token(conn, first.token, now=now) is not None
    await revoke_session(conn, mine, listed[2].id, now=now)
    assert await find_actor_by_token(conn, first.token, now=now) is None
    with pytest.raises(NotFound):
        await revoke_session(conn, mine, listed[2].id, now=now)
    assert await find_actor_by_token(conn, third.token, now=now) is not None
    assert await find_actor_by_token(conn, second.token, now=now) is not None


async def test_a_session_expires_after_thirty_days_an_officials_after_twelve_hours(conn: Connection) -> None:
    person = await sign_in_without_code(conn, await make_account(conn), now=NOW, second_factor=False)
    official = await sign_in_without_code(
        conn, await make_official(conn, Role.COUNTY, "130624"), now=NOW, second_factor=True
    )
    assert person.expires_at == NOW + timedelta(days=30)
    assert official.expires_at == NOW + timedelta(hours=12)
    last = NOW + timedelta(days=30) - timedelta(seconds=1)
    assert await find_actor_by_token(conn, person.token, now=last) is not None
    assert await find_actor_by_token(conn, person.token, now=NOW + timedelta(days=30)) is None
    for minutes in range(25, 12 * 60, 25):
        assert await find_actor_by_token(conn, official.token, now=NOW + timedelta(minutes=minutes)) is not None
    assert await find_actor_by_token(conn, official.token, now=NOW + timedelta(hours=12)) is None


async def test_an_officials_session_ends_after_half_an_hour_idle(conn: Connection) -> None:
    account_id = await make_official(conn, Role.COUNTY, "130624")
    official = await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)
    assert await find_actor_by_token(conn, official.token, now=NOW + timedelta(minutes=29)) is not None
    assert await find_actor_by_token(conn, official.token, now=NOW + timedelta(minutes=58)) is not None
    assert await find_actor_by_token(conn, official.token, now=NOW + timedelta(minutes=88)) is None


async def test_the_second_factor_revives_no_session_that_was_idle(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    await an_official_with_totp(conn, seal, phone)
    session = await signed_in(conn, seal, phone)
    late = NOW + timedelta(minutes=31)
    with pytest.raises(NotSignedIn):
        await verify_second_factor(conn, seal, session.token, code=compute_totp_code(SECRET, late), now=late)


async def test_a_closed_account_has_no_session(conn: Connection) -> None:
    account_id = await make_account(conn)
    open_one = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    async with as_owner(conn):
        await conn.execute("UPDATE accounts SET closed_at = $2 WHERE id = $1", account_id, NOW)
    assert await find_actor_by_token(conn, open_one.token, now=NOW) is None
    with pytest.raises(NotSignedIn):
        await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)


async def test_an_official_signs_in_with_both_factors_in_one_request(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    await an_official_with_totp(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    answer = await sign_in(conn, seal, phone=phone, code=code, second_factor=compute_totp_code(SECRET, NOW), now=NOW)
    assert isinstance(answer, NewSession)
    assert (answer.second_factor, answer.second_factor_needed) == (True, False)
    actor = await find_actor_by_token(conn, answer.token, now=NOW)
    assert actor is not None
    assert actor.second_factor


async def test_a_wrong_second_factor_leaves_the_code_valid_and_counts_an_attempt(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    await an_official_with_totp(conn, seal, phone)
    code = await a_code(conn, seal, phone)
    wrong = other_than(compute_totp_code(SECRET, NOW))
    for _ in range(4):
        answer = await sign_in(conn, seal, phone=phone, code=code, second_factor=wrong, now=NOW)
        assert isinstance(answer, WrongSecondFactor)
    assert await conn.fetchval("SELECT count(*) FROM sessions") == 0
    right = compute_totp_code(SECRET, NOW)
    assert isinstance(await sign_in(conn, seal, phone=phone, code=code, second_factor=right, now=NOW), NewSession)


async def test_verifying_the_second_factor_issues_a_new_token(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    await an_official_with_totp(conn, seal, phone)
    low = await signed_in(conn, seal, phone)
    assert (low.second_factor, low.second_factor_needed) == (False, True)
    high = await verify_second_factor(conn, seal, low.token, code=compute_totp_code(SECRET, NOW), now=NOW)
    assert isinstance(high, NewSession)
    assert high.second_factor
    assert high.token != low.token
    assert await find_actor_by_token(conn, low.token, now=NOW) is None


async def test_a_second_factor_code_is_valid_once(conn: Connection, seal: Seal) -> None:
    account_id = await an_official_with_totp(conn, seal, make_phone())
    answers: list[type] = []
    for _ in range(2):
        low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
        answers.append(
            type(await verify_second_factor(conn, seal, low.token, code=compute_totp_code(SECRET, NOW), now=NOW))
        )
    assert answers == [NewSession, WrongSecondFactor]


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_code_of_an_adjacent_step_is_accepted(conn: Connection, seal: Seal, seconds: int, good: bool) -> None:
    account_id = await an_official_with_totp(conn, seal, make_phone())
    low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    shown = compute_totp_code(SECRET, NOW + timedelta(seconds=seconds))
    assert isinstance(await verify_second_factor(conn, seal, low.token, code=shown, now=NOW), NewSession) is good


async def test_a_session_has_five_attempts_at_the_second_factor(conn: Connection, seal: Seal) -> None:
    account_id = await an_official_with_totp(conn, seal, make_phone())
    low = await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)
    for _ in range(5):
        answer = await verify_second_factor(
            conn, seal, low.token, code=other_than(compute_totp_code(SECRET, NOW)), now=NOW
        )
        assert isinstance(answer, WrongSecondFactor)
    with pytest.raises(NotSignedIn):
        await verify_second_factor(conn, seal, low.token, code=compute_totp_code(SECRET, NOW), now=NOW)


async def test_an_account_without_enrolment_has_no_second_factor(conn: Connection, seal: Seal) -> None:
    low = await sign_in_without_code(conn, await make_account(conn), now=NOW, second_factor=False)
    answer = await verify_second_factor(conn, seal, low.token, code="000000", now=NOW)
    assert isinstance(answer, WrongSecondFactor)


async def test_the_phone_is_bound_to_its_column(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    account_id = await make_account(conn, phone=phone, seal=seal)
    sealed = await conn.fetchval("SELECT phone_sealed FROM accounts WHERE id = $1", account_id)
    assert seal.open(sealed, PHONE_CONTEXT) == phone


async def test_a_sign_in_on_a_new_device_is_told_by_message_and_every_sign_in_is_recorded(
    conn: Connection, seal: Seal
) -> None:
    phone = make_phone()
    phone_device, other_device = Device("Android", "a random key"), Device("Android", "another random key")
    for device, warnings in ((phone_device, 0), (phone_device, 0), (other_device, 1)):
        code = await a_code(conn, seal, phone, device=device)
        signed = await sign_in(conn, seal, phone=phone, code=code, device=device, help_phone="12316", now=NOW)
        assert isinstance(signed, NewSession)
        assert await conn.fetchval("SELECT count(*) FROM messages WHERE template = 'code_warning'") == warnings
    recorded = "SELECT count(*) FROM audit_entries WHERE action = 'account.sign_in' AND object = $1"
    assert await conn.fetchval(recorded, f"account:{signed.account_id}") == 3


async def test_every_other_session_is_revoked_at_once(conn: Connection) -> None:
    account_id = await make_account(conn)
    tokens = [(await sign_in_without_code(conn, account_id, now=NOW, second_factor=False)).token for _ in range(3)]
    assert await revoke_other_sessions(conn, account_id, tokens[1], now=NOW) == 2
    found = [await find_actor_by_token(conn, token, now=NOW) is not None for token in tokens]
    assert found == [False, True, False]


@pytest.mark.parametrize("name", ["乡集客服", "官 方", "\u200b客\u200d服", "ADMIN", "\u202e\u2066", "\n "])
async def test_a_name_never_suggests_the_platform_or_an_authority(conn: Connection, name: str) -> None:
    actor = await load_actor(conn, await make_account(conn))
    with pytest.raises(NameReserved):
        await update_account(conn, actor, name=name, elder=False)


async def test_an_official_does_not_become_another_person_by_another_name(conn: Connection) -> None:
    async with as_owner(conn):
        official = await make_account(conn, name="样例甘某", handle="gan")
    actor = await load_actor(conn, official)
    with pytest.raises(OfficialNameFixed):
        await update_account(conn, actor, name="样例别名", elder=False)
    await update_account(conn, actor, name="样例甘某", elder=True)
    row = await conn.fetchrow("SELECT name, elder FROM accounts WHERE id = $1", official)
    assert tuple(row or ()) == ("样例甘某", True)


async def test_a_name_that_was_verified_is_not_changed_by_its_bearer(conn: Connection) -> None:
    producer = await make_producer(conn)
    owner = await load_owner(conn, producer)
    await update_account(conn, owner, name=owner.name, elder=True)
    with pytest.raises(NameVerified):
        await update_account(conn, owner, name="样例别人", elder=False)
    row = await conn.fetchrow("SELECT name, elder FROM accounts WHERE id = $1", owner.account_id)
    assert tuple(row or ()) == (owner.name, True)
    async with as_owner(conn):
        await conn.execute("UPDATE producers SET state = 'applied', opened_at = NULL")
    await update_account(conn, owner, name="样例别人", elder=False)


async def test_a_name_is_stored_on_one_line_without_invisible_characters(conn: Connection) -> None:
    actor = await load_actor(conn, await make_account(conn))
    await update_account(conn, actor, name=" 样例\u202e王\u200b\n 大娘\u2060 ", elder=False)
    assert await conn.fetchval("SELECT name FROM accounts WHERE id = $1", actor.account_id) == "样例王 大娘"
