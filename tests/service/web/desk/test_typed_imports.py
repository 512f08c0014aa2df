"""An import needs no file twice and no JSON: the dry run keeps its file, a manifest and a budget can be typed."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.storage.files import open_file_store
from market.subsidies.imports.kept_uploads import KEPT_FOR, delete_old_uploads, find_kept_upload, keep_upload
from market.subsidies.imports.upload import Upload
from tests.service.web.desk.county import COUNTY, NOW, Officials, read_story_file, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, story_upload
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient
from tests.support.make import SEAL

REGISTER = "register/register-2018-12-20.csv"
BILL = "billing/mobile-2019-01.csv"


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # the officials exist before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def send(
    browser: PageClient, kind: str, what: str,
    *, status: int = 200, typed: dict[str, str] | None = None, file: tuple[str, bytes, str] | None = None,
) -> LoadedPage:  # fmt: skip
    files = {"file": file} if file else {}
    return await browser.submit(f"/desk/imports/{kind}", press=("what", what), status=status, typed=typed, files=files)


async def count(database: Database, name: str) -> int:
    async with database.transaction(scope=COUNTY) as conn:
        return await conn.fetchval(f"SELECT count(*) FROM {name}")


async def test_a_file_is_imported_after_its_dry_run_without_choosing_it_again(
    service: Service, people: Officials, database: Database
) -> None:
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        await browser.open("/desk/imports/register")
        tried = await send(browser, "register", "try", file=story_upload(REGISTER))
        assert "不用再选" in tried.text
        assert await count(database, "persons") == 0
        assert "已导入" in (await send(browser, "register", "take")).text
    assert await count(database, "persons") == 40
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        await browser.open("/desk/imports/register")
        assert "还没选文件" in (await send(browser, "register", "take", status=422)).text


async def test_a_kept_file_is_sealed_and_only_for_its_account_county_and_kind_within_an_hour(
    folder: Path, people: Officials
) -> None:
    files = open_file_store((folder / "kept").as_uri())
    upload = Upload(COUNTY, "register", "r.csv", b"identity numbers")
    await keep_upload(files, SEAL, people.actors["gan"], upload, {"a": b"1"}, now=NOW)
    [path] = [each for each in (folder / "kept").rglob("*") if each.is_file()]
    assert b"identity numbers" not in path.read_bytes()

    async def find(
        handle: str = "gan", county: str = COUNTY, kind: str = "register", after: timedelta = timedelta(0)
    ) -> bool:
        found = await find_kept_upload(
            files, SEAL, people.actors[handle], county=county, kind=kind, sha256=upload.sha256, now=NOW + after
        )
        return found is not None and (found.content, found.attachments) == (b"identity numbers", {"a": b"1"})

    assert await find()
    assert await find(after=KEPT_FOR - timedelta(seconds=1))
    assert not await find(after=KEPT_FOR)
    assert not await find(handle="jiang")
    assert not await find(county="130725")
    assert not await find(kind="bindings")
    await delete_old_uploads(files, now=Clock().now() + timedelta(minutes=59))
    assert path.exists()
    await delete_old_uploads(files, now=Clock().now() + timedelta(minutes=61))
    assert not path.exists()


async def test_a_manifest_is_typed_and_checked_like_a_file(
    service: Service, county: Officials, database: Database
) -> None:
    header, row, *_ = read_story_file(BILL).decode("utf-8-sig").splitlines()
    number, total = row.split(",")[1], row.split(",")[5]
    bill = ("more.csv", f"{header}\n{row.replace(number, '17059990001')}\n".encode(), "text/csv")
    typed = {"operator": "mobile", "month": "2019-01", "rows": "1", "total": total}
    before = await count(database, "claims")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/imports/billing")
        seen = await send(browser, "billing", "try", status=422, typed=typed | {"rows": "many"}, file=bill)
        assert "写账单一共几行，不算表头" in seen.text
        assert 'value="2019-01"' in seen.html
        seen = await send(browser, "billing", "try", status=422, typed=typed | {"rows": "2"}, file=bill)
        assert "行数，清单写 2，文件是 1" in seen.text
        assert "没有错误，还没有导入" in (await send(browser, "billing", "try", typed=typed, file=bill)).text
        assert "已导入" in (await send(browser, "billing", "take")).text
    assert await count(database, "claims") == before + 1


async def test_a_month_with_far_fewer_rows_is_shown_and_ticked(service: Service, county: Officials) -> None:
    header = read_story_file(BILL).decode("utf-8-sig").splitlines()[0]

    def write(month: str, rows: int) -> tuple[tuple[str, bytes, str], dict[str, str]]:
        lines = [f"{month},1705999{n:04},手机,P1,38.00,19.00,19.00," for n in range(rows)]
        file = (f"{month}-{rows}.csv", "\n".join([header, *lines, ""]).encode(), "text/csv")
        return file, {"operator": "mobile", "month": month, "rows": str(rows), "total": f"{19 * rows}.00"}

    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/imports/billing")
        file, typed = write("2019-01", 40)
        assert "已导入" in (await send(browser, "billing", "take", typed=typed, file=file)).text
        file, typed = write("2019-02", 1)
        tried = await send(browser, "billing", "try", typed=typed, file=file)
        assert "没有错误，但是少得多；还没有导入" in tried.text
        refused = await send(browser, "billing", "take", status=409, typed=typed, file=file)
        assert "这个月连这份一共 1 行。核对后用“确实只有这些”导入。" in refused.text
        # The month is not over on the day of the tests, which is refused after the tick.
        ticked = await send(browser, "billing", "take", status=409, typed={**typed, "take_fewer": "1"}, file=file)
        assert "这个月还没有过完" in ticked.text


async def test_the_budget_of_a_month_is_typed(service: Service, people: Officials, database: Database) -> None:
    async with open_desk_walker(service, people.tokens["jiang"]) as browser:
        await browser.open("/desk/imports/budget")
        seen = await send(browser, "budget", "try", status=422, typed={"month": "2019-13", "public": "450"})
        assert "月份写成 2019-01" in seen.text
        seen = await send(browser, "budget", "try", typed={"month": "2019-01", "public": "450.50"})
        assert "没有错误，还没有导入" in seen.text
        assert "已导入" in (await send(browser, "budget", "take")).text
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT public_fen FROM budgets") == 450_50
