"""The checkout: the latest address with its region, refusals that survive going back, and drafts."""

from market.service.web.cookies import DRAFTS_COOKIE
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import choose_nights
from tests.service.web.shop.test_buying import ADDRESS, buy_everything, get_order_number
from tests.support.browser import ORIGIN, LoadedPage, PageClient
from tests.support.markup import Node
from tests.support.postgres import as_owner

ELSEWHERE = {"who": "样例买家甲", "tel": "17000009001", "region": "440000", "address": "广州市天河区样例路 2 号"}


async def fill_cart(village: Village, browser: PageClient) -> None:
    """Put a bag of millet into the cart."""
    await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
    await browser.submit("/cart/goods", n="1")


def read_values(seen: LoadedPage) -> dict[str, str]:
    """Return the address as the form shows it."""
    inputs = {node.attrs.get("id", ""): node.attrs.get("value", "") for node in seen.root.all("input")}
    return {name: inputs[name] for name in ("who", "tel", "address")} | {"region": read_region(seen.root)}


def read_region(root: Node) -> str:
    """Return the chosen region."""
    [choice] = [node for node in root.all("select") if node.attrs["id"] == "region"]
    return next(node.attrs["value"] for node in choice.all("option") if "selected" in node.attrs)


async def test_the_latest_address_comes_with_its_region(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout?region=440000")
        await browser.submit("/checkout", method="wechat", typed=ELSEWHERE)
        await fill_cart(village, browser)
        seen = await browser.open("/cart")
        assert read_region(seen.root) == "440000"
        assert "/checkout?region=440000" in seen.links()
        assert read_values(await browser.open("/checkout")) == ELSEWHERE
        assert read_values(await browser.open("/checkout?region=440000")) == ELSEWHERE


async def test_the_city_of_the_latest_address_stands_in_its_street(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        address = {"name": "样例买家甲", "phone": "17000009001", "region_code": "130624", "street": "样例路 2 号"}
        lines = [{"variant_id": str(village.millet.variant_id), "quantity": 1}]
        headers = {"Origin": ORIGIN, "Idempotency-Key": "by-a-program"}
        placed = await browser.client.post("/api/v1/orders", json={"address": address, "lines": lines}, headers=headers)
        assert placed.status_code == 201
        await fill_cart(village, browser)
        seen = await browser.open("/checkout")
        assert read_values(seen)["region"] == "130000"
        assert read_values(seen)["address"] == "保定市阜平县样例路 2 号"
        seen = await browser.open(f"/orders/{placed.json()['number']}")
        assert "河北省保定市阜平县样例路 2 号" in seen.text


async def test_another_region_leaves_out_the_street_of_the_latest_address(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout?region=440000")
        await browser.submit("/checkout", method="wechat", typed=ELSEWHERE)
        await fill_cart(village, browser)
        seen = await browser.open("/checkout?region=130000")
        assert read_values(seen) == ELSEWHERE | {"region": "130000", "address": ""}


async def test_a_refused_checkout_is_a_page_of_its_own_that_can_be_opened_again(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        await browser.submit("/checkout", status=422, typed=ADDRESS | {"tel": "12"})
        again = await browser.open("/checkout?again=1", status=422)
        assert read_values(again) == ADDRESS | {"tel": "12"}
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        assert (await browser.open("/checkout?again=1")).path == "/cart?region=130000"


async def test_who_comes_back_from_the_provider_unpaid_is_led_to_the_order(village: Village) -> None:
    """The address that the browser goes back to is that of the checkout."""
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open("/cart")
        assert "等您付款" not in seen.text
        await fill_cart(village, browser)
        await browser.open("/checkout")
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        number = await village.value("SELECT number FROM orders")
        seen = await browser.open("/checkout?region=130000")
        assert seen.path == "/cart?region=130000"
        assert "有一单等您付款" in seen.text
        assert f"/orders/{number}" in seen.links()
        await browser.open(f"/orders/{number}/cancel")
        await browser.submit(f"/orders/{number}/cancel")
        assert "等您付款" not in (await browser.open("/cart")).text


async def test_a_refusal_is_explained_once_in_the_cart(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        withdraw = "UPDATE listings SET state = 'withdrawn' WHERE id = $1 RETURNING 1"
        await village.value(withdraw, village.millet.listing_id)
        seen = await browser.submit("/checkout", typed=ADDRESS)
        assert seen.path == "/cart?region=130000"
        assert await get_order_number(village) is None
        [notice] = [node for node in seen.root.all("div") if node.attrs.get("role") == "alert"]
        assert notice.text
        assert not [node for node in (await browser.open("/cart")).root.all("div") if node.attrs.get("role") == "alert"]


async def test_a_form_that_was_taken_lets_its_draft_be_deleted(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        await browser.open("/checkout")
        key = next(value for name, value in read_hidden(browser.current) if name == "csrf")
        sent = {**ADDRESS, "csrf": key, "draft": "checkout", "method": "wechat"}
        refused = await browser.client.post("/checkout", data=sent | {"tel": "12"})
        assert DRAFTS_COOKIE not in refused.cookies
        taken = await browser.client.post("/checkout", data=sent)
        assert taken.headers["location"] == f"/orders/{await get_order_number(village)}/pay"
        assert taken.cookies[DRAFTS_COOKIE] == "checkout"


def read_hidden(seen: LoadedPage) -> list[tuple[str, str]]:
    """Return the hidden fields of the checkout form."""
    return [(node.attrs.get("name", ""), node.attrs.get("value", "")) for node in seen.form("/checkout").all("input")]


async def test_a_review_has_a_draft_of_its_own_for_each_listing_of_each_order(
    village: Village, sandbox: Sandbox
) -> None:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
        number = await get_order_number(village)
        names: list[str] = []
        for position, product in ((1, village.dates), (2, village.millet)):
            listing = await village.number(product.listing_id)
            seen = await browser.open(f"/orders/{number}/review/{position}?listing={listing}")
            [form] = [node for node in seen.root.all("form") if "data-draft" in node.attrs]
            names.append(form.attrs["data-draft"])
            assert names[-1] == f"review-{number}-{position}-{listing}"
        assert len(set(names)) == 2


async def test_signing_out_deletes_what_was_typed_on_the_phone(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open("/me")
        key = next(node.attrs["value"] for node in seen.root.all("input") if node.attrs.get("name") == "csrf")
        answer = await browser.client.post("/sign-out", data={"csrf": key})
        assert answer.headers["clear-site-data"] == '"storage"'
        assert DRAFTS_COOKIE + "=*" in " ".join(answer.headers.get_list("set-cookie"))


async def test_pages_of_two_accounts_name_two_owners_of_drafts(village: Village) -> None:
    owners: set[str] = set()
    for account in (village.buyer, village.farmer):
        async with await village.browser(account) as browser:
            owners.add((await browser.open("/me")).root.all("body")[0].attrs["data-owner"])
    assert len(owners) == 2
    async with await village.browser() as visitor:
        assert "data-owner" not in (await visitor.open("/")).root.all("body")[0].attrs


async def test_an_invoice_is_asked_for_with_the_order(village: Village) -> None:
    wanted = {"invoice": "unit", "title": "样例食堂", "tax_number": "91130624MA0000001L"}
    async with await village.browser(village.buyer) as browser:
        await fill_cart(village, browser)
        seen = await browser.open("/checkout")
        [fold] = seen.root.all("details")
        assert "要发票" in fold.text
        assert "open" not in fold.attrs
        for wrong, words in (({"tax_number": "123"}, "税号不对"), ({"invoice": ""}, "写了抬头，请选开给谁")):
            again = await browser.submit("/checkout", status=422, typed=ADDRESS | wanted | wrong)
            assert words in again.text
            [fold] = again.root.all("details")
            assert "open" in fold.attrs
            titles = [node.attrs["value"] for node in again.root.all("input") if node.attrs.get("id") == "title"]
            assert titles == ["样例食堂"]
        assert await get_order_number(village) is None
        await browser.submit("/checkout", method="wechat", typed=ADDRESS | wanted)
        number = await get_order_number(village)
        assert "发票：付清了就开" in (await browser.open(f"/orders/{number}")).text
        assert "付清了，卖家就开" in (await browser.open(f"/orders/{number}/invoice/1")).text


async def test_changed_refunds_of_cancelling_are_shown_before_paying(village: Village) -> None:
    change = """
        UPDATE cancel_tiers SET refund_bp = 1_000 WHERE listing_id = $1 AND refund_bp > 0 AND NOT holiday RETURNING 1
    """
    async with await village.browser(village.buyer) as browser:
        await choose_nights(village, browser)
        await browser.submit("/cart/nights")
        await browser.open("/checkout")
        async with village.database.transaction() as conn, as_owner(conn):
            assert await conn.fetchval(change, village.stay.listing_id)
        guest = {"who": ADDRESS["who"], "tel": ADDRESS["tel"]}
        again = await browser.submit("/checkout", status=422, typed=guest)
        assert "店家改了“不去了退多少”" in again.text
        assert "退 10%" in again.text
        assert await get_order_number(village) is None
        await browser.submit("/checkout", method="wechat")
        assert await get_order_number(village) is not None
