"""照片: photos are added, put first and taken away on the pages; the product page shows them, the rest lazily."""

import io

from PIL import Image

from tests.service.web.conftest import Village


def make_photo(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), (shade, 90, 40)).save(out, "JPEG")
    return out.getvalue()


async def test_photos_are_added_ordered_and_removed_on_the_pages(village: Village) -> None:
    number = await village.number(village.dates.listing_id)
    path, public = f"/farm/listings/{number}/photos", f"/goods/{number}"
    async with await village.browser(village.farmer) as farm, await village.browser() as buyer:
        assert path in (await farm.open(f"/farm/listings/{number}")).links()
        assert "还没有照片" in (await farm.open(path)).text
        assert "选一张照片" in (await farm.submit(path, status=422)).text
        bad = {"photo": ("a.jpg", b"not a photo", "image/jpeg")}
        assert "没改成" in (await farm.submit(path, files=bad, status=422)).text
        seen = await farm.open(path)
        for count in range(1, 7):
            seen = await farm.submit(path, files={"photo": ("a.jpg", make_photo(40 * count), "image/jpeg")})
            assert seen.text.count("不要这张") == count
        assert "够 6 张了" in seen.text
        pictures = (await buyer.open(public)).root.all("img")
        assert len(pictures) == 6
        assert [("loading" in each.attrs) for each in pictures] == [False, *[True] * 5]
        cover, second = pictures[0].attrs["src"], pictures[1].attrs["src"]
        ids = [node.attrs["value"] for node in seen.root.all("button") if node.attrs.get("name") == "first"]
        await farm.submit(path, press=("first", ids[0]))
        pictures = [node.attrs["src"] for node in (await buyer.open(public)).root.all("img")]
        assert second.rpartition("-")[0] in pictures[0]
        assert cover.rpartition("-")[0] in pictures[1]
        await farm.submit(path, press=("drop", ids[0]))
        pictures = [node.attrs["src"] for node in (await buyer.open(public)).root.all("img")]
        assert len(pictures) == 5
        assert cover.rpartition("-")[0] in pictures[0]
        assert await village.value("SELECT count(*) FROM audit_entries WHERE action = 'listing.photos'") == 8
    async with await village.browser(village.host) as stranger:
        await stranger.open(path, status=404)
