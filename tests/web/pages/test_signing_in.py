"""Signing in by code, the demo's links, forms of other sites, the large pages."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from market.app import create_app
from market.identity import Role, code_at
from market.kernel import Database
from market.kernel.clock import Clock
from market.notify import send_due
from market.notify.ports import Message
from market.settings import Settings
from tests.factories import SEAL, an_official
from tests.web.pages.conftest import BUYER_PHONE, Village, a_village, living
from tests.web.pages.walker import ORIGIN

TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Pocket:
    """A phone that keeps what it is sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, message: Message) -> None:
        """Keep a message."""
        self.texts.append(message.text)


async def newest_code(village: Village) -> str:
    pocket = Pocket()
    await send_due(village.database, SEAL, pocket, now=datetime.now(UTC))
    [text] = [text for text in pocket.texts if "验证码" in text]
    return "".join(letter for letter in text.partition("，")[0] if letter.isdigit())


async def test_a_phone_and_its_code_sign_one_in_and_lead_back(village: Village) -> None:
    path = f"/goods/{await village.number(village.millet.listing_id)}"
    async with await village.walker() as walker:
        await walker.open(path)
        seen = await walker.submit("/cart/goods", n="2")
        assert seen.path == f"/sign-in?to={path}"
        seen = await walker.submit("/sign-in", phone=BUYER_PHONE)
        assert "170****9001" in seen.text
        assert BUYER_PHONE not in seen.html
        [code] = [node for node in seen.root.all("input") if node.attrs.get("name") == "code"]
        assert code.attrs["autocomplete"] == "one-time-code"
        seen = await walker.submit("/sign-in/code", code=await newest_code(village))
        assert seen.path == path
        await walker.submit("/cart/goods", n="2")
        seen = await walker.open("/me")
        assert "样例买家甲，170****9001" in seen.text
        await walker.submit("/sign-out")
        assert (await walker.open("/me")).path == "/sign-in?to=%2Fme"
        assert await village.value("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0


async def test_a_wrong_code_says_so_and_another_can_be_asked_for(village: Village) -> None:
    async with await village.walker() as walker:
        await walker.open("/sign-in")
        seen = await walker.submit("/sign-in", phone="12", status=422)
        assert "请填 11 位手机号" in seen.text
        await walker.submit("/sign-in", phone="170 1000 9001")
        seen = await walker.submit("/sign-in/code", code="12", status=401)
        assert "验证码不对或已过期" in seen.text
        assert await village.value("SELECT tries FROM sign_in_codes") == 1
        assert await village.value("SELECT count(*) FROM sessions") == 0
        await walker.submit("/sign-in")
        assert await village.value("SELECT count(*) FROM sign_in_codes") == 2
        await walker.submit("/sign-in/code", code=await_digits(await newest_codes(village)))
        assert await village.value("SELECT count(*) FROM sessions") == 1


async def newest_codes(village: Village) -> list[str]:
    pocket = Pocket()
    await send_due(village.database, SEAL, pocket, now=datetime.now(UTC))
    return pocket.texts


def await_digits(texts: list[str]) -> str:
    return "".join(letter for letter in texts[-1].partition("，")[0] if letter.isdigit())


@pytest.mark.parametrize("to", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)"])
async def test_nobody_is_led_to_another_site(street: Village, to: str) -> None:
    async with await street.walker(street.buyer) as walker:
        seen = await walker.open(f"/sign-in?to={to}")
        assert seen.path == "/"


async def test_an_official_is_asked_for_the_second_factor(village: Village) -> None:
    async with village.database.transaction() as conn:
        official = await an_official(conn, Role.COUNTY, "130624", phone="17010009003", handle="county1")
        sealed = SEAL.seal(TOTP, "accounts.totp")
        await conn.execute("UPDATE accounts SET totp_sealed = $1 WHERE id = $2", sealed, official)
    async with await village.walker() as walker:
        await walker.open("/sign-in?to=/me")
        await walker.submit("/sign-in", phone="17010009003")
        seen = await walker.submit("/sign-in/code", code=await newest_code(village))
        assert seen.path == "/sign-in/factor?to=/me"
        seen = await walker.submit("/sign-in/factor", code="000000", status=401)
        assert "动态口令不对" in seen.text
        seen = await walker.submit("/sign-in/factor", code=code_at(TOTP, Clock().now()))
        assert seen.path == "/me"
        assert await village.value("SELECT second_factor FROM sessions WHERE revoked_at IS NULL")


async def test_the_links_of_the_demo_do_not_exist_outside_it(village: Village, settings: Settings) -> None:
    accounts = [{"role": role, "name": "样例", "phone": BUYER_PHONE} for role in ("farmer", "buyer", "county")]
    (settings.data / "demo.json").write_text(json.dumps({"accounts": accounts}))
    async with await village.walker() as walker:
        for role in ("farmer", "buyer", "official"):
            await walker.open(f"/demo/{role}", status=404)
            assert "session" not in walker.client.cookies
        assert "样例数据" not in (await walker.open("/")).html
    assert await village.value("SELECT count(*) FROM sessions") == 0


async def test_one_click_signs_one_in_at_the_demo(database: Database, settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, demo=True)
    async with living(create_app(settings)) as app:
        village = await a_village(database, app, settings)
        accounts = [{"role": "buyer", "name": "样例买家甲", "phone": BUYER_PHONE, "county": "", "totp_secret": None}]
        (settings.data / "demo.json").write_text(json.dumps({"url": ORIGIN, "accounts": accounts}))
        async with await village.walker() as walker:
            seen = await walker.open("/")
            assert "/demo/buyer" in seen.links()
            assert (await walker.open("/demo/buyer")).path == "/"
            assert "样例买家甲" in (await walker.open("/me")).text
            await walker.open("/demo/farmer", status=404)
            await walker.open("/demo/king", status=404)


async def test_a_form_of_another_site_changes_nothing(village: Village) -> None:
    variant = str(village.millet.variant_id)
    async with await village.walker(village.buyer) as walker:
        seen = await walker.open(f"/goods/{await village.number(village.millet.listing_id)}")
        [token] = [
            node.attrs["value"] for node in seen.form("/cart/goods").all("input") if node.attrs.get("name") == "csrf"
        ]
        good = {"csrf": token, "variant": variant, "n": "1"}
        for body, headers in (
            ({**good, "csrf": ""}, {}),
            ({**good, "csrf": "0" * 32}, {}),
            ({"variant": variant, "n": "1"}, {}),
            (good, {"Origin": "https://evil.test"}),
            (good, {"Sec-Fetch-Site": "cross-site"}),
        ):
            answer = await walker.client.post("/cart/goods", data=body, headers=headers)
            assert answer.status_code == 403
            assert "页面已过期" in answer.text
        assert await village.value("SELECT count(*) FROM cart_lines") == 0
        async with await village.walker(village.farmer) as other:
            answer = await other.client.post("/cart/goods", data=good)
            assert answer.status_code == 403
        answer = await walker.client.post("/cart/goods", data=good, headers={"Origin": ORIGIN})
        assert answer.status_code == 303
        assert await village.value("SELECT count(*) FROM cart_lines") == 1


async def test_large_pages_are_remembered_and_lead_back(village: Village) -> None:
    async with await village.walker(village.buyer) as walker:
        await walker.open("/kinds")
        seen = await walker.submit("/elder", press=("elder", "1"))
        assert seen.path == "/kinds"
        assert "elder" in seen.root.all("body")[0].attrs["class"]
        assert await village.value("SELECT elder FROM accounts WHERE id = $1", village.buyer)
        seen = await walker.submit("/elder", press=("elder", "0"))
        assert "elder" not in seen.root.all("body")[0].attrs["class"]
        answer = await walker.client.post(
            "/elder", data={"elder": "1", "to": "//evil.test"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403
        answer = await walker.client.post("/elder", data={"elder": "1", "to": "//evil.test"})
        assert answer.headers["location"] == "/"
