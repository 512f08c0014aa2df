"""Sales in the sample: every life of a sale has an example, each by the functions of the market."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.reports.village_benefits import list_ended_quarters, list_village_benefits
from market.service.demo.sample.accounts import DEMO_COUNTY, list_logins
from market.villages.benefits.models import BenefitHow
from tests.conftest import clone_database, drop_database
from tests.service.demo.sample.conftest import NOW
from tests.support.app import Service, build_settings, run_service
from tests.support.browser import PageClient


@pytest.fixture
async def service(loaded: str, server: EmbeddedServer, seal: Seal, folder: Path) -> AsyncGenerator[Service]:
    """The demo over a copy of the samples."""
    name = await clone_database(server, loaded.rpartition("/")[2])
    accounts = [{"role": each.role, "phone": each.phone} for each in list_logins(seal)]
    (folder / "demo.json").write_text(json.dumps({"accounts": accounts}))
    async with run_service(build_settings(server.dsn(name), folder, now=NOW, demo=True)) as service:
        yield service
    await drop_database(server, name)


async def become(browser: PageClient, role: str) -> None:
    """Choose a person on the list of the demo's people."""
    await browser.open("/demo/people")
    await browser.submit("/demo/people", press=("who", role))


async def list_order_pages(browser: PageClient) -> str:
    """Return the texts of the buyer's orders, newest first."""
    numbers: list[str] = []
    more = ["/me/orders"]
    while more:
        links = (await browser.open(more[0])).links()
        numbers += [link for link in links if link.removeprefix("/orders/").isdigit()]
        more = [link for link in links if link.startswith("/me/orders?before=")]
    return "\n".join([(await browser.open(link)).text for link in numbers])


async def test_the_buyer_sees_an_order_in_every_state(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await become(browser, "buyer")
        shown = await list_order_pages(browser)
        written = (await browser.open("/me/messages")).text
        vouchers = (await browser.open("/coupons")).text
    for words in (
        "订金付了，等尾款 订单",  # before the harvest
        "称了 5.23 公斤（10.46 斤），合 31.38 元",
        "退款 −1.62 元",
        "邮政 XA310000021CN",
        "取货码",
        "坏果包赔，阜平大枣，要退 3.63 元：同意退 3.63 元。",
        "坏果包赔，阜平大枣，要退 5.44 元：等卖家答复，6 月 11 日 8 点 50 分前。",
        "坏果包赔，阜平大枣，要退 12.08 元：没有同意。",
        "退货，阜平核桃 × 2，货款 64.00 元：等卖家答复，6 月 11 日 16 点 30 分前。",
        "7月6日到，7月8日走",  # asked for other days, and got them
        "7月25日到，7月27日走，1 号房 订金 等尾款",
        "店家取消的：房间订重了。付过的钱全退，没付的不用付。",
        "入住码",
        "入场码",
    ):
        assert words in shown, words
    assert "真不错！下回买三袋能便宜点吗？" in written
    assert "满 100.00 元减 10.00 元，什么都能买 用到2026年8月8日" in vouchers


async def test_the_farmer_has_something_of_each_kind_to_answer(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await become(browser, "farmer")
        home = (await browser.open("/farm")).text
        complaint = (await browser.open("/farm/complaints")).text
        reviews = (await browser.open("/farm/reviews")).text
        invoices = (await browser.open("/farm/invoices")).text
        parcels = await browser.open("/farm/orders")
        parcel = parcels.text
        units = (await browser.open("/farm/units")).text
        labels = [
            (await browser.open(f"{link}/labels")).text for link in parcels.links() if link.startswith("/farm/parcels/")
        ]
    for words in (
        "1 件坏果，等您答复", "1 件调解，等您答复", "1 件退货，等您办", "1 单，买家有话问", "1 条评价没回", "先称重",
        "3 张发票，等您开",
        "1 张红字发票，公家单位退了货，等您开",
    ):  # fmt: skip
        assert words in home, words
    assert "等县里答复" in complaint
    assert "原来记错成" in invoices
    assert "样例买**，2026年5月30日，回过了" in reviews
    assert "付了订金，等尾款的 1 单" in parcel
    assert "等卖家开红字发票，2026年6月12日前开红字发票" in units
    assert sum("批大枣" in each for each in labels) == 2
    assert sum("贴错了" in each and "唐甲子去掉" in each for each in labels) == 1


async def test_the_host_sees_the_guests_of_today_and_tomorrow(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await become(browser, "host")
        guests = (await browser.open("/farm/guests")).text
        changes = (await browser.open("/farm/changes")).text
    for words in (
        "骆驼湾村剪纸半天 6月10日 14:00–17:00 样例黄乙亥，2 个名额，还没到",
        "骆驼湾村剪纸半天 6月11日 14:00–17:00 样例买家甲，4 个名额，还没到",
        "6月9日到，6月11日走 已经到了",
        "6月10日到，6月12日走 还没到 样例买家甲",
        "6月11日到，6月13日走 还没到",
    ):
        assert words in guests, words
    assert "客人想改到：6月15日到，6月17日走" in changes


@pytest.mark.parametrize(
    ("role", "cases"),
    [
        (
            "county",
            (
                "货不对版投诉",
                "调解 ",
                "发票",
                "等买家和卖家答复",
                "减免投诉 6",
                "减免投诉 7",
                "扶持申请",
                "我的信息",
                "举报",
                "咨询",
                "信息公开申请",
            ),
        ),
        ("finance", ("坏果包赔",)),
        ("platform", ("评价申诉",)),
    ],
)
async def test_officials_have_cases_to_decide(service: Service, role: str, cases: tuple[str, ...]) -> None:
    async with PageClient(service.app) as browser:
        await become(browser, role)
        listed = (await browser.open("/desk/cases")).text
    assert f"要我定的事 {len(cases)} 件" in listed
    assert [name for name in cases if name not in listed] == []


async def test_a_farm_is_closed_and_walnuts_cost_less_by_number(service: Service) -> None:
    async with PageClient(service.app) as browser:
        found = await browser.open("/search?q=核桃")
        goods = [(await browser.open(link)).text for link in found.links() if link.startswith("/goods/")]
    closed = [text for text in goods if "农忙，6 月 16 日回来" in text]
    cheaper = [text for text in goods if "满 3 袋，一袋 31.00 元" in text]
    assert (len(closed), len(cheaper)) == (1, 1), goods


async def test_a_package_is_on_sale_and_booked_and_one_waits_for_the_farmer(service: Service) -> None:
    async with PageClient(service.app) as browser:
        listed = (await browser.open("/packages")).text
        await become(browser, "buyer")
        shown = await list_order_pages(browser)
        await become(browser, "farmer")
        home = (await browser.open("/farm")).text
        asked = (await browser.open("/farm/packages")).text
    assert "骆驼湾两日：住农家、学剪纸" in listed
    assert "骆驼湾年货两日" not in listed
    assert "乡村套餐：骆驼湾两日：住农家、学剪纸" in shown
    assert "1 个套餐，请您答复" in home
    assert "您的答复：还没答复" in asked


async def test_a_host_changed_what_is_refunded(sample: Connection) -> None:
    versions = (
        "SELECT max(n) FROM (SELECT count(DISTINCT valid_during) AS n FROM cancel_tiers GROUP BY listing_id) AS v"
    )
    assert await sample.fetchval(versions) == 2


async def test_the_last_quarter_shows_what_households_of_a_village_gained(sample: Connection) -> None:
    today = get_business_day(NOW)
    official = await find_actor_by_handle(sample, "xian", day=today)
    assert official is not None
    official = msgspec.structs.replace(official, second_factor=True)
    quarter = list_ended_quarters(today)[0]
    found = await list_village_benefits(sample, official, DEMO_COUNTY, quarter=quarter, today=today)
    shown = {(each.village_code is None, each.how): each.households for each in found}
    assert shown[False, BenefitHow.SALE] == shown[True, BenefitHow.SALE] == 12
    assert shown[False, BenefitHow.DIVIDEND] == 10


async def test_nobody_gets_the_messages_of_the_past(sample: Connection) -> None:
    assert await sample.fetchval("SELECT count(*) FROM messages") == 0
