"""改一改: a seller corrects a published listing on the pages, without scripts."""

from market.service.web.farm.selling.edit_listing import STORED_FIELDS
from tests.service.web.conftest import Village
from tests.service.web.farm.test_selling import a_photo
from tests.support.make import make_certificate
from tests.support.postgres import as_owner


async def test_a_listing_is_corrected_and_its_public_page_shows_it_at_once(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open(path)
        assert f"{path}/edit" in seen.links()
        await farm.open(f"{path}/edit")
        seen = await farm.submit(f"{path}/edit", status=422, title="枣")
        assert "名称写 2 到 60 个字" in seen.text
        seen = await farm.submit(
            f"{path}/edit",
            files={"photo": ("枣.jpg", a_photo(), "image/jpeg")},
            typed={"title": "革新庄晒枣", "story": "树上晒的。"},
        )
        assert "买的人现在就看见新的" in seen.text
        assert seen.heading == "革新庄晒枣"
        [photo] = seen.root.all("img")
        seen = await farm.open(f"{path}/edit")
        assert [node.attrs["src"] for node in seen.root.all("img")] == [photo.attrs["src"]]
        seen = await farm.submit(f"{path}/edit", title="革新庄晒枣一级")
        assert [node.attrs["src"] for node in seen.root.all("img")] == [photo.attrs["src"]]
        seen = await farm.open(f"/goods/{number}")
        assert (seen.heading, "树上晒的。" in seen.text) == ("革新庄晒枣一级", True)
        await farm.open(f"{path}/edit")
        refused = await farm.submit(f"{path}/edit", status=422, typed={"title": "", "no-photo": "1"})
        [tick] = [each for each in refused.root.all("input") if each.attrs.get("name") == "no-photo"]
        assert "checked" in tick.attrs
        seen = await farm.submit(f"{path}/edit", title="革新庄晒枣一级")
        assert seen.root.all("img") == []
        seen = await farm.open(f"{path}/edit")
        assert "用剪纸画" not in seen.text
    async with await village.browser(village.host) as stranger:
        await stranger.open(f"{path}/edit", status=404)


async def test_the_second_of_two_parallel_corrections_sees_the_first(village: Village) -> None:
    path = f"/farm/listings/{await village.number(village.dates.listing_id)}/edit"
    async with await village.browser(village.farmer) as one, await village.browser(village.farmer) as two:
        await one.open(path)
        await two.open(path)
        await one.submit(path, title="先改的名字")
        seen = await two.submit(path, status=409, title="后改的名字")
        assert "您这次改的没有算数" in seen.text
        assert "名字：先改的名字" in seen.text
        [title] = [node for node in seen.root.all("input") if node.attrs.get("name") == "title"]
        assert title.attrs["value"] == "后改的名字"
        assert await village.value("SELECT title FROM listings WHERE version > 1") == "先改的名字"
        seen = await two.submit(path, title="后改的名字")
        assert seen.heading == "后改的名字"


async def test_another_category_asks_for_its_certificate(village: Village) -> None:
    path = f"/farm/listings/{await village.number(village.dates.listing_id)}/edit"
    async with await village.browser(village.farmer) as farm:
        await farm.open(path)
        seen = await farm.submit(path, status=409, category="processed", title="枣糕礼盒")
        assert "没改成" in seen.text
        assert "/farm/papers?kind=food_licence" in seen.links()
        async with village.database.transaction() as conn:
            await make_certificate(conn, village.dates.producer_id, "food_licence")
        seen = await farm.submit(path, category="processed", title="枣糕礼盒")
        assert seen.heading == "枣糕礼盒"


async def test_a_pack_is_replaced_with_its_price_and_its_number(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.buyer) as buyer, await village.browser(village.farmer) as farm:
        await buyer.open(f"/goods/{number}")
        await buyer.submit("/cart/goods")
        await farm.open(f"{path}/edit")
        seen = await farm.submit(f"{path}/packs", status=422, pack="2斤盒", price="20")
        assert "装的和原来（5斤箱）不一样多了，写上现在有几份" in seen.text
        seen = await farm.submit(f"{path}/packs", status=422, pack="2斤盒", price="二十", left="三")
        assert "价钱没写对" in seen.text
        assert "有几份没写对" in seen.text
        old = farm.page
        seen = await farm.submit(f"{path}/packs", pack="2斤盒", price="20", left="30")
        assert "装法换好了" in seen.text
        assert "20.00 元" in seen.text
        farm.page = old
        seen = await farm.submit(f"{path}/packs", status=409, pack="3斤盒", price="30", left="30")
        assert "没有算数" in seen.text
        seen = await buyer.open("/cart")
        assert "卖家换了装法，点名字看新的" in seen.text
        seen = await buyer.open(f"/goods/{number}")
        assert "20.00" in seen.text


async def test_a_stay_is_corrected_without_packs_and_a_suspended_listing_not_at_all(village: Village) -> None:
    path = f"/farm/listings/{await village.number(village.stay.listing_id)}"
    async with await village.browser(village.host) as host:
        seen = await host.open(f"{path}/edit")
        assert "换装法" not in seen.text
        assert not [node for node in seen.root.all("select") if node.attrs.get("name") == "category"]
        seen = await host.submit(f"{path}/edit", title="骆驼湾火炕小院", story="能停车")
        assert seen.heading == "骆驼湾火炕小院"
        await village.value("UPDATE listings SET state = 'suspended' RETURNING 1")
        await host.open(f"{path}/edit", status=409)


async def test_a_review_says_what_the_goods_were_called(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    async with village.database.connection() as conn, as_owner(conn):
        order = await conn.fetchval(
            "INSERT INTO orders (id, buyer_id, key, fingerprint, state, region_code, address_sealed, goods_fen,"
            " freight_fen, total_fen, items, lot_units, placed_at, pay_until, paid_at)"
            " VALUES (uuidv7(), $1, 'a', '', 'finished', '130000', '', 4500, 0, 4500, 1, 1, now(), now(), now())"
            " RETURNING id",
            village.buyer,
        )
        suborder = await conn.fetchval(
            "INSERT INTO suborders (id, order_id, position, producer_id, kind, state, goods_fen, freight_fen,"
            " discount_fen, commission_bp) VALUES (uuidv7(), $1, 1, $2, 'goods', 'received', 4500, 0, 0, 0)"
            " RETURNING id",
            order,
            village.dates.producer_id,
        )
        await conn.execute(
            "INSERT INTO order_lines (id, suborder_id, position, listing_id, variant_id, title, unit, quantity,"
            " price_fen, amount_fen, lot_id, units)"
            " VALUES (uuidv7(), $1, 1, $2, $3, '阜平大枣礼箱', '5斤箱', 1, 4500, 4500, $4, 1)",
            suborder,
            village.dates.listing_id,
            village.dates.variant_id,
            village.dates.lot_id,
        )
        await conn.execute(
            "INSERT INTO reviews (suborder_id, listing_id, account_id, rating, text, at)"
            " VALUES ($1, $2, $3, 5, '甜', now())",
            suborder,
            village.dates.listing_id,
            village.buyer,
        )
    async with await village.browser() as visitor:
        assert "买的时候叫" not in (await visitor.open(f"/goods/{number}")).text
        await village.value("UPDATE listings SET title = '革新庄鹿茸' WHERE number = $1 RETURNING 1", number)
        assert "买的时候叫：阜平大枣礼箱" in (await visitor.open(f"/goods/{number}/reviews")).text


async def test_packs_are_added_and_ended_without_scripts(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.farmer) as farm, await village.browser(village.buyer) as buyer:
        seen = await farm.open(f"{path}/edit")
        assert "不卖哪一种" not in seen.text
        typed = {"more-pack": "3斤盒", "more-price": "三十"}
        seen = await farm.submit(f"{path}/packs/new", status=422, typed=typed)
        assert "价钱没写对" in seen.text
        [pack] = [node for node in seen.root.all("input") if node.attrs.get("name") == "more-pack"]
        assert pack.attrs["value"] == "3斤盒"
        seen = await farm.submit(f"{path}/packs/new", status=422, typed={"more-price": "30"})
        assert "写上这一种有几份" in seen.text
        seen = await farm.submit(f"{path}/packs/new", typed={"more-left": "8"})
        assert "多了一种装法" in seen.text
        assert "3 斤盒 8" in seen.text
        seen = await farm.submit(f"{path}/offer", typed={"price-1": "28", "left-1": "9"})
        assert "3 斤盒 9" in seen.text
        seen = await buyer.open(f"/goods/{number}")
        assert "3 斤盒，28.00 元" in seen.text
        await farm.open(f"{path}/edit")
        seen = await farm.submit(f"{path}/packs/end", status=422)
        assert "选一下不卖哪一种" in seen.text
        seen = await farm.submit(f"{path}/packs/end", typed={"ended": str(village.dates.variant_id)})
        assert "这一种不卖了" in seen.text
        seen = await buyer.open(f"/goods/{number}")
        assert "28.00" in seen.text
        assert "5 斤箱" not in seen.text


async def test_a_conflict_shows_every_field_that_a_seller_can_write(village: Village) -> None:
    labels = [label for label, _ in STORED_FIELDS]
    path = f"/farm/listings/{await village.number(village.dates.listing_id)}/edit"
    async with await village.browser(village.farmer) as one, await village.browser(village.farmer) as two:
        await one.open(path)
        await two.open(path)
        await one.submit(path, title="先改的名字")
        seen = await two.submit(path, status=409, title="后改的名字")
        for label in labels:
            assert f"{label}：" in seen.text, label


async def test_prices_are_not_set_on_packs_that_changed_meanwhile(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path = f"/farm/listings/{number}"
    async with await village.browser(village.farmer) as farm:
        await farm.open(f"{path}/edit")
        await farm.submit(f"{path}/packs/new", typed={"more-pack": "10斤箱", "more-price": "80", "more-left": "9"})
        shown = await farm.open(path)
        await farm.open(f"{path}/edit")
        await farm.submit(f"{path}/packs/end", typed={"ended": str(village.dates.variant_id)})
        farm.page = shown
        seen = await farm.submit(f"{path}/offer", status=409, typed={"price-0": "46", "price-1": "81"})
        assert "您这次改的没有算数" in seen.text
        [price] = [each for each in seen.root.all("input") if each.attrs.get("id") == "price-0"]
        assert price.attrs["value"] == "80"
        await village.value("UPDATE variants SET price_fen = 8200 WHERE unit = '10斤箱' RETURNING 1")
        await farm.submit(f"{path}/offer", status=409, typed={"left-0": "8"})
        assert await village.value("SELECT price_fen FROM variants WHERE unit = '10斤箱'") == 82_00
        await farm.submit(f"{path}/offer", typed={"left-0": "8"})
