"""Lots and labels on the county's desk, mixtures and files of a shop, and the sums of benefits, with data in them."""

from market.people.identity.models import Role
from tests.service.web.conftest import Village
from tests.support.make import VILLAGE, make_official
from tests.villages.benefits.test_benefits import make_line

_WORLD = """
    INSERT INTO yield_limits (county_code, crop, kg_per_mu, valid_during, source, added_by, added_at)
    SELECT '130624', '香菇', 6000, '[2018-01-01,)', '样例产量调查', id, now() FROM accounts ORDER BY id LIMIT 1
    RETURNING crop
"""


async def test_the_county_sees_lots_and_revokes_their_labels(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    await village.value(_WORLD)
    async with await village.browser(village.farmer) as farmer:
        await farmer.open("/farm/plots")
        await farmer.submit("/farm/plots", typed={"name": "东坡棚", "area": "0.8"})
        for kg in ("30", "20"):
            await farmer.open("/farm/plots")
            seen = await farmer.submit("/farm/harvests", typed={"kg": kg})
        lot = seen.path.rpartition("/")[2]
        await farmer.open("/farm/mixtures")
        seen = await farmer.submit("/farm/mixtures", status=422, typed={f"kg-{lot}": "x"})
        assert "写成 20 或 20.5" in seen.text
        seen = await farmer.submit("/farm/mixtures", typed={f"kg-{lot}": "5", f"kg-{int(lot) - 1}": "7.5"})
        assert "12.5 公斤" in seen.text
        mixed = seen.path.rpartition("/")[2]
        await farmer.submit(f"/farm/harvest-lots/{mixed}/labels", typed={"count": "3", "each": "1"})
        revoke = f"/farm/harvest-lots/{mixed}/revoke"
        await farmer.open(f"/farm/harvest-lots/{mixed}")
        seen = await farmer.submit(revoke, status=422, typed={"serial": "", "reason": "袋子破了"})
        assert "写哪一号，整批都作废就写“全部”" in seen.text
        assert "作废了不能恢复" in seen.text
        seen = await farmer.submit(revoke, typed={"serial": "1", "reason": "袋子破了"})
        assert "作废了 1 张" in seen.text
    async with await village.browser(county, second_factor=True) as desk:
        assert "/desk/trace" in (await desk.open("/desk/villages")).html
        seen = await desk.open("/desk/trace")
        assert ("样例产量调查" in seen.text, f"/desk/trace/{mixed}" in seen.html) == (True, True)
        seen = await desk.open(f"/desk/trace/{mixed}")
        assert f"第 {lot} 批 5 公斤" in seen.text
        seen = await desk.submit(f"/desk/trace/{mixed}", status=422, typed={"serial": "4", "reason": "抽检"})
        assert "没有这一号" in seen.text
        for serial in ("", "都", "0x2"):
            seen = await desk.submit(f"/desk/trace/{mixed}", status=422, typed={"serial": serial, "reason": "抽检"})
            assert "写哪一号，整批都作废就写“全部”" in seen.text
        assert await village.value("SELECT count(*) FROM labels WHERE revoked_at IS NOT NULL") == 1
        seen = await desk.submit(f"/desk/trace/{mixed}", typed={"serial": "全部", "reason": "抽检不合格"})
        assert "作废了 2 张" in seen.text
        assert "这个季度没有记到" in (await desk.open("/desk/benefits")).text
        await add_benefits(village)
        seen = await desk.open("/desk/benefits")
        assert [" ".join(row.text.split()) for row in seen.root.all("tr")] == [
            "村 卖货 工钱 分红 租金 一共", "革新庄村 12.00（12 户） 12.00（12 户）",
            "全县 12.00（12 户） 12.00（12 户）",
        ]  # fmt: skip


async def add_benefits(village: Village) -> None:
    """Insert what twelve households of the farmer's village gained on the last day of the last quarter."""
    async with village.database.transaction() as conn:
        await conn.execute("SET LOCAL ROLE NONE")
        found = await conn.fetchrow(
            """
            SELECT l.id AS listing, v.id AS variant, l.producer_id AS producer
              FROM listings l JOIN variants v ON v.listing_id = l.id ORDER BY l.number LIMIT 1
            """
        )
        assert found is not None
        line = await make_line(conn, found["listing"], found["variant"], found["producer"])
        await conn.execute(
            """
            WITH change AS (
                INSERT INTO benefits.payable_changes (suborder_id, after_fen, lines, at)
                SELECT suborder_id, 0, '[]', now() FROM order_lines WHERE id = $1 RETURNING id),
            gained AS (
                INSERT INTO benefits.households (producer_id, code, village_code, added_by, added_at)
                SELECT $2, 'N' || n, $3, buyer_id, now() FROM generate_series(1, 12) AS n, orders LIMIT 12 RETURNING id)
            INSERT INTO benefits.entries (change_id, order_line_id, household_id, how, fen, day)
            SELECT change.id, $1, gained.id, 'sale', 100,
                   date_trunc('quarter', now() AT TIME ZONE 'Asia/Shanghai')::date - 1
              FROM change, gained
            """,
            line, found["producer"], VILLAGE,
        )  # fmt: skip
