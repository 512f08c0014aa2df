"""A person sees what is held about them, takes a copy, and closes the account."""

import json

from market.kernel import Connection
from market.kernel.seal import derive_seal
from tests.service.web.conftest import BUYER_PHONE, Village
from tests.support.app import SECRET
from tests.support.browser import ORIGIN


async def test_a_person_takes_a_copy_and_closes_the_account(village: Village, owner: Connection) -> None:
    async with await village.browser(village.buyer) as browser:
        await browser.open("/me")
        assert "/me/info" in browser.current.links()
        assert "/me/data" in (await browser.open("/me/info")).links()
        page = await browser.open("/me/data")
        assert BUYER_PHONE in page.text
        assert "，登录了" in page.text
        assert "account.sign_in" not in page.text, "an action of the record is said in words"
        form = page.form("/me/data")
        token = next(node.attrs["value"] for node in form.walk() if node.attrs.get("name") == "csrf")
        copy = await browser.client.post("/me/data", data={"csrf": token}, headers={"Origin": ORIGIN})
        assert copy.headers["content-disposition"] == 'attachment; filename="my-data.json"'
        assert copy.headers["cache-control"] == "private, no-store"
        assert copy.json()["account"]["phone"] == BUYER_PHONE
        await browser.open("/me/close")
        await browser.submit("/me/close/code")
        again = await browser.submit("/me/close/code", status=429)
        assert "秒后可以再发" in again.text
        assert 0 < int(again.headers["retry-after"]) <= 60
        wrong = await browser.submit("/me/close", code="000000x", status=401)
        assert "验证码不对，请照最新那条短信再写一遍。" in wrong.text
        sealed = await owner.fetchval("SELECT facts_sealed FROM messages WHERE template = 'code'")
        code = json.loads(derive_seal(SECRET).open(sealed, "messages.facts"))["code"]
        closed = await browser.submit("/me/close", code=code)
        assert (closed.path, closed.heading) == ("/me/closed", "账号注销了")
        assert (await browser.open("/me")).path == "/sign-in?to=%2Fme"
    assert await village.value("SELECT name FROM accounts WHERE id = $1", village.buyer) == "已注销"


async def test_the_page_says_what_must_be_done_first(village: Village) -> None:
    async with await village.browser(village.farmer) as browser:
        page = await browser.open("/me/close")
        assert "店里还有 1 样东西在卖，请先下架。" in page.text
        assert [node for node in page.root.all("form") if node.attrs.get("action") == "/me/close/code"] == []
        assert await village.value("SELECT closed_at FROM accounts WHERE id = $1", village.farmer) is None
