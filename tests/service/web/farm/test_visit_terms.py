"""退订和儿童价 on the page of an own activity."""

from tests.service.web.conftest import Village
from tests.support.make import make_activity


async def test_a_host_changes_what_is_refunded_and_what_a_child_pays(village: Village) -> None:
    async with village.database.transaction() as conn:
        activity = await make_activity(
            conn, village.dates.producer_id, days=(), tiers=((False, 5, 10_000), (False, 2, 3_000))
        )
    number = await village.number(activity.listing_id)
    path = f"/farm/listings/{number}/terms"
    async with await village.browser(village.farmer) as farm:
        assert path in (await farm.open(f"/farm/listings/{number}")).links()
        assert "不变：提前 5 天退全款" in (await farm.open(path)).text
        assert "儿童的价钱不比大人的高" in (await farm.submit(path, child="31", status=422)).text
        seen = await farm.submit(path, cancel="strict", child="15")
        assert "已经订了的不变。" in seen.text
        assert "不变：" not in seen.text
    async with await village.browser(village.buyer) as browser:
        assert "儿童一位 15.00 元" in (await browser.open(f"/goods/{number}")).text
    async with await village.browser(village.host) as stranger:
        await stranger.open(path, status=404)
