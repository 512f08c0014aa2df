"""Contacts on the desk, and on the pages of the farmers whom they answer."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.kernel.settings import Settings
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.service.web.ui.format import day_zh
from tests.service.web.desk.county import COUNTY, NOW, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import VILLAGE, make_account, make_contact, make_official, make_producer

MARKET = Path(__file__).parents[4] / "market"
FARM_PAGES = ("/farm", "/farm/orders", "/farm/sell", "/farm/money", "/farm/mine", "/farm/papers", "/farm/bill")
NOBODY = "村里、县里还没有登记联系人，有事先打服务电话"
SAMPLE_TEXTS = (
    "service/demo/", "service/web/templates/guide/", "service/web/templates/styleguide.html",
    "service/web/ui/styleguide.py", "testing.py",
    # Shown in the demo only.
    "service/web/account/demo_people.py", "service/web/templates/account/", "service/web/templates/base/",
    "kernel/settings.py",
    # Rows of the templates to download, and the mark of sample people in reports and reviews.
    "subsidies/imports/formats/columns.py", "subsidies/imports/formats/templates.py", "subsidies/imports/officials.py",
    "sales/reviews/views.py", "reports/line.py",
)  # fmt: skip
"""Where the word 样例 stands, and why it reaches no other database."""


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in(conn: Connection, role: Role, scope: str = COUNTY) -> str:
    account = await make_official(conn, role, scope)
    return (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token


async def test_a_farmer_reads_the_contact_that_the_county_keeps(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        owner = await make_account(conn, name="枣农")
        await make_producer(conn, village=VILLAGE, owner=owner, name="枣园")
        farmer = (await sign_in_without_code(conn, owner, now=NOW, second_factor=False)).token
        keeper, finance = await sign_in(conn, Role.IMPORTER), await sign_in(conn, Role.FINANCE)
        village = await conn.fetchval("SELECT name FROM divisions WHERE code = $1", VILLAGE)
    async with open_desk_walker(service, keeper) as desk, open_desk_walker(service, farmer) as farm:
        for path in FARM_PAGES:
            seen = await farm.open(path)
            assert NOBODY in seen.html, path
            assert f"tel:{Settings().help_phone}" in seen.html
            assert "样例" not in seen.html, path
        seen = await desk.open("/desk/contacts")
        assert Settings().help_phone in seen.text
        await desk.submit("/desk/contacts", place="没有这个村", name="站长", status=422)
        await desk.submit(
            "/desk/contacts", place=VILLAGE, name="站长", phone="0312-7200001", hours="周一到周五"
        )  # fmt: skip
        await desk.submit("/desk/contacts", place="阜平县", name="县里人", phone="03127200002", hours="白天")
        for path in FARM_PAGES:
            seen = await farm.open(path)
            assert f"办事找{village}服务站，站长（周一到周五）：" in seen.html, path
            assert "tel:03127200001" in seen.html, path
        [link] = {
            each for each in (await desk.open("/desk/contacts")).links() if each.startswith("/desk/contacts/")
        } - {f"/desk/contacts/{await find_id(database, '县里人')}"}
        await desk.open(link)
        today = get_business_day(NOW)
        last = today + timedelta(days=300)
        await desk.submit(link, away_from=str(today), away_to=str(last))
        assert "办事找阜平县服务台，县里人（白天）" in (await farm.open("/farm")).html
        await desk.open(f"/desk/contacts/{await find_id(database, '县里人')}")
        await desk.submit(f"/desk/contacts/{await find_id(database, '县里人')}", press=("act", "end"))
        seen = await farm.open("/farm")
        assert "站长（周一到周五）" in seen.html
        assert f"现在不在，{day_zh(last + timedelta(days=1))}回来。" in seen.html
    async with open_desk_walker(service, finance) as other:
        seen = await other.open("/desk/contacts")
        assert "站长，03127200001" in seen.text
        assert "登记一个" not in seen.text


async def find_id(database: Database, name: str) -> str:
    async with database.connection() as conn:
        return str(await conn.fetchval("SELECT id FROM contacts WHERE name = $1", name))


async def test_a_division_has_one_contact(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        await make_contact(conn, VILLAGE, "站长")
        keeper = await sign_in(conn, Role.COUNTY)
    async with open_desk_walker(service, keeper) as desk:
        await desk.open("/desk/contacts")
        seen = await desk.submit("/desk/contacts", place=VILLAGE, name="别人", phone="12345", hours="白天", status=409)
        assert "这个地方已经登记了联系人" in seen.text


def test_no_constant_of_the_sample_is_outside_of_the_demo() -> None:
    found = [
        path.relative_to(MARKET).as_posix()
        for path in sorted(MARKET.rglob("*"))
        if path.suffix in {".py", ".html", ".js", ".css", ".sql"} and "样例" in path.read_text("utf-8")
    ]
    assert [each for each in found if not each.startswith(SAMPLE_TEXTS)] == []
