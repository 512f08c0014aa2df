"""Officials are made by the operator, one phone and one handle each, and end."""

from datetime import timedelta

import pytest

from market.audit import verify
from market.identity import (
    BadOfficial,
    HandleTaken,
    NotSignedIn,
    Role,
    actor_by_handle,
    actor_by_token,
    code_at,
    end_official,
    list_officials,
    make_official,
    show_second_factor,
    sign_in_without_code,
)
from market.kernel import Connection
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from tests.conftest import NOW
from tests.factories import a_phone, an_account

TODAY = day_of(NOW)


async def test_an_official_holds_the_roles_from_the_day_on(conn: Connection, seal: Seal) -> None:
    made = await make_official(
        conn,
        seal,
        name="样例王干部",
        handle="wang",
        phone=a_phone(),
        roles=[Role.COUNTY, Role.IMPORTER],
        place="130624000000",
        now=NOW,
    )
    actor = await actor_by_handle(conn, "wang", day=TODAY)
    assert actor is not None
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("county", "130624"), ("importer", "130624")]
    before = await actor_by_handle(conn, "wang", day=TODAY - timedelta(days=1))
    assert before is not None
    assert before.grants == ()
    assert made.totp_uri.startswith("otpauth://totp/%E4%B9%A1%E9%9B%86:wang?secret=")
    assert await verify(conn) == (1, [])


@pytest.mark.parametrize(
    ("place", "scope"),
    [
        ("130000000000", "13"),
        ("130600000000", "1306"),
        ("130624101000", "130624101"),
        ("130624101200", "130624101200"),
        ("130624", "130624"),
    ],
)
async def test_a_place_is_cut_to_its_level(conn: Connection, seal: Seal, place: str, scope: str) -> None:
    await make_official(
        conn, seal, name="样例", handle="one", phone=a_phone(), roles=[Role.VILLAGE], place=place, now=NOW
    )
    actor = await actor_by_handle(conn, "one", day=TODAY)
    assert actor is not None
    assert actor.grants[0].scope == scope


async def test_the_secret_that_is_told_once_works(conn: Connection, seal: Seal) -> None:
    made = await make_official(
        conn, seal, name="样例", handle="one", phone=a_phone(), roles=[Role.COUNTY], place="130624", now=NOW
    )
    low = await sign_in_without_code(conn, made.account_id, now=NOW, second_factor=False)
    high = await show_second_factor(conn, seal, low.token, code=code_at(made.totp_secret, NOW), now=NOW)
    assert getattr(high, "second_factor", False)


async def test_made_again_for_the_same_phone_it_gains_what_it_lacks(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    account_id = await an_account(conn, phone=phone, seal=seal)
    for role in (Role.COUNTY, Role.FINANCE, Role.COUNTY):
        made = await make_official(
            conn, seal, name="样例李", handle="li", phone=phone, roles=[role], place="130624", now=NOW
        )
        assert made.account_id == account_id
    assert [(row.name, row.roles) for row in await list_officials(conn, now=NOW)] == [("样例李", ["county", "finance"])]


async def test_a_handle_is_never_taken_over(conn: Connection, seal: Seal) -> None:
    phone = a_phone()
    await make_official(
        conn, seal, name="样例甲", handle="jia", phone=phone, roles=[Role.COUNTY], place="130624", now=NOW
    )
    with pytest.raises(HandleTaken):
        await make_official(
            conn, seal, name="样例乙", handle="jia", phone=a_phone(), roles=[Role.COUNTY], place="130624", now=NOW
        )
    with pytest.raises(HandleTaken):
        await make_official(
            conn, seal, name="样例甲", handle="other", phone=phone, roles=[Role.FINANCE], place="130624", now=NOW
        )
    assert [(row.handle, row.name, row.roles) for row in await list_officials(conn, now=NOW)] == [
        ("jia", "样例甲", ["county"])
    ]


async def test_every_fault_is_named_at_once(conn: Connection, seal: Seal) -> None:
    with pytest.raises(BadOfficial) as refused:
        await make_official(
            conn, seal, name=" ", handle="No", phone="12", roles=[], place="13062", totp_secret="short", now=NOW
        )
    assert [fault.field for fault in refused.value.errors] == [
        "handle",
        "name",
        "phone",
        "roles",
        "place",
        "totp_secret",
    ]
    assert await conn.fetchval("SELECT count(*) FROM accounts") == 0


async def test_an_official_who_ends_is_signed_out_and_holds_nothing(conn: Connection, seal: Seal) -> None:
    made = await make_official(
        conn, seal, name="样例", handle="one", phone=a_phone(), roles=[Role.COUNTY], place="130624", now=NOW
    )
    later = NOW + timedelta(days=1)
    session = await sign_in_without_code(conn, made.account_id, now=later, second_factor=True)
    assert await end_official(conn, "one", by="operator", now=later) == 1
    assert await actor_by_token(conn, session.token, now=later) is None
    actor = await actor_by_handle(conn, "one", day=day_of(later))
    assert actor is not None
    assert actor.grants == ()


async def test_an_unknown_account_gets_no_session(conn: Connection, seal: Seal) -> None:
    with pytest.raises(NotSignedIn):
        await show_second_factor(conn, seal, "no such token", code="000000", now=NOW)
