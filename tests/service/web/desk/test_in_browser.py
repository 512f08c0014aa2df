"""The desk in Chromium: accessible, readable, within the screen; the approval form on one printed page."""

from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path

import pytest
from msgspec import Struct

from market.kernel import Connection, Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.service.app import create_app
from market.subsidies.month.steps import RUN
from market.subsidies.tasks.submit import add_task, make_month_task
from tests.service.web.desk.county import COUNTY, NOW, Officials, play_january
from tests.service.web.desk.live import free_port, open_signed_in_context, serve_on_port
from tests.service.web.ui.test_in_browser import SMALL_TARGETS, SMALL_TEXT
from tests.support.accessibility import find_faults_async
from tests.support.app import build_settings
from tests.support.chromium import launch_chromium
from tests.support.make import VILLAGE, make_official, make_producer
from tests.support.postgres import as_owner

pytestmark = pytest.mark.long

PAGES = (
    ("gan", "/desk"), ("gan", "/desk/months"), ("xian", "/desk/months/2019-01"),
    ("gan", "/desk/places?household=H02&line=YD-02"), ("zhen", "/desk/findings"), ("gan", "/desk/imports"),
    ("gan", "/desk/imports/billing"), ("gan", "/desk/tasks/{task}"), ("gan", "/desk/notices?all=1"),
    ("jiang", "/desk/programmes"),
    ("jiang", "/desk/programmes/set?code=P1"), ("gan", "/desk/sheets"), ("gan", "/desk/sheets/2019-01"),
    ("gan", "/desk/quarters/2019Q1"), ("xian", "/desk/quarters/2018Q4"),
    ("cun", "/desk/producers"), ("cun", "/desk/producers/{producer}"),
    ("cai", "/desk/money"), ("platform", "/desk/money"), ("xian", "/desk/officials"), ("xian", "/desk/officials/cun"),
)  # fmt: skip


class Live(Struct, frozen=True):
    """A running service with a pending application."""

    address: str
    producer: str
    task: str


async def make_money_problems(conn: Connection) -> None:
    """Insert a problem of each kind that has a form on the page."""
    for order, method, state, captured in (("1", "bank", "created", 0), ("2", "alipay", "captured", 45_00)):
        payment = await conn.fetchval(
            "INSERT INTO payments.payments (order_ref, purpose, method, currency, amount_minor, captured_minor, state,"
            " opened_at, expires_at) VALUES ($1, 'full', $2, 'CNY', 4500, $4, $3, $5, $5) RETURNING id",
            order, method, state, captured, NOW,
        )  # fmt: skip
    await conn.execute(
        "INSERT INTO payments.refunds (payment_id, key, kind, amount_minor, state, requested_at)"
        " VALUES ($1, 'k', 'refunded', 500, 'failed', $2)",
        payment, NOW,
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state)"
        " VALUES ('stripe', 'evt_dead', 'charge.refunded', '', 'dead')"
    )
    await conn.execute(
        "INSERT INTO payments.discrepancies (provider, day, kind, reference, provider_minor, opened_at)"
        " VALUES ('stripe', '2019-01-19', 'missing_here', 'txn_1', 900, $1)",
        NOW,
    )


@pytest.fixture
async def live(dsn: str, folder: Path, county: Officials, database: Database) -> AsyncGenerator[Live]:
    await play_january(database, county, until="review")
    async with database.transaction() as conn:
        producer = await make_producer(conn, state="applied", village=VILLAGE)
        platform = await make_official(conn, Role.PLATFORM, "13")
        county.tokens["platform"] = (await sign_in_without_code(conn, platform, now=NOW, second_factor=True)).token
        async with as_owner(conn):
            await make_money_problems(conn)
    async with database.transaction(scope=COUNTY) as conn:
        run = make_month_task(RUN, "2019-01")
        task = await add_task(conn, county.actors["gan"], COUNTY, run, request_key="k", now=NOW)
    port = free_port()
    settings = build_settings(dsn, folder, now=NOW, public_url=f"http://127.0.0.1:{port}")
    async with serve_on_port(create_app(settings), port, works=False) as address:
        yield Live(address, str(producer), str(task))


async def test_every_page_passes_axe_in_light_dark_and_large_mode(live: Live, county: Officials) -> None:
    found: list[str] = []
    async with launch_chromium() as browser:
        for handle, scheme in product(dict(PAGES), ("light", "dark")):
            context = await open_signed_in_context(
                browser,
                live.address,
                county.tokens[handle],
                color_scheme=scheme,
                viewport={"width": 360, "height": 740},
            )
            if scheme == "dark":
                await context.add_cookies([{"name": "elder", "value": "1", "url": live.address}])
            page = await context.new_page()
            for path in [path for of, path in PAGES if of == handle]:
                answer = await page.goto(live.address + path.format(producer=live.producer, task=live.task))
                assert answer is not None
                assert answer.status == 200, path
                faults = await find_faults_async(page, looks=scheme == "dark")
                found += [f"{path} {scheme}: {rule} {[html[:120] for html in nodes][:3]}" for rule, nodes in faults]
            await context.close()
    assert found == []


async def test_a_second_factor_is_replaced_and_shown_without_scripts(live: Live, county: Officials) -> None:
    async with launch_chromium() as browser:
        context = await open_signed_in_context(
            browser, live.address, county.tokens["xian"], viewport={"width": 360, "height": 640},
            java_script_enabled=False,
        )  # fmt: skip
        page = await context.new_page()
        await page.goto(f"{live.address}/desk/officials")
        await page.get_by_role("link", name="（cai）").click()
        await page.get_by_role("button", name="换动态口令").click()
        await page.get_by_text("动态口令只显示这一次").wait_for()
        drawing = await page.locator(".qr svg").bounding_box()
        assert drawing is not None
        assert drawing["width"] >= 200
        await page.goto(f"{live.address}/desk/officials/cai")
        assert await page.locator(".qr").count() == 0
        await context.close()


async def test_nothing_overflows_and_every_target_is_large_enough(live: Live, county: Officials) -> None:
    wrong: list[str] = []
    async with launch_chromium() as browser:
        for handle, path in PAGES:
            for width in (320, 1280):
                context = await open_signed_in_context(
                    browser, live.address, county.tokens[handle], viewport={"width": width, "height": 900}
                )
                page = await context.new_page()
                await page.goto(live.address + path.format(producer=live.producer, task=live.task))
                wide = await page.evaluate("document.documentElement.scrollWidth")
                small = (await page.evaluate(SMALL_TEXT), await page.evaluate(SMALL_TARGETS))
                if wide != width or small != ([], []):
                    wrong.append(f"{path} at {width}: {wide} {small}")
                await context.close()
    assert wrong == []


async def test_the_approval_form_fits_one_landscape_page(live: Live, county: Officials, folder: Path) -> None:
    async with launch_chromium() as browser:
        context = await open_signed_in_context(browser, live.address, county.tokens["xian"])
        page = await context.new_page()
        await page.goto(f"{live.address}/desk/sheets/2019-01")
        await page.pdf(path=folder / "sheet.pdf", prefer_css_page_size=True)
        await context.close()
    sheet = (folder / "sheet.pdf").read_bytes()
    assert sheet.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 841" in sheet
