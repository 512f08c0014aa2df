"""Officials are created by the operator with one phone and one handle each, and are revoked."""

from datetime import timedelta

import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.verification import verify_audit
from market.people.identity.actors import find_actor_by_handle, find_actor_by_token
from market.people.identity.models import AccountId, HandleTaken, NewSession, NotSignedIn, Role, WrongSecondFactor
from market.people.identity.officials import (
    InvalidOfficial,
    NoSuchOfficial,
    OtherPerson,
    create_official,
    list_officials,
    move_official,
    reset_second_factor,
    revoke_official,
)
from market.people.identity.phone_accounts import PhoneHasOtherName
from market.people.identity.sessions import verify_second_factor
from market.people.identity.sign_in import DEFAULT_NAME, sign_in_without_code
from tests.conftest import NOW
from tests.support.make import compute_totp_code, make_account, make_phone

IDENTITY = "130624197203209918"
TODAY = get_business_day(NOW)


async def find_person_key(conn: Connection, account_id: AccountId) -> bytes:
    return await conn.fetchval("SELECT get_person_key($1)", account_id)


async def test_an_official_holds_the_roles_from_the_day_of_creation(conn: Connection, seal: Seal) -> None:
    made = await create_official(
        conn,
        seal,
        name="样例王干部",
        handle="wang",
        phone=make_phone(),
        roles=[Role.COUNTY, Role.IMPORTER],
        division="130624000000",
        now=NOW,
    )
    actor = await find_actor_by_handle(conn, "wang", day=TODAY)
    assert actor is not None
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("county", "130624"), ("importer", "130624")]
    before = await find_actor_by_handle(conn, "wang", day=TODAY - timedelta(days=1))
    assert before is not None
    assert before.grants == ()
    assert made.totp_uri.startswith("otpauth://totp/%E4%B9%A1%E9%9B%86:wang?secret=")
    assert await verify_audit(conn) == (2, [])


@pytest.mark.parametrize(
    ("division", "scope"),
    [
        ("130000000000", "13"),
        ("130600000000", "1306"),
        ("130624101000", "130624101"),
        ("130624101200", "130624101200"),
        ("130624", "130624"),
    ],
)
async def test_a_division_code_is_truncated_to_its_level(
    conn: Connection, seal: Seal, division: str, scope: str
) -> None:
    await create_official(
        conn, seal, name="样例", handle="one", phone=make_phone(), roles=[Role.VILLAGE], division=division, now=NOW
    )
    actor = await find_actor_by_handle(conn, "one", day=TODAY)
    assert actor is not None
    assert actor.grants[0].scope == scope


async def test_the_returned_secret_is_valid(conn: Connection, seal: Seal) -> None:
    made = await create_official(
        conn, seal, name="样例", handle="one", phone=make_phone(), roles=[Role.COUNTY], division="130624", now=NOW
    )
    low = await sign_in_without_code(conn, made.account_id, now=NOW, second_factor=False)
    high = await verify_second_factor(conn, seal, low.token, code=compute_totp_code(made.totp_secret, NOW), now=NOW)
    assert getattr(high, "second_factor", False)


async def test_repeating_for_the_same_phone_adds_missing_roles(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    account_id = await make_account(conn, name="样例李", phone=phone, seal=seal)
    for role in (Role.COUNTY, Role.FINANCE, Role.COUNTY):
        made = await create_official(
            conn, seal, name="样例李", handle="li", phone=phone, roles=[role], division="130624", now=NOW
        )
        assert made.account_id == account_id
    actor = await find_actor_by_handle(conn, "li", day=TODAY)
    assert actor is not None
    assert (actor.name, [grant.role for grant in actor.grants]) == ("样例李", ["county", "finance"])


async def test_only_an_account_without_a_name_or_with_a_handle_is_named(conn: Connection, seal: Seal) -> None:
    named, unnamed = make_phone(), make_phone()
    account_id = await make_account(conn, name="样例李", phone=named, seal=seal)
    await make_account(conn, name=DEFAULT_NAME, phone=unnamed, seal=seal)

    async def make(handle: str, phone: str, name: str) -> str | None:
        await create_official(
            conn, seal, name=name, handle=handle, phone=phone, roles=[Role.COUNTY], division="130624", now=NOW
        )
        return await conn.fetchval("SELECT name FROM accounts WHERE handle = $1", handle)

    with pytest.raises(PhoneHasOtherName) as refused:
        await make("li", named, "样例王")
    assert [fault.field for fault in refused.value.errors] == ["name"]
    save = "SELECT save_official('li', '样例王', $1, $2, NULL, true, 'x', now())"
    assert await conn.fetchval(save, seal.index(named), b"x") == account_id  # the schema keeps it too
    assert await conn.fetchval("SELECT name FROM accounts WHERE id = $1", account_id) == "样例李"
    assert await make("zhao", unnamed, "样例赵") == "样例赵"
    assert await make("zhao", unnamed, "样例赵真名") == "样例赵真名"


async def test_a_handle_never_moves_to_another_phone(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    await create_official(
        conn, seal, name="样例甲", handle="jia", phone=phone, roles=[Role.COUNTY], division="130624", now=NOW
    )
    with pytest.raises(HandleTaken):
        await create_official(
            conn, seal, name="样例乙", handle="jia", phone=make_phone(), roles=[Role.COUNTY], division="130624", now=NOW
        )
    with pytest.raises(HandleTaken):
        await create_official(
            conn, seal, name="样例甲", handle="other", phone=phone, roles=[Role.FINANCE], division="130624", now=NOW
        )
    actor = await find_actor_by_handle(conn, "jia", day=TODAY)
    assert actor is not None
    assert (actor.name, [grant.role for grant in actor.grants]) == ("样例甲", ["county"])
    assert await find_actor_by_handle(conn, "other", day=TODAY) is None


async def test_every_fault_is_listed(conn: Connection, seal: Seal) -> None:
    with pytest.raises(InvalidOfficial) as refused:
        await create_official(
            conn,
            seal,
            name=" ",
            handle="No",
            phone="12",
            identity="130624197203209911",
            roles=[],
            division="13062",
            totp_secret="short",
            now=NOW,
        )
    assert [fault.field for fault in refused.value.errors] == [
        "handle",
        "name",
        "phone",
        "identity",
        "totp_secret",
        "roles",
        "place",
    ]
    assert await conn.fetchval("SELECT count(*) FROM accounts") == 0


async def test_a_revoked_official_is_signed_out_and_holds_no_role(conn: Connection, seal: Seal) -> None:
    made = await create_official(
        conn, seal, name="样例", handle="one", phone=make_phone(), roles=[Role.COUNTY], division="130624", now=NOW
    )
    later = NOW + timedelta(days=1)
    session = await sign_in_without_code(conn, made.account_id, now=later, second_factor=True)
    assert await revoke_official(conn, "one", by="operator", now=later) == 1
    assert await find_actor_by_token(conn, session.token, now=later) is None
    actor = await find_actor_by_handle(conn, "one", day=get_business_day(later))
    assert actor is not None
    assert actor.grants == ()


async def test_an_unknown_session_has_no_second_factor(conn: Connection, seal: Seal) -> None:
    with pytest.raises(NotSignedIn):
        await verify_second_factor(conn, seal, "no such token", code="000000", now=NOW)


async def test_two_accounts_of_one_person_share_a_person_key_and_are_reported(conn: Connection, seal: Seal) -> None:
    made = [
        await create_official(
            conn,
            seal,
            name=name,
            handle=handle,
            phone=make_phone(),
            identity=identity,
            roles=[Role.COUNTY],
            division="130624",
            now=NOW,
        )
        for handle, name, identity in (
            ("gan", "样例甘某", IDENTITY),
            ("gan2", "样例甘二", f" {IDENTITY[:6]} {IDENTITY[6:]}"),
            ("gan3", "样例甘某", None),
        )
    ]
    keys = [await find_person_key(conn, official.account_id) for official in made]
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)
    assert [official.warnings for official in made] == [
        {},
        {"same_identity": ["gan"]},
        {"identity_missing": ["gan3"], "same_name": ["gan"]},
    ]


async def test_accounts_without_an_identity_number_are_a_person_each(conn: Connection) -> None:
    one, other = await make_account(conn), await make_account(conn)
    assert await find_person_key(conn, one) != await find_person_key(conn, other)


async def test_an_account_never_moves_to_another_person(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    for _ in range(2):
        await create_official(
            conn, seal, name="样例", handle="one", phone=phone, identity=IDENTITY, roles=[Role.COUNTY], division="13",
            now=NOW,
        )  # fmt: skip
    with pytest.raises(OtherPerson):
        await create_official(
            conn, seal, name="样例", handle="one", phone=phone, identity="130624197304209925", roles=[Role.COUNTY],
            division="13", now=NOW,
        )  # fmt: skip
    sealed = await conn.fetchval("SELECT identity_sealed FROM accounts WHERE handle = 'one'")
    assert seal.open(sealed, "accounts.identity") == IDENTITY


async def sign_in_official(conn: Connection, seal: Seal, handle: str, phone: str, *roles: Role) -> tuple[str, str]:
    """Make an official and return a token of a verified session, and the secret of the second factor."""
    made = await create_official(
        conn, seal, name="样例", handle=handle, phone=phone, roles=roles, division="130624", now=NOW
    )
    session = await sign_in_without_code(conn, made.account_id, now=NOW, second_factor=True)
    return session.token, made.totp_secret


async def test_making_an_official_again_ends_the_sessions_from_before(conn: Connection, seal: Seal) -> None:
    phone = make_phone()
    token, _ = await sign_in_official(conn, seal, "one", phone, Role.COUNTY)
    assert await find_actor_by_token(conn, token, now=NOW) is not None
    await sign_in_official(conn, seal, "one", phone, Role.COUNTY)
    assert await find_actor_by_token(conn, token, now=NOW) is None


async def test_an_official_revoked_on_the_first_day_has_no_second_factor_left(conn: Connection, seal: Seal) -> None:
    token, secret = await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY)
    actor = await find_actor_by_token(conn, token, now=NOW)
    assert actor is not None
    await revoke_official(conn, "one", by="operator", now=NOW)
    again = await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=False)
    refused = await verify_second_factor(conn, seal, again.token, code=compute_totp_code(secret, NOW), now=NOW)
    assert isinstance(refused, WrongSecondFactor)


async def test_a_moved_official_holds_the_roles_elsewhere_and_is_signed_out(conn: Connection, seal: Seal) -> None:
    token, _ = await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY, Role.FINANCE)
    later = NOW + timedelta(days=1)
    assert await move_official(conn, "one", "130725000000", by="operator", now=later) == [Role.COUNTY, Role.FINANCE]
    assert await find_actor_by_token(conn, token, now=later) is None
    actor = await find_actor_by_handle(conn, "one", day=get_business_day(later))
    assert actor is not None
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("county", "130725"), ("finance", "130725")]
    await move_official(conn, "one", "130624107221", roles=[Role.VILLAGE], by="operator", now=later + timedelta(days=1))
    actor = await find_actor_by_handle(conn, "one", day=get_business_day(later + timedelta(days=1)))
    assert actor is not None
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("village", "130624107221")]


async def test_roles_that_began_today_end_today(conn: Connection, seal: Seal) -> None:
    await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY, Role.VILLAGE)
    await move_official(conn, "one", "130624000000", roles=[Role.VILLAGE], by="operator", now=NOW)
    actor = await find_actor_by_handle(conn, "one", day=TODAY)
    assert actor is not None
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("village", "130624")]
    actor = await find_actor_by_handle(conn, "one", day=TODAY + timedelta(days=1))
    assert actor is not None
    assert len(actor.grants) == 1
    assert await revoke_official(conn, "one", by="operator", now=NOW) == 1
    assert await list_officials(conn, "130624", now=NOW) == []


async def test_only_an_official_is_moved_and_only_to_a_division(conn: Connection, seal: Seal) -> None:
    await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY)
    with pytest.raises(NoSuchOfficial):
        await move_official(conn, "nobody", "130624000000", by="operator", now=NOW)
    with pytest.raises(InvalidOfficial):
        await move_official(conn, "one", "13062", by="operator", now=NOW)


async def test_a_replaced_second_factor_replaces_the_secret_and_the_sessions(conn: Connection, seal: Seal) -> None:
    token, old = await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY)
    actor = await find_actor_by_token(conn, token, now=NOW)
    assert actor is not None
    new = await reset_second_factor(conn, seal, "one", by="operator", now=NOW)
    assert await find_actor_by_token(conn, token, now=NOW) is None
    again = await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=False)
    wrong = await verify_second_factor(conn, seal, again.token, code=compute_totp_code(old, NOW), now=NOW)
    assert isinstance(wrong, WrongSecondFactor)
    right = await verify_second_factor(conn, seal, again.token, code=compute_totp_code(new, NOW), now=NOW)
    assert isinstance(right, NewSession)
    with pytest.raises(NoSuchOfficial):
        await reset_second_factor(conn, seal, "nobody", by="operator", now=NOW)


async def test_officials_are_listed_by_division_with_what_their_accounts_have(conn: Connection, seal: Seal) -> None:
    await sign_in_official(conn, seal, "one", make_phone(), Role.COUNTY, Role.FINANCE)
    await create_official(
        conn, seal, name="样例", handle="far", phone=make_phone(), roles=[Role.COUNTY], division="130725", now=NOW
    )
    listed = await list_officials(conn, "130624000000", now=NOW)
    assert [(official.handle, official.roles, official.scopes) for official in listed] == [
        ("one", ["county", "finance"], ["130624", "130624"])
    ]
    assert (listed[0].phone, listed[0].second_factor, listed[0].identity, listed[0].open_sessions) == (
        True, True, False, 1,
    )  # fmt: skip
    assert [official.handle for official in await list_officials(conn, "130624107221", now=NOW)] == ["one"]
    assert [official.handle for official in await list_officials(conn, "", now=NOW)] == ["far", "one"]
    await revoke_official(conn, "one", by="operator", now=NOW)
    assert await list_officials(conn, "130624", now=NOW + timedelta(days=1)) == []
