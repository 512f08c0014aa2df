"""Imports by form: dry run with every bad cell, import, no-op for the same file, refusal of a changed one."""

from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from market.kernel import Database
from tests.service.web.desk.county import COUNTY, INPUT, Officials, read_story_file, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table, story_upload
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient, read_form_values

REGISTER = "register/register-2018-12-20.csv"
SENT = tuple[str, bytes, str]


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # the officials exist before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def open_and_send(browser: PageClient, kind: str, what: str, *, status: int = 200, **files: SENT) -> LoadedPage:
    await browser.open(f"/desk/imports/{kind}")
    return await send_form(browser, kind, what, status=status, **files)


async def send_form(browser: PageClient, kind: str, what: str, *, status: int = 200, **files: SENT) -> LoadedPage:
    return await browser.submit(f"/desk/imports/{kind}", press=("what", what), status=status, files=dict(files))


def read_first_worksheet(content: bytes) -> list[list[str]]:
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


async def count(database: Database, name: str) -> int:
    async with database.transaction(scope=COUNTY) as conn:
        return await conn.fetchval(f"SELECT count(*) FROM {name}")


async def test_a_file_is_imported_once_after_a_dry_run(service: Service, people: Officials, database: Database) -> None:
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        tried = await open_and_send(browser, "register", "try", file=story_upload(REGISTER))
        assert "没有错误，还没有导入" in tried.text
        assert "register-2018-12-20.csv，40 行；新增人 40，人有变化 0，新增户 16" in tried.text
        assert await count(database, "persons") == 0
        taken = await send_form(browser, "register", "take", file=story_upload(REGISTER))
        assert "已导入" in taken.text
        assert await count(database, "persons") == 40
        again = await open_and_send(browser, "register", "take", file=story_upload(REGISTER))
        assert "这个文件已经导入过，内容一样" in again.text
        assert await count(database, "import_files") == 1
        listed = await browser.open("/desk/imports")
        assert "register-2018-12-20.csv 40 行" in listed.text
        assert "户 16 人 40" in listed.text


async def test_a_file_other_than_that_of_the_dry_run_is_refused(
    service: Service, people: Officials, database: Database
) -> None:
    name, content, kind = story_upload(REGISTER)
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        await open_and_send(browser, "register", "try", file=(name, content, kind))
        seen = await send_form(browser, "register", "take", status=422, file=(name, content + b"\n", kind))
        assert "没有导入：不是刚才试过的那个文件" in seen.text
    assert await count(database, "persons") == 0


async def test_a_register_is_imported_from_a_workbook_with_english_headers(
    service: Service, people: Officials, database: Database
) -> None:
    english = {
        "户编号": "household", "成员序号": "seat", "姓名": "name", "与户主关系": "relation", "身份证号": "identity",
        "出生日期": "born_on", "性别": "sex", "村代码": "village", "原建档立卡": "registered", "监测类型": "monitoring",
        "风险消除日期": "risk_removed_on", "保障档": "tier", "成员自": "member_from", "成员至": "member_until",
        "离户原因": "leave_reason", "死亡日期": "died_on", "来源户": "split_from",
    }  # fmt: skip
    rows = [line.split(",") for line in read_story_file(REGISTER).decode("utf-8-sig").splitlines()]
    made = BytesIO()
    book: Any = xlsxwriter.Workbook(made, {"in_memory": True})
    page = book.add_worksheet()
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            page.write_string(at, column, english.get(cell, cell) if at == 0 else cell)
    book.close()
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        file = ("名册.xlsx", made.getvalue(), "application/octet-stream")
        seen = await open_and_send(browser, "register", "take", file=file)
    assert "已导入" in seen.text
    assert await count(database, "persons") == 40


async def test_every_bad_cell_is_listed_and_nothing_is_stored(
    service: Service, county: Officials, database: Database
) -> None:
    name = "traps/malformed/telecom-2019-02"
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await open_and_send(
            browser, "billing", "try", status=422,
            file=story_upload(f"{name}.csv"), manifest=story_upload(f"{name}.manifest.json"),
        )  # fmt: skip
    assert "要改的地方，7 处" in seen.text
    expected = msgspec.json.decode((INPUT.parent / "expected" / "malformed.json").read_bytes())["faults"]
    assert [row[:2] for row in read_table(seen)[1:]] == [[f"第 {each['row']} 行", each["column"]] for each in expected]
    assert await count(database, "claims") == 23


async def test_a_known_name_with_other_content_is_refused_with_both_hashes(service: Service, county: Officials) -> None:
    name = "traps/same-name-other-content/mobile-2019-01"
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await open_and_send(
            browser, "billing", "take", status=409,
            file=story_upload(f"{name}.csv"), manifest=story_upload(f"{name}.manifest.json"),
        )  # fmt: skip
    assert "128322ebdeed8f41c3410364e959e9f32e3312076b2bd8b2f4345345f6d619c4" in seen.text
    assert seen.text.count("已经导入过，内容不同") == 1


async def test_a_bill_without_its_manifest_is_refused(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await open_and_send(
            browser, "billing", "take", status=422, file=story_upload("billing/mobile-2019-02.csv")
        )
    assert "没有清单" in seen.text


async def test_accepted_changes_of_a_register_are_imported(
    service: Service, county: Officials, database: Database
) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        name, content, media_type = story_upload("register/register-2019-03-01.csv")
        # The split is as of today: the register takes no membership of a later day.
        file = (name, content.replace(b"2019-03-01", b"2019-02-14"), media_type)
        seen = await open_and_send(browser, "register", "take", status=409, file=file)
        assert "没有导入：会改动现有名册" in seen.text
        # The box 接受变更 is ticked now: pressing again imports the changes.
        seen = await send_form(browser, "register", "take", file=file)
        assert "已导入" in seen.text
    assert await count(database, "households") == 17


async def test_programmes_are_imported_with_their_documents(
    service: Service, people: Officials, database: Database
) -> None:
    async with open_desk_walker(service, people.tokens["jiang"]) as browser:
        file = story_upload("programmes.json")
        missing = await open_and_send(browser, "programmes", "try", status=422, file=file)
        assert "没有这个文件" in missing.text
        await browser.open("/desk/imports/programmes")
        form = browser.current.form("/desk/imports/programmes")
        csrf = next(node.attrs["value"] for node in form.all("input") if node.attrs.get("name") == "csrf")
        papers = [("documents", story_upload(f"documents/P{number}.txt")) for number in (1, 2, 3)]
        answer = await browser.client.post(
            "/desk/imports/programmes",
            data={"csrf": csrf, "what": "take"},
            files=[("file", file), *papers],
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 303
        taken = await browser.open(answer.headers["location"])
        assert (taken.path, taken.heading) == ("/desk/imports/programmes?done=1", "导入项目和标准")
        seen = await browser.open("/desk/programmes")
    assert "农户最多付 50%" in seen.text
    assert "由运营商让利70%，县级财政承担30%" in seen.text
    assert await count(database, "programmes") == 3


async def test_the_policy_official_cannot_import_the_register(
    service: Service, county: Officials, database: Database
) -> None:
    before = await count(database, "import_files")
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        seen = await browser.open("/desk/imports/register")
        assert "这种文件由县级经办导入，您可以看记录。" in seen.text
        page = await browser.open("/desk/imports/plans")
        csrf = page.html.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await browser.client.post(
            "/desk/imports/register",
            data={"csrf": csrf, "what": "take"},
            files={"file": story_upload("register/register-2019-03-01.csv")},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    assert answer.status_code == 403
    assert "没有导入" in answer.text
    assert await count(database, "import_files") == before


async def test_a_page_explains_its_columns_and_offers_a_template_and_what_the_county_holds(
    service: Service, database: Database, people: Officials
) -> None:
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        seen = await browser.open("/desk/imports/enrolments")
        assert "村级评议人 可以不要这一列" in seen.text
        assert "/desk/imports/enrolments/template" in seen.links()
        template = await browser.client.get("/desk/imports/enrolments/template")
        assert template.headers["content-type"].startswith("application/vnd.openxmlformats")
        [header, example, *_] = read_first_worksheet(template.content)
        assert header[:3] == ["业务编号", "项目", "身份证号"]
        assert example[0] != ""
        form = dict(read_form_values(seen.form("/desk/imports/enrolments/held")))
        held = await browser.client.post(
            "/desk/imports/enrolments/held", data=form, headers={"Sec-Fetch-Site": "same-origin"}
        )
        rows = read_first_worksheet(held.content)
        assert len(rows) == 1 + await count(database, "enrolments")
        assert rows[0] == header
        assert (await browser.client.get("/desk/imports/programmes/template")).status_code == 200
