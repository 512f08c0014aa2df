"""The county keeps the accounts of its officials: list, make, move, end, a new second factor; never its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity.models import Role
from market.identity.officials import create_official
from market.kernel import Database
from market.kernel.seal import Seal
from tests.support.app import Service
from tests.support.browser import ORIGIN, LoadedPage, read_form_values
from tests.support.make import make_phone
from tests.web.desk.county import COUNTY, NOW, Officials, serve_story
from tests.web.desk.desk_pages import open_desk_walker

IDENTITY = "130624197203209918"


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
                answer = await browser.client.post(
                    f"/desk/officials/{handle}/{act}", data=end, headers={"Origin": ORIGIN}
                )
                assert answer.status_code == 403
    seen = await make(service, people, handle="wide", status=403)
    assert "在别的地方也有职责" in seen.text


async def test_only_the_one_who_decides_for_the_county_keeps_accounts(service: Service, people: Officials) -> None:
    for handle in ("jiang", "cun", "zhen", "cai", "dui"):
        async with open_desk_walker(service, people.tokens[handle]) as browser:
            await browser.open("/desk/officials", status=403)
            await browser.open("/desk/officials/gan", status=403)
