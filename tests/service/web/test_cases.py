"""The life of a case on the pages of buyer, farmer and county: questions, more time, another look; small photos."""

from tests.service.web.test_bad_fruit import SoldBox, sold
from tests.support.browser import PageClient

__all__ = ["sold"]


async def test_a_case_lives_through_its_pages(sold: SoldBox) -> None:
    path = await sold.open_claim(text="烂了")
    own, moves = path.replace("/farm/claims/", "/cases/"), path.replace("/farm/claims/", "/farm/cases/")
    async with await sold.village.browser(sold.village.farmer) as farm:
        seen = await farm.open(path)
        [photo] = [link for link in seen.links() if link.startswith("/claim-photos/")]
        assert f'src="{photo}?small=1"' in seen.html
        small, large = await farm.client.get(f"{photo}?small=1"), await farm.client.get(photo)
        assert small.headers["content-type"] == large.headers["content-type"] == "image/webp"
        assert moves in seen.links()
        seen = await farm.open(moves)
        assert "延期" not in seen.text
        seen = await farm.submit(moves, press=("move", "ask"), status=422)
        assert "请写一下" in seen.text
        seen = await farm.submit(moves, press=("move", "ask"), typed={"text": "哪一箱烂了"})
        assert "卖家问买家：哪一箱烂了" in seen.text
        assert "等买家补充情况；不补，" in seen.text
    async with await sold.village.browser(sold.village.buyer) as buyer:
        assert own in (await buyer.open(sold.order)).links()
        seen = await buyer.open(own)
        assert f'src="{photo}?small=1"' in seen.html
        seen = await buyer.submit(own, press=("move", "supply"), typed={"text": "两箱里的一箱"})
        assert "买家补充（" in seen.text
        assert "：两箱里的一箱" in seen.text
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(path)
        await farm.submit(path, press=("decision", "refuse"), typed={"reason": "装箱时都是好的"})
    await _decide_after_more_time(sold, path.replace("/farm/claims/", "/desk/cases/"))
    async with await sold.village.browser(sold.village.buyer) as buyer:
        await buyer.open(own)
        seen = await buyer.submit(own, press=("move", "reopen"), typed={"text": "照片里看得见"})
        assert "等平台，" in seen.text
        assert "买家请上一级再看" in seen.text
        seen = await buyer.submit(own, press=("move", "withdraw"))
        assert "办完了" in seen.text
        assert "您撤回了。" in (await buyer.open(sold.order)).text
    async with await sold.village.browser(sold.village.host) as stranger:
        await stranger.open(own, status=404)
        await stranger.open(moves, status=404)


async def _decide_after_more_time(sold: SoldBox, case: str) -> None:
    async with sold.desk() as desk:
        assert f"{case}/moves" in (await desk.open(case)).links()
        await desk.open(f"{case}/moves")
        seen = await desk.submit(f"{case}/moves", press=("move", "extend"), typed={"text": "要问村里"})
        assert "县里要多一点时间（" in seen.text
        assert "要问村里" in seen.text
        assert ("move", "extend") not in list_buttons(desk)
        await desk.open(case)
        await desk.submit(case, typed={"bad": "0", "reason": "看不出烂"})


def list_buttons(browser: PageClient) -> list[tuple[str | None, str | None]]:
    return [(each.attrs.get("name"), each.attrs.get("value")) for each in browser.current.root.all("button")]


async def test_an_official_gives_a_case_one_level_up(sold: SoldBox) -> None:
    path = await sold.open_claim()
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(path)
        await farm.submit(path, press=("decision", "refuse"), typed={"reason": "装箱时都是好的"})
    moves = path.replace("/farm/claims/", "/desk/cases/") + "/moves"
    async with sold.desk() as desk:
        await desk.open(moves)
        seen = await desk.submit(moves, press=("move", "escalate"), typed={"text": "定不了"})
        assert "没有要定的。" in seen.text
        await desk.open(moves, status=404)
    assert "等平台答复" in await sold.see_order()
