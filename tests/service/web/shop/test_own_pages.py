"""A buyer's own pages: the cart keeps its place, orders link to what was bought, a lost session leads to sign-in."""

import pytest

from market.kernel.refusal_numbers import get_refusal_number
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.test_browse import find_drawings
from tests.service.web.shop.test_buying import ADDRESS, buy_everything, get_order_number
from tests.support.browser import ORIGIN, PageClient


async def put_into_cart(village: Village, browser: PageClient) -> None:
    """Put a bag of millet into the cart."""
    await browser.open(f"/goods/{await village.number(village.millet.listing_id)}")
    await browser.submit("/cart/goods", n="1")


@pytest.mark.parametrize("button", ["more", "less"])
async def test_a_pressed_button_of_the_cart_is_in_view_and_has_the_focus_again(village: Village, button: str) -> None:
    async with await village.browser(village.buyer) as browser:
        await put_into_cart(village, browser)
        variant = str(village.millet.variant_id)
        key = next(n.attrs["value"] for n in browser.current.root.all("input") if n.attrs.get("name") == "csrf")
        answer = await browser.client.post("/cart/change", data={"csrf": key, button: variant})
        assert answer.headers["location"] == f"/cart#{button}-{variant}"
        assert f'id="more-{variant}"' in (await browser.open("/cart")).html or button == "less"


async def test_a_line_of_an_order_links_to_what_was_bought(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser:
        seen = await buy_everything(village, sandbox, browser)
        links = seen.links()
        for listing, path in ((village.dates, "/goods"), (village.millet, "/goods"), (village.stay, "/stays")):
            assert f"{path}/{await village.number(listing.listing_id)}" in links
        assert "运费 0.00" not in seen.text
        drawings = find_drawings(await browser.open("/me"))
        assert sorted(drawings) == sorted(set(drawings))


async def test_an_unpaid_order_states_until_when_it_is_kept(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await put_into_cart(village, browser)
        await browser.open("/checkout")
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        seen = await browser.open(f"/orders/{await get_order_number(village)}")
        assert "前付，东西给您留着；过了放回去给别人" in seen.text
        await browser.open("/cart")
        await put_into_cart(village, browser)
        await browser.open("/checkout")
        await browser.submit("/checkout", method="wechat", typed=ADDRESS)
        drawings = find_drawings(await browser.open("/me"))
        assert drawings == ["#p-millet"]


async def test_a_form_of_an_ended_session_leads_to_sign_in_and_back_to_its_page(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        await put_into_cart(village, browser)
        key = next(n.attrs["value"] for n in browser.current.root.all("input") if n.attrs.get("name") == "csrf")
        browser.client.cookies.delete("session")
        headers = {"Referer": f"{ORIGIN}/cart", "Host": "market.test"}
        for path in ("/cart/change", "/cart/goods"):
            answer = await browser.client.post(path, data={"csrf": key}, headers=headers)
            assert answer.status_code == 403
            assert 'href="/sign-in?to=%2Fcart"' in answer.text
        assert "您已经退出登录了" in answer.text


async def test_a_refusal_shows_a_number_to_read_out(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/goods/99999", status=404)
        assert f"报这四个数字，好查：{get_refusal_number('not_found')}" in seen.text
        assert "not_found" not in seen.html


async def test_a_visitor_who_signs_in_is_not_told_about_subsidies(street: Village) -> None:
    async with await street.browser() as browser:
        assert "补贴" not in (await browser.open("/sign-in")).html


async def test_a_stay_only_checkout_asks_for_no_province(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        number = await village.number(village.stay.listing_id)
        day = village.today.toordinal() + 40
        first, last = (village.today.fromordinal(day), village.today.fromordinal(day + 2))
        seen = await browser.open(f"/stays/{number}?from={first}")
        actions = [form.attrs["action"] for form in seen.root.all("form")]
        assert [each for each in actions if each != "/language"][-1].endswith("#c2")
        assert "再按走的那天" in seen.text
        await browser.open(f"/stays/{number}?from={first}&to={last}")
        await browser.submit("/cart/nights")
        seen = await browser.open("/checkout")
        assert "哪个省" not in seen.text
        assert "运费" not in seen.text
        assert "“骆驼湾农家院”不去了：" in seen.text


async def test_the_first_day_of_a_stay_is_chosen_in_place(street: Village) -> None:
    async with await street.browser() as browser:
        seen = await browser.open("/stays/3")
        assert seen.form("/stays/3").attrs["action"] == "/stays/3#days"


async def test_all_reviews_are_on_a_page_of_their_own(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    async with await village.browser(village.buyer) as browser:
        seen = await browser.open(f"/goods/{number}/reviews")
        assert seen.heading == "买过的人说 0 条"
        await browser.open("/goods/99999/reviews", status=404)
