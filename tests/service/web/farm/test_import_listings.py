"""一次上架很多样: a file is tried, corrected and imported on the page, without scripts."""

import io
import zipfile

from PIL import Image

from market.catalogue.listings.listing_sheet import make_template_rows, write_listing_file
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat
from market.people.storage.photos import MAX_PHOTOS_A_DAY
from tests.service.web.conftest import Village
from tests.support.postgres import as_owner

UPLOAD = """
    INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)
    SELECT $1, 'listing', sha256(uuidv7()::text::bytea), 9, 9, 'webp', now() FROM generate_series(1, $2)
"""
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


def make_photo(colour: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(content, "JPEG")
    return content.getvalue()


def make_archive(members: list[tuple[str, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, photo in members:
            archive.writestr(name, photo)
    return content.getvalue()


async def test_the_photos_of_the_rows_come_in_a_zip_file(village: Village) -> None:
    [row] = make_template_rows()
    names = ["大枣.jpg", "没有.jpg", "../写错.png", "两张.jpg", "太大.jpg"]
    rows = [row | {"title": f"带照片的大枣 {each}", "photo": name} for each, name in enumerate(names)]
    table = ("货.xlsx", write_listing_file(rows, FileFormat.XLSX), _KIND)
    good = make_photo("red")
    archive = make_archive(
        [
            ("照片/大枣.JPG", good), ("照片/写错.png", b"no photo"), ("甲/两张.jpg", good), ("乙/两张.jpg", good),
            ("太大.jpg", good + bytes(21 * 1024 * 1024)),
        ]
    )  # fmt: skip
    assert len(archive) < 64 * 1024
    count = "SELECT count(*) FROM listings WHERE title LIKE '带照片的大枣%' AND photo_id IS NOT NULL"
    async with await village.browser(village.farmer) as farm:
        await farm.open("/farm/import")
        assert "表里“照片”一列写里面照片的文件名" in farm.current.text
        seen = await farm.submit("/farm/import", status=422, files={"file": table}, typed={"do": "try"})
        assert "2 照片 大枣.jpg 选上装照片的压缩包（ZIP）" in seen.text
        both = {"file": table, "photos": ("照片.zip", archive, "application/zip")}
        for do in ("try", "import"):
            seen = await farm.submit("/farm/import", status=422, files=both, typed={"do": do})
            assert "大枣.jpg 选" not in seen.text
            assert "3 照片 没有.jpg 压缩包里没有这张照片" in seen.text
            assert "4 照片 ../写错.png 这个文件打不开" in seen.text
            assert "5 照片 两张.jpg 压缩包里有几张同名的" in seen.text
            assert "6 照片 太大.jpg 照片太大" in seen.text
        broken = both | {"photos": ("照片.zip", b"PK no archive", "application/zip")}
        seen = await farm.submit("/farm/import", status=422, files=broken, typed={"do": "try"})
        assert "压缩包打不开，要 ZIP 格式" in seen.text
        assert await village.value("SELECT count(*) FROM photos WHERE purpose = 'listing'") == 0
        both["file"] = ("货.xlsx", write_listing_file(rows[:1], FileFormat.XLSX), _KIND)
        seen = await farm.submit("/farm/import", files=both, typed={"do": "try"})
        assert "1 样都能上架" in seen.text
        assert await village.value(count) == 0
        async with village.database.transaction() as conn, as_owner(conn):
            await conn.execute(UPLOAD, village.farmer, MAX_PHOTOS_A_DAY)
        for do in ("try", "import"):
            seen = await farm.submit("/farm/import", status=422, files=both, typed={"do": do})
            assert "一天最多传 60 张照片" in seen.text
        async with village.database.transaction() as conn, as_owner(conn):
            await conn.execute("UPDATE photos SET created_at = created_at - '1 day'::interval")
        seen = await farm.submit("/farm/import", files=both, typed={"do": "import"})
        assert "1 样都上架了" in seen.text
        assert await village.value(count) == 1
        seen = await farm.submit("/farm/import", files=both, typed={"do": "try"})
        assert "这份表导入过" in seen.text
        other = both | {"photos": ("照片.zip", make_archive([("大枣.jpg", make_photo("blue"))]), "application/zip")}
        seen = await farm.submit("/farm/import", status=422, files=other, typed={"do": "try"})
        assert "已经有同名的在卖" in seen.text
