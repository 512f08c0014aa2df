"""A complaint on the pages of buyer, farmer and county."""

from market.catalogue.trace.harvests import record_harvest
from market.catalogue.trace.labels import make_labels
from market.catalogue.trace.models import NewHarvest, NewLabels, NewPlot, PromiseBasis
from market.catalogue.trace.plots import add_plot
from market.kernel.clock import Clock
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.browser import PageClient
from tests.support.make import SEAL, load_owner, make_official
from tests.support.postgres import as_owner


async def pack_a_label(village: Village) -> int:
    """Let the farmer say on the page of the parcel which label is on it; return the number of its lot."""
    async with village.database.transaction() as conn:
        async with as_owner(conn):
            await conn.execute(
                "INSERT INTO yield_limits (county_code, crop, kg_per_mu, valid_during, source, added_by, added_at)"
                " VALUES ('130624', '大枣', 200, '[2019-01-01,)', '样例', $1, now())",
                village.farmer,
            )
        shop = await conn.fetchval("SELECT producer_id FROM producer_members WHERE account_id = $1", village.farmer)
        farmer, now = await load_owner(conn, shop), Clock().now()
        plot = await add_plot(conn, farmer, shop, NewPlot(name="东坡地", area_m2=2000), now=now)
        new = NewHarvest(plot_id=plot.id, crop="大枣", harvested_on=village.today, grams=10_000)
        lot = await record_harvest(conn, farmer, new, now=now)
        labels = NewLabels(count=2, grams=2500, promise=PromiseBasis.OWN_PROMISE)
        await make_labels(conn, SEAL, farmer, lot.number, labels, now=now)
        parcel = await conn.fetchval(
            "SELECT s.id FROM suborders s WHERE producer_id = $1 AND kind = 'goods' AND state = 'paid'", shop
        )
    page = f"/farm/parcels/{parcel}"
    async with await village.browser(village.farmer) as farm:
        assert f"{page}/labels" in (await farm.open(page)).links()
        await farm.open(f"{page}/labels")
        seen = await farm.submit(f"{page}/labels", typed={"l0": f"{lot.number}-9"}, status=422)
        assert f"{lot.number}-9：不是这家店的" in seen.text
        seen = await farm.submit(f"{page}/labels", typed={"l0": f"{lot.number}-1"})
        assert ("记下了" in seen.text, f"第 {lot.number} 批大枣，东坡地" in seen.text) == (True, True)
    return lot.number


async def test_a_complaint_is_answered_by_the_farmer_and_then_by_the_county(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
        path = f"/orders/{await get_order_number(village)}/complaint/1"
        assert path in (await buyer.open(path.partition("/complaint/")[0])).links()
        await buyer.open(path)
        seen = await buyer.submit(path, typed={"text": "枣是去年的"}, status=422)
        assert "请选一条" in seen.text
        assert "枣是去年的" in seen.html
        typed = {"category": "complaint_goods", "text": "枣是去年的"}
        seen = await buyer.submit(path, typed=typed)
        assert "等卖家答复" in seen.text
        seen = await buyer.submit(path, typed=typed, status=409)
        assert "已经投诉过这一条" in seen.text
        own = next(link for link in (await buyer.open(path)).links() if link.startswith("/cases/"))
    farm_path = own.replace("/cases/", "/farm/complaints/")
    async with await village.browser(village.farmer) as farm:
        assert "1 件投诉，等您答复" in (await farm.open("/farm")).text
        assert farm_path in (await farm.open("/farm/complaints")).links()
        seen = await farm.open(farm_path)
        assert "买家说：枣是去年的" in seen.text
        await farm.submit(farm_path, press=("outcome", "solved"), status=422)
        seen = await farm.submit(farm_path, press=("outcome", "solved"), typed={"text": "补了一箱新的"})
        assert "答复了" in seen.text
        assert farm_path in (await farm.open(own.replace("/cases/", "/farm/cases/"))).links()
    async with await village.browser(village.buyer) as buyer:
        assert "办好了。补了一箱新的" in (await buyer.open(path)).text
        await buyer.open(own)
        seen = await buyer.submit(own, press=("move", "reopen"), typed={"text": "还是旧的"})
        assert "等县里，" in seen.text
    lot = await pack_a_label(village)
    async with village.database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
        signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
    async with PageClient(village.app) as desk:
        desk.client.cookies.set("session", signed.token, domain="market.test")
        desk_path = own.replace("/cases/", "/desk/complaints/")
        assert desk_path in (await desk.open("/desk/cases")).links()
        seen = await desk.open(desk_path)
        assert "上一次的答复：补了一箱新的" in seen.text
        assert "请再看一次，因为：还是旧的" in seen.text
        assert f"贴的标签：第 {lot} 批大枣，东坡地，" in seen.text
        assert "请选办得怎么样" in (await desk.submit(desk_path, typed={"text": "看了照片"}, status=422)).text
        seen = await desk.submit(desk_path, typed={"outcome": "unsolved", "text": "看了照片，是新枣"})
        assert "定好了" in seen.text
    async with await village.browser(village.buyer) as buyer:
        assert "没有办成。看了照片，是新枣" in (await buyer.open(path)).text
    async with await village.browser(village.host) as stranger:
        await stranger.open(own, status=404)
        await stranger.open(farm_path, status=404)
