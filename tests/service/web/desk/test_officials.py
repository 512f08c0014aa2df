"""The county keeps the accounts of its officials: list, make, move, end, a new second factor; never its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Role
from market.people.identity.officials import create_official, revoke_official
from market.people.identity.same_person import is_same_person
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import COUNTY, NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.browser import ORIGIN, LoadedPage, parse_page, read_form_values
from tests.support.make import SEAL, make_account, make_phone, make_producer
from tests.support.postgres import as_owner

IDENTITY = "130624197203209918"
HEADERS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


def fill(**values: str) -> dict[str, str]:
    """Return the form of a new official."""
    return {
        "name": "样例新某", "identity": IDENTITY, "phone": make_phone(), "handle": "xin", "place": "阜平县",
        "roles": "finance",
    } | values  # fmt: skip


async def make(service: Service, people: Officials, *, status: int = 200, **values: str) -> LoadedPage:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials")
        return await browser.submit("/desk/officials", typed=fill(**values), status=status)


async def post_confirmed(service: Service, people: Officials, **values: str) -> str:
    """Post the form of a new official with the second account confirmed, which the page did not offer."""
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials")
        given = dict(read_form_values(browser.current.form("/desk/officials", {"name"})))
        answer = await browser.client.post(
            "/desk/officials", data=given | fill(**values) | {"sure": "1"}, headers=HEADERS
        )
    return parse_page(answer, "/desk/officials").text


async def add_person(database: Database, name: str, phone: str, *, sells: bool = False) -> AccountId:
    """Insert an account that is signed in, with a shop if it sells."""
    async with database.transaction() as conn:
        account = await make_account(conn, name=name, phone=phone, seal=SEAL)
        if sells:
            await make_producer(conn, owner=account)
        await sign_in_without_code(conn, account, now=NOW, second_factor=False)
    return account


async def describe(database: Database, account: AccountId) -> tuple[str, str | None, bool, int]:
    """Return the name of an account, its handle, whether it has an identity number, and its open sessions."""
    async with database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT name, handle, identity_index IS NOT NULL, (SELECT count(*) FROM sessions WHERE account_id = a.id"
            " AND revoked_at IS NULL) FROM accounts a WHERE id = $1",
            account,
        )
    assert row is not None
    return tuple(row)


async def count(database: Database, sql: str, *given: object) -> int:
    async with database.connection() as conn:
        return await conn.fetchval(sql, *given)


async def test_the_county_makes_an_official_whose_second_factor_is_shown_once(
    service: Service, people: Officials, database: Database
) -> None:
    seen = await make(service, people)
    assert "账号开好了" in seen.text
    assert "动态口令只显示这一次" in seen.text
    assert IDENTITY not in seen.html
    assert seen.headers["cache-control"] == "private, no-store"
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        seen = await browser.open("/desk")
        assert "/desk/officials" in seen.links()
        seen = await browser.open("/desk/officials")
        assert "财政，阜平县 2019年2月14日起；还没有登录过 样例新某（xin）" in seen.text
        seen = await browser.open("/desk/officials/xin")
        assert "动态口令只显示这一次" not in seen.text
    async with database.connection() as conn:
        row = await conn.fetchrow("SELECT identity_sealed, totp_sealed FROM accounts WHERE handle = 'xin'")
        by = await conn.fetchval(
            "SELECT actor FROM audit_entries WHERE action = 'official.make' ORDER BY at DESC LIMIT 1"
        )
    assert by == str(people.actors["xian"].account_id)
    assert row is not None
    assert IDENTITY.encode() not in row["identity_sealed"]


@pytest.mark.parametrize("name", ["样例甘某", "样例 甘某", "样例甘某（县农业农村局）"])
async def test_a_second_account_of_a_name_has_to_be_confirmed(
    service: Service, people: Officials, database: Database, name: str
) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials")
        seen = await browser.submit("/desk/officials", typed=fill(name=name), status=409)
        assert "这个人可能已经有账号：gan。" in seen.text
        assert await count(database, "SELECT count(*) FROM accounts WHERE handle = 'xin'") == 0
        seen = await browser.submit("/desk/officials", typed={"sure": "1"})
        assert "账号开好了" in seen.text


async def test_a_second_account_of_an_identity_number_has_to_be_confirmed(
    service: Service, people: Officials, database: Database
) -> None:
    await make(service, people)
    seen = await make(service, people, name="样例另名", handle="ling", phone=make_phone(), status=409)
    assert "这个人可能已经有账号：xin。" in seen.text
    assert await count(database, "SELECT count(*) FROM accounts WHERE handle = 'ling'") == 0


async def test_every_field_that_is_wrong_is_named(service: Service, people: Officials) -> None:
    seen = await make(
        service, people, name="", identity="130624197203209919", phone="123", handle="新", place="正定县",
        status=422,
    )  # fmt: skip
    assert "写本县或本县的乡镇、村的名字" in seen.text
    seen = await make(service, people, name="", identity="1", phone="123", handle="新", status=422)
    for words in ("写姓名，最多 60 个字", "身份证号是 18 位", "手机号是 11 位数字", "账号用小写字母开头"):
        assert words in seen.text
    seen = await make(service, people, place="黑崖沟村", status=422)
    assert "村级、乡镇以外的职责管全县" in seen.text


async def test_moving_an_official_ends_the_sessions_at_once(service: Service, people: Officials) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials/cun")
        seen = await browser.submit("/desk/officials/cun/move", place="骆驼湾村", roles="village")
        assert "改好了，他要重新登录" in seen.text
        assert "村级，骆驼湾村" in seen.text
    async with open_desk_walker(service, people.tokens["cun"]) as browser:
        assert (await browser.open("/desk")).path.startswith("/sign-in")


async def test_ending_an_official_ends_the_sessions_at_once(service: Service, people: Officials) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials/gan")
        seen = await browser.submit("/desk/officials/gan/end")
        assert "账号已经停了" in seen.text
        assert "（gan）" not in seen.text
        await browser.open("/desk/officials/gan", status=404)
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        assert (await browser.open("/desk")).path.startswith("/sign-in")


async def test_a_lost_second_factor_is_replaced(service: Service, people: Officials, database: Database) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials/cai")
        seen = await browser.submit("/desk/officials/cai/factor")
        assert "动态口令只显示这一次" in seen.text
    assert await count(database, "SELECT count(totp_sealed) FROM accounts WHERE handle = 'cai'") == 1
    async with open_desk_walker(service, people.tokens["cai"]) as browser:
        assert (await browser.open("/desk")).path.startswith("/sign-in")


async def test_nobody_changes_their_own_account_or_one_with_roles_elsewhere(
    service: Service, people: Officials, database: Database, seal: Seal
) -> None:
    async with database.transaction(scope="130624") as conn:
        own_name = await conn.fetchval("SELECT '副主任 ' || name FROM accounts WHERE handle = 'xian'")
        for handle, name, role, division in (
            ("wide", "wide", Role.COUNTY, "130600"),
            ("platform", "platform", Role.PLATFORM, COUNTY),
            ("second", own_name, Role.RECONCILER, COUNTY),
        ):
            await create_official(
                conn, seal, name=name, handle=handle, phone=make_phone(), roles=[role], division=division, now=NOW
            )
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        linked = (await browser.open("/desk/officials")).links()
        assert "/desk/officials/cun" in linked
        for handle in ("xian", "wide", "platform"):
            assert f"/desk/officials/{handle}" not in linked
        for handle, words in (
            ("xian", "自己的账号要由另一位来改。"),
            ("second", "自己的账号要由另一位来改。"),
            ("wide", "在别的地方也有职责"),
            ("platform", "在别的地方也有职责"),
        ):
            assert words in (await browser.open(f"/desk/officials/{handle}", status=403)).text
            await browser.open("/desk/officials/cun")
            end = {"csrf": read_form_values(browser.current.form("/desk/officials/cun/end"))[0][1]}
            for act in ("end", "factor"):
                answer = await browser.client.post(f"/desk/officials/{handle}/{act}", data=end, headers=HEADERS)
                assert answer.status_code == 403
                assert words in answer.text
    seen = await make(service, people, handle="wide", status=403)
    assert "在别的地方也有职责" in seen.text


@pytest.mark.parametrize("sells", [True, False])
async def test_the_account_of_a_phone_keeps_its_name_and_its_bearer(
    service: Service, people: Officials, database: Database, sells: bool
) -> None:
    phone = make_phone()
    account = await add_person(database, "样例远农", phone, sells=sells)
    seen = await make(service, people, phone=phone, name="样例同伙", status=422)
    assert "这个手机号已经有账号，登记的不是这个姓名" in seen.text
    assert "样例远农" not in seen.text
    assert await describe(database, account) == ("样例远农", None, False, 1)
    # What was made under the right name is not renamed by making it once more.
    assert "账号开好了" in (await make(service, people, phone=phone, name="样例远农")).text
    await make(service, people, phone=phone, name="样例同伙", status=422)
    assert (await describe(database, account))[:2] == ("样例远农", "xin")


async def test_a_buyer_becomes_an_official_which_is_told_and_recorded(
    service: Service, people: Officials, database: Database
) -> None:
    phone = make_phone()
    account = await add_person(database, "样例村干", phone)
    seen = await make(service, people, phone=phone, name=" 样例村干 ", place="骆驼湾村", roles="village")
    assert "账号开好了 " in seen.text
    assert "身份证号没有存" not in seen.text
    assert await describe(database, account) == ("样例村干", "xin", True, 0)
    async with database.connection() as conn:
        entries = await conn.fetch("SELECT action, actor FROM audit_entries WHERE object = $1 ORDER BY sequence",
                                   f"account:{account}")  # fmt: skip
        told = await conn.fetch("SELECT template FROM messages")
    assert [row["action"] for row in entries][-3:] == [
        "official.take_account",
        "official.second_factor",
        "official.make",
    ]
    assert entries[-1]["actor"] == str(people.actors["xian"].account_id)
    assert [row["template"] for row in told] == ["account_in_office"]


async def test_a_seller_becomes_an_official_who_is_still_known_by_name(
    service: Service, people: Officials, database: Database
) -> None:
    phone, other = make_phone(), make_phone()
    account = await add_person(database, "样例农户", phone, sells=True)
    namesake = await add_person(database, "样例甘某", other, sells=True)
    seen = await make(service, people, phone=phone, name="样例农户", place="骆驼湾村", roles="village")
    assert "账号开好了；他开着店，身份证号没有存，要由平台登记" in seen.text
    assert await describe(database, account) == ("样例农户", "xin", False, 0)
    seen = await make(service, people, phone=other, name="样例甘某", handle="gan2", status=409)
    assert "请平台来开" in seen.text
    assert "请平台来开" in await post_confirmed(service, people, phone=other, name="样例甘某", handle="gan2")
    assert await describe(database, namesake) == ("样例甘某", None, False, 1)


@pytest.mark.parametrize("ended", [False, True])
async def test_nobody_makes_another_account_of_their_own_an_officials(
    service: Service, people: Officials, database: Database, seal: Seal, ended: bool
) -> None:
    xian, phone = people.actors["xian"], make_phone()
    own = await add_person(database, xian.name, phone, sells=True)
    async with database.transaction() as conn:
        if ended:  # what ended has a handle and no role
            made = await create_official(
                conn, seal, name=xian.name, handle="mine", phone=phone, roles=[Role.VILLAGE], division=COUNTY, now=NOW
            )
            assert made.account_id == own
            await revoke_official(conn, "mine", by="test", now=NOW)
        async with as_owner(conn):
            await conn.execute(
                "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE id = $1", xian.account_id
            )
    given = {"phone": phone, "name": xian.name, "handle": "mine", "roles": "village"}
    assert "自己的账号要由另一位来改。" in (await make(service, people, **given, status=403)).text
    assert "自己的账号要由另一位来改。" in await post_confirmed(service, people, **given)
    assert not (await describe(database, own))[2]
    async with database.connection() as conn:
        assert await is_same_person(conn, account_id=xian.account_id, other_id=own)


async def test_an_operators_account_takes_over_nobodys(service: Service, people: Officials, database: Database) -> None:
    seller, own = make_phone(), make_phone()
    account = await add_person(database, "样例远农", seller, sells=True)
    mine = await add_person(database, people.actors["xian"].name, own)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        for phone, name, status, words in (
            (seller, "样例同伙", 422, "登记的不是这个姓名"),
            (seller, "样例远农", 409, "请平台来开"),
            (own, people.actors["xian"].name, 403, "自己的账号要由另一位来改。"),
        ):
            await browser.open("/desk/operators")
            typed = {"phone": phone, "name": name, "identity": IDENTITY, "handle": "lt.li", "operator": "unicom"}
            seen = await browser.submit("/desk/operators", typed=typed, status=status)
            assert words in seen.text
    assert await describe(database, account) == ("样例远农", None, False, 1)
    assert (await describe(database, mine))[1] is None


async def test_only_the_one_who_decides_for_the_county_keeps_accounts(service: Service, people: Officials) -> None:
    for handle in ("jiang", "cun", "zhen", "cai", "dui"):
        async with open_desk_walker(service, people.tokens[handle]) as browser:
            await browser.open("/desk/officials", status=403)
            await browser.open("/desk/officials/gan", status=403)
