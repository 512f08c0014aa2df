"""一次上架很多样: a file is tried, corrected and imported on the page, without scripts."""

from market.catalogue.listing_sheet import make_template_rows, write_listing_file
from market.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat
from tests.web.conftest import Village

_KIND = MEDIA_TYPES[FileFormat.XLSX]


async def test_a_file_is_tried_corrected_and_imported(village: Village) -> None:
    [row] = make_template_rows()
    wrong = write_listing_file([row | {"price": "很多"}], FileFormat.XLSX)
    right = write_listing_file([row | {"title": "表里的大枣"}], FileFormat.XLSX)
    count = "SELECT count(*) FROM listings WHERE title = '表里的大枣'"
    async with await village.browser(village.farmer) as farm:
        assert "/farm/import" in (await farm.open("/farm/sell")).links()
        await farm.open("/farm/import")
        seen = await farm.submit("/farm/import", status=422, typed={"do": "try"})
        assert "选一个表格文件" in seen.text
        seen = await farm.submit("/farm/import", status=422, files={"file": ("货.xlsx", wrong, _KIND)})
        assert "2 价钱 很多 应是金额，例如 45.00" in seen.text
        seen = await farm.submit("/farm/import", files={"file": ("货.xlsx", right, _KIND)}, typed={"do": "try"})
        assert "1 样都能上架，现在还没上" in seen.text
        assert await village.value(count) == 0
        seen = await farm.submit("/farm/import", files={"file": ("货.xlsx", right, _KIND)}, typed={"do": "import"})
        assert "1 样都上架了" in seen.text
        seen = await farm.submit("/farm/import", files={"file": ("货.xlsx", right, _KIND)}, typed={"do": "import"})
        assert "内容一样，什么都没有变" in seen.text
        assert await village.value(count) == 1
        answer = await farm.client.get("/farm/import/sold/csv")
        assert "表里的大枣" in answer.content.decode("utf-8-sig")
