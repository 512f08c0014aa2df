"""Sign-in by code, the demo's links, forms of other sites, large type."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.settings import Settings
from market.people.identity.models import Role
from market.people.notify.models import Message
from market.people.notify.send import send_due_messages
from tests.service.web.conftest import BUYER_PHONE, Village, a_village
from tests.support.app import run_app
from tests.support.browser import ORIGIN
from tests.support.make import SEAL, compute_totp_code, make_official
from tests.support.postgres import as_owner

TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Pocket:
    """An SMS sender that collects its messages."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send(self, message: Message) -> None:
        """Collect a message."""
        self.texts.append(message.text)


async def newest_code(village: Village) -> str:
    pocket = Pocket()
    await send_due_messages(village.database, SEAL, pocket, now=datetime.now(UTC))
    [text] = [text for text in pocket.texts if "验证码" in text]
    return "".join(letter for letter in text.partition("，")[0] if letter.isdigit())


async def test_a_phone_and_its_code_sign_in_with_the_cart_and_redirect_back(village: Village) -> None:
    path = f"/goods/{await village.number(village.millet.listing_id)}"
    async with await village.browser() as browser:
        await browser.open(path)
        seen = await browser.submit("/cart/goods", n="3")
        assert seen.path == "/cart"
        variant = str(village.millet.variant_id)
        seen = await browser.submit("/cart/change", press=("less", variant))
        assert "2 袋" in seen.text
        seen = await browser.open("/checkout")
        assert seen.path.startswith("/sign-in?to=%2Fcheckout")
        seen = await browser.submit("/sign-in", phone=BUYER_PHONE)
        assert "170****9001" in seen.text
        assert BUYER_PHONE not in seen.html
        [code] = [node for node in seen.root.all("input") if node.attrs.get("name") == "code"]
        assert code.attrs["autocomplete"] == "one-time-code"
        assert "pattern" not in code.attrs, "the browser would keep back what follows, which is taken"
        digits = (await newest_code(village)).translate({ord("0") + n: ord("０") + n for n in range(10)})
        seen = await browser.submit("/sign-in/code", code=f"{digits[:3]} {digits[3:]}")
        assert seen.path == "/checkout"
        assert await village.value("SELECT quantity FROM cart_lines JOIN accounts ON accounts.id = owner_id") == 2
        seen = await browser.open("/cart")
        assert "2 袋" in seen.text
        await browser.open(path)
        await browser.submit("/cart/goods", n="2")
        seen = await browser.open("/me")
        assert "样例买家甲，170****9001" in seen.text
        await browser.submit("/sign-out")
        assert (await browser.open("/me")).path == "/sign-in?to=%2Fme"
        assert await village.value("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0


async def test_a_wrong_code_is_reported_and_a_new_one_can_be_requested(village: Village) -> None:
    async with await village.browser() as browser:
        await browser.open("/sign-in")
        seen = await browser.submit("/sign-in", phone="12", status=422)
        assert "请填 11 位手机号" in seen.text
        await browser.submit("/sign-in", phone="170 1000 9001")
        seen = await browser.submit("/sign-in/code", code="12", status=401)
        assert "验证码不对，请照最新那条短信再写一遍。" in seen.text
        assert await village.value("SELECT attempts FROM sign_in_codes") == 1
        for _ in range(4):
            await browser.submit("/sign-in/code", code="12", status=401)
        seen = await browser.submit("/sign-in/code", code="12", status=401)
        assert "试了太多次，这个验证码作废了，请再发一次。" in seen.text
        assert await village.value("SELECT count(*) FROM sessions") == 0
        seen = await browser.submit("/sign-in", status=429)
        assert "刚发过，" in seen.text
        await village.value("UPDATE sign_in_codes SET sent_at = sent_at - interval '1 minute' RETURNING 1")
        await village.value("UPDATE sign_in_codes SET expires_at = sent_at + interval '1 second' RETURNING 1")
        seen = await browser.submit("/sign-in/code", code="12", status=401)
        assert "验证码过期了，请再发一次。" in seen.text
        await browser.submit("/sign-in")
        assert await village.value("SELECT count(*) FROM sign_in_codes") == 2
        await browser.submit("/sign-in/code", code=find_code(await newest_codes(village)))
        assert await village.value("SELECT count(*) FROM sessions") == 1


async def newest_codes(village: Village) -> list[str]:
    pocket = Pocket()
    await send_due_messages(village.database, SEAL, pocket, now=datetime.now(UTC))
    return pocket.texts


def find_code(texts: list[str]) -> str:
    return "".join(letter for letter in texts[-1].partition("，")[0] if letter.isdigit())


@pytest.mark.parametrize("to", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)"])
async def test_sign_in_never_redirects_to_another_site(street: Village, to: str) -> None:
    async with await street.browser(street.buyer) as browser:
        seen = await browser.open(f"/sign-in?to={to}")
        assert seen.path == "/"


async def test_an_official_is_asked_for_the_second_factor(village: Village) -> None:
    async with village.database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624", phone="17010009003", handle="county1")
        sealed = SEAL.seal(TOTP, "accounts.totp")
        async with as_owner(conn):
            await conn.execute("UPDATE accounts SET totp_sealed = $1 WHERE id = $2", sealed, official)
    async with await village.browser() as browser:
        await browser.open("/sign-in?to=/me")
        await browser.submit("/sign-in", phone="17010009003")
        seen = await browser.submit("/sign-in/code", code=await newest_code(village))
        assert seen.path == "/sign-in/factor?to=/me"
        seen = await browser.submit("/sign-in/factor", code="000000", status=401)
        assert "动态口令不对" in seen.text
        seen = await browser.submit("/sign-in/factor", code=compute_totp_code(TOTP, Clock().now()))
        assert seen.path == "/me"
        assert await village.value("SELECT second_factor FROM sessions WHERE revoked_at IS NULL")


async def test_the_demo_links_do_not_exist_outside_the_demo(village: Village, settings: Settings) -> None:
    accounts = [{"role": role, "name": "样例", "phone": BUYER_PHONE} for role in ("farmer", "buyer", "county")]
    (settings.data / "demo.json").write_text(json.dumps({"accounts": accounts}))
    async with await village.browser() as browser:
        for role in ("farmer", "buyer", "official"):
            await browser.open(f"/demo/{role}", status=404)
            assert "session" not in browser.client.cookies
        assert "样例数据" not in (await browser.open("/")).html
    assert await village.value("SELECT count(*) FROM sessions") == 0


async def test_one_click_signs_in_at_the_demo(database: Database, settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, demo=True)
    async with run_app(settings) as app:
        village = await a_village(database, app, settings)
        accounts = [{"role": "buyer", "name": "样例买家甲", "phone": BUYER_PHONE, "county": "", "totp_secret": None}]
        (settings.data / "demo.json").write_text(json.dumps({"url": ORIGIN, "accounts": accounts}))
        async with await village.browser() as browser:
            seen = await browser.open("/")
            assert "/demo/people" in seen.links()
            assert (await browser.open("/demo/buyer")).path == "/"
            assert "样例买家甲" in (await browser.open("/me")).text
            await browser.open("/demo/farmer", status=404)
            await browser.open("/demo/king", status=404)


async def test_a_form_of_another_site_changes_nothing(village: Village) -> None:
    variant = str(village.millet.variant_id)
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
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
            answer = await browser.client.post("/cart/goods", data=body, headers=headers)
            assert answer.status_code == 403
            assert "页面已过期" in answer.text
        assert await village.value("SELECT count(*) FROM cart_lines") == 0
        async with await village.browser(village.farmer) as other:
            answer = await other.client.post("/cart/goods", data=good)
            assert answer.status_code == 403
        answer = await browser.client.post("/cart/goods", data=good, headers={"Origin": ORIGIN})
        assert answer.status_code == 303
        assert await village.value("SELECT count(*) FROM cart_lines") == 1


async def test_large_type_is_stored_and_redirects_back(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await browser.open("/kinds")
        seen = await browser.submit("/elder", press=("elder", "1"))
        assert seen.path == "/kinds"
        assert "elder" in seen.root.all("body")[0].attrs["class"]
        assert await village.value("SELECT elder FROM accounts WHERE id = $1", village.buyer)
        seen = await browser.submit("/elder", press=("elder", "0"))
        assert "elder" not in seen.root.all("body")[0].attrs["class"]
        answer = await browser.client.post(
            "/elder", data={"elder": "1", "to": "//evil.test"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403
        answer = await browser.client.post("/elder", data={"elder": "1", "to": "//evil.test"})
        assert answer.headers["location"] == "/"


async def test_the_devices_of_an_account_are_listed_and_signed_out_one_by_one_or_together(street: Village) -> None:
    async with await street.browser(street.buyer) as lost, await street.browser(street.buyer) as browser:
        seen = await browser.open("/me/devices")
        assert seen.text.count("（就是这台）") == 1
        assert seen.text.count("让它退出") >= 1
        seen = await browser.submit("/me/devices", session="others")
        assert "别的设备全部退出" not in seen.text
        assert (await lost.open("/me")).path == "/sign-in?to=%2Fme"


async def test_a_page_that_only_answers_forms_leads_to_the_one_above(village: Village) -> None:
    """Its address is where a person comes back to after signing in, or after choosing large type."""
    path = f"/farm/listings/{await village.number(village.dates.listing_id)}"
    async with await village.browser(village.farmer) as farm:
        await farm.open(f"{path}/edit")
        refused = await farm.submit(f"{path}/packs/new", status=422, typed={"more-pack": "10斤箱", "more-price": "x"})
        assert refused.path == f"{path}/packs/new"
        assert (await farm.submit("/elder")).path == path
        assert (await farm.open(f"/sign-in?to={path}/offer%3Fsaid%3Dchanged")).path == f"{path}?said=changed"
        assert (await farm.open("/language")).path == "/"


async def test_who_is_signed_out_keeps_what_was_typed_on_the_page_before(village: Village) -> None:
    """A browser shows it there again once a person has signed in on another page."""
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/coupons")
        farm.client.cookies.clear()
        seen = await farm.submit("/farm/coupons", typed={"name": "满100减10"}, status=401)
        [link] = [each for each in seen.root.all("a") if each.attrs.get("target") == "_blank"]
        assert link.attrs["href"] == "/sign-in?to=%2F"
        await farm.open("/farm/coupons")
        assert "另开一页" not in farm.current.text
