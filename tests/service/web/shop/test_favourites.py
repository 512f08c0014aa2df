"""收藏 on the pages: kept from a listing and a seller, through signing in, listed, and removed."""

from tests.service.web.account.test_sign_in import newest_code
from tests.service.web.conftest import BUYER_PHONE, Village


async def test_a_buyer_keeps_a_product_a_stay_and_a_seller_and_removes_them(village: Village) -> None:
    goods = f"/goods/{await village.number(village.dates.listing_id)}"
    stay = f"/stays/{await village.number(village.stay.listing_id)}"
    seller = f"/sellers/{await village.value('SELECT number FROM producers WHERE id = $1', village.millet.producer_id)}"
    async with await village.browser(village.buyer) as browser:
        assert "还没有收藏" in (await browser.open("/me/favourites")).text
        for path, name in ((goods, "阜平大枣礼箱"), (stay, "骆驼湾农家院"), (seller, "样例顾家台合作社")):
            await browser.open(path)
            seen = await browser.submit("/favourites", press=("do", "add"))
            assert (seen.path, "收藏了，取消" in seen.text) == (path, True)
            seen = await browser.open("/me/favourites")
            assert path in seen.links()
            assert name in seen.text
        assert "/me/favourites" in (await browser.open("/me")).links()
        await village.value(
            "UPDATE listings SET state = 'withdrawn' WHERE id = $1 RETURNING 1", village.dates.listing_id
        )
        seen = await browser.open("/me/favourites")
        assert goods not in seen.links()
        assert "下架了" in seen.text
        assert await village.value("SELECT count(*) FROM favourites") == 3
        await browser.open(stay)
        seen = await browser.submit("/favourites", press=("do", "remove"))
        assert (seen.path, "收藏了，取消" in seen.text) == (stay, False)
        await browser.open("/me/favourites")
        seen = await browser.submit("/favourites", press=("do", "remove"))
        assert seen.path == "/me/favourites"
        assert await village.value("SELECT count(*) FROM favourites") == 1


async def test_a_visitor_signs_in_and_finds_kept_what_they_wanted(village: Village) -> None:
    goods = f"/goods/{await village.number(village.dates.listing_id)}"
    async with await village.browser() as browser:
        await browser.open(goods)
        seen = await browser.submit("/favourites", press=("do", "add"))
        assert seen.path.startswith("/sign-in?")
        await browser.submit("/sign-in", phone=BUYER_PHONE)
        seen = await browser.submit("/sign-in/code", code=await newest_code(village))
        assert seen.path == goods
        assert "收藏了，取消" in seen.text
        assert await village.value("SELECT account_id FROM favourites") == village.buyer
        assert "favourite" not in browser.client.cookies


async def test_what_cannot_be_kept_any_more_does_not_stop_the_sign_in(village: Village) -> None:
    goods = f"/goods/{await village.number(village.dates.listing_id)}"
    async with await village.browser() as browser:
        await browser.open(goods)
        await browser.submit("/favourites", press=("do", "add"))
        await browser.submit("/sign-in", phone=BUYER_PHONE)
        await village.value(
            "UPDATE listings SET state = 'withdrawn' WHERE id = $1 RETURNING 1", village.dates.listing_id
        )
        await browser.submit("/sign-in/code", code=await newest_code(village), status=410)
        assert "我的" in (await browser.open("/me")).heading
        assert await village.value("SELECT count(*) FROM favourites") == 0


async def test_a_form_that_names_nothing_is_refused(village: Village) -> None:
    async with await village.browser(village.buyer) as browser:
        for wrong in ({"kind": "village"}, {"number": "0"}, {"number": "x"}, {"number": "99999999999999999999"}):
            await browser.open(f"/goods/{await village.number(village.dates.listing_id)}")
            await browser.submit("/favourites", typed=wrong, status=404)
        assert await village.value("SELECT count(*) FROM favourites") == 0
