"""Reviews on the pages: written with a photo, answered by the farmer, changed by the buyer, read by everyone."""

from market.kernel.clock import Clock
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from payments.sandbox import Sandbox
from tests.people.storage.test_photos import a_jpeg
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.browser import PageClient
from tests.support.make import make_official


def make_photos(*names: str) -> dict[str, tuple[str, bytes, str]]:
    return {name: ("a.jpg", a_jpeg(300, 200 + n), "image/jpeg") for n, name in enumerate(names)}


async def _receive(village: Village, sandbox: Sandbox) -> str:
    """Buy and receive the dates; return the path of their review."""
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
    await village.value(
        "UPDATE suborders SET state = 'received', shipped_at = now(), received_at = now()"
        " WHERE producer_id = $1 RETURNING 1",
        village.dates.producer_id,
    )
    listing = await village.number(village.dates.listing_id)
    return f"/orders/{await get_order_number(village)}/review/1?listing={listing}"


async def _write(village: Village, review: str) -> str:
    """Write a review of two stars with two photos; return the path of the buyer's page of it."""
    async with await village.browser(village.buyer) as buyer:
        await buyer.open(review)
        bad = {"photo": ("a.jpg", b"not a photo", "image/jpeg")}
        seen = await buyer.submit(
            review.partition("?")[0], typed={"rating": "2", "text": "有点小"}, files=bad, status=422
        )
        assert "这个文件打不开" in seen.text
        assert "有点小" in seen.html
        await buyer.submit(
            review.partition("?")[0], typed={"rating": "2", "text": "有点小"}, files=make_photos("photo", "photo2")
        )
        own = next(link for link in (await buyer.open(review.partition("/review/")[0])).links() if "/reviews/" in link)
        seen = await buyer.open(own)
        assert "有点小" in seen.text
        return own


async def test_a_review_lives_through_its_pages(village: Village, sandbox: Sandbox) -> None:
    review = await _receive(village, sandbox)
    shop = f"/goods/{await village.number(village.dates.listing_id)}/reviews"
    own = await _write(village, review)
    async with await village.browser() as anyone:
        seen = await anyone.open(shop)
        assert "样例买**" in seen.text
        assert "2.0 分" in seen.text
        photos = [link for link in seen.links() if link.startswith("/review-photos/")]
        assert len(photos) == 2
        shown = await anyone.client.get(photos[0])
        assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/webp", "public, max-age=3600")
        await anyone.open(own, status=200)
        assert anyone.current.path.startswith("/sign-in")
    farm_path = f"/farm{own}"
    async with await village.browser(village.farmer) as farm:
        assert "1 条评价没回" in (await farm.open("/farm")).text
        assert farm_path in (await farm.open("/farm/reviews")).links()
        await farm.open(farm_path)
        seen = await farm.submit(farm_path, typed={"answer": ""}, status=422)
        assert "请写一句回的话" in seen.text
        seen = await farm.submit(farm_path, typed={"answer": "下次挑大的"})
        assert "回好了" in seen.text
        seen = await farm.open(farm_path)
        assert farm_path not in [form.attrs.get("action") for form in seen.root.all("form")]
        assert "没回" not in (await farm.open("/farm")).text
    async with await village.browser(village.buyer) as buyer:
        seen = await buyer.open(own)
        assert "卖家回：下次挑大的" in seen.text
        removed = next(each.attrs["value"] for each in seen.root.all("input") if each.attrs.get("name") == "remove")
        refused = await buyer.submit(own, typed={"text": "打 13900001234", "remove": removed}, status=422)
        ticks = [each for each in refused.root.all("input") if each.attrs.get("name") == "remove"]
        assert [each.attrs["value"] for each in ticks if "checked" in each.attrs] == [removed]
        seen = await buyer.submit(own, typed={"rating": "5", "text": "补了一箱大的", "remove": removed})
        assert "改好了" in seen.text
    async with await village.browser() as anyone:
        seen = await anyone.open(shop)
        assert "，改过" in seen.text
        assert "补了一箱大的" in seen.text
        assert "有点小" not in seen.text
        assert "卖家回（回的是改之前的评价）：下次挑大的" in seen.text
        [left] = [link for link in seen.links() if link.startswith("/review-photos/")]
        gone = next(each for each in photos if each != left)
        assert (await anyone.client.get(gone)).status_code == 404
        assert "5.0 分" in (await anyone.open(shop.removesuffix("/reviews"))).text
    async with await village.browser(village.host) as stranger:
        await stranger.open(own, status=404)
        await stranger.open(farm_path, status=404)


async def test_a_review_is_changed_for_a_week(village: Village, sandbox: Sandbox) -> None:
    review = await _receive(village, sandbox)
    async with await village.browser(village.buyer) as buyer:
        await buyer.open(review)
        await buyer.submit(review.partition("?")[0], typed={"rating": "4"})
        own = next(link for link in (await buyer.open(review.partition("/review/")[0])).links() if "/reviews/" in link)
        page = await buyer.open(own)
        await village.value("ALTER TABLE reviews DISABLE TRIGGER reviews_append_only")
        await village.value("UPDATE reviews SET at = at - interval '7 days 1 minute' RETURNING 1")
        await village.value("ALTER TABLE reviews ENABLE TRIGGER reviews_append_only")
        buyer.page = page
        seen = await buyer.submit(own, typed={"rating": "1"}, status=409)
        assert "评价写了超过 7 天" in seen.text
        seen = await buyer.open(own)
        assert own not in [form.attrs.get("action") for form in seen.root.all("form")]
    assert await village.value("SELECT rating FROM reviews") == 4


async def test_an_appealed_review_is_hidden_by_the_platform_and_says_why(village: Village, sandbox: Sandbox) -> None:
    review = await _receive(village, sandbox)
    own = await _write(village, review)
    farm_path, shop = f"/farm{own}", f"/goods/{await village.number(village.dates.listing_id)}/reviews"
    async with await village.browser(village.farmer) as farm:
        await farm.open(farm_path)
        seen = await farm.submit(f"{farm_path}/appeal", typed={"reason": "写了电话"}, status=422)
        assert "请选一条" in seen.text
        assert "写了电话" in seen.html
        await farm.submit(f"{farm_path}/appeal", typed={"claimed": "personal_data", "reason": "写了电话"})
        seen = await farm.open(farm_path)
        assert "申诉了，等平台定" in seen.text
        case = next(link for link in seen.links() if link.startswith("/cases/"))
        assert "卖家申请" in (await farm.open(case)).text
    await village.value(
        """INSERT INTO producer_members SELECT producer_id, $1, 'helper', daterange('2012-01-01', NULL)
             FROM producer_members WHERE account_id = $2 RETURNING 1""",
        village.host, village.farmer,
    )  # fmt: skip
    async with await village.browser(village.host) as other:
        seen = await other.open(farm_path)
        assert "申诉了，等平台定" in seen.text
        assert case not in seen.links(), "only who appealed reads what happened"
    async with village.database.transaction() as conn:
        official = await make_official(conn, Role.PLATFORM, "13")
        signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
    async with PageClient(village.app) as desk:
        desk.client.cookies.set("session", signed.token, domain="market.test")
        path = case.replace("/cases/", "/desk/appeals/")
        assert f"{path}?county=130624" in (await desk.open("/desk/cases?county=130624")).links()
        await desk.open(f"{path}?county=130624")
        seen = await desk.submit(path, typed={"reason": "有电话"}, status=422)
        assert "请选怎么定" in seen.text
        seen = await desk.submit(path, typed={"decision": "personal_data", "reason": "有电话"})
        assert "定好了" in seen.text
    async with await village.browser() as anyone:
        seen = await anyone.open(shop)
        assert "有点小" not in seen.text
        assert "平台定的原因：写了别人的电话、住址" in seen.text
        assert "2.0 分" in seen.text
    async with await village.browser(village.buyer) as buyer:
        assert "文字和照片没有显示" in (await buyer.open(own)).text
    async with await village.browser(village.farmer) as farm:
        assert "申诉有了结果：文字不显示，分数照算。有电话" in (await farm.open(farm_path)).text
