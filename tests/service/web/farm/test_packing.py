"""What to pack today, and several parcels sent in one form."""

from typing import Any

from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything


async def test_a_seller_packs_by_one_page_and_sends_in_one_form(village: Village, sandbox: Sandbox) -> None:
    async with await village.browser(village.buyer) as browser, await village.browser(village.farmer) as farm:
        assert "没有要装的" in (await farm.open("/farm/packing")).text
        await buy_everything(village, sandbox, browser)
        await buy_everything(village, sandbox, browser)
        ids = await village.value(
            "SELECT array_agg(id ORDER BY id) FROM suborders WHERE producer_id = $1 AND kind = 'goods'",
            village.dates.producer_id,
        )
        first, second = (f"tracking.{each}" for each in ids)
        wrong: dict[str, Any] = {first: "ZT0001", second: "?"}
        right: dict[str, Any] = {first: "ZT0001", second: "ZT0002"}
        seen = await farm.open("/farm/packing")
        assert "一单一单装，2 单" in seen.text
        assert "/farm/packing" in (await farm.open("/farm/orders")).links()
        await village.value("UPDATE orders SET paid_at = paid_at - interval '3 days' WHERE number = 1 RETURNING 1")
        seen = await farm.open("/farm/packing")
        assert "一单一单装，1 单" in seen.text
        assert "后面几天的 1 单也装" in seen.text
        seen = await farm.open("/farm/packing?all=1")
        assert "一单一单装，2 单" in seen.text
        seen = await farm.submit("/farm/packing", status=422, carrier="中通")
        assert "还没有写单号" in seen.text
        seen = await farm.submit("/farm/packing", status=422, carrier="中通", **wrong)
        assert "快递单号是 4 到 40 位" in seen.text
        assert 'value="ZT0001"' in seen.html
        seen = await farm.submit("/farm/packing", carrier="中通", **right)
        assert "2 单发出去了" in seen.text
        assert "没有要装的" in seen.text
    states = await village.value("SELECT array_agg(DISTINCT state) FROM suborders WHERE id = ANY($1)", ids)
    assert states == ["shipped"]
