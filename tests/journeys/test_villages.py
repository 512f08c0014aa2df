"""What a village does with organisations and officials, in Chromium at 360 px."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg

from tests.journeys.conftest import Phone, Town, in_thread
from tests.journeys.test_buyer import sign_in
from tests.service.web.conftest import FARMER_PHONE, HOST_PHONE
from tests.support.make import VILLAGE, make_account


def run_sql(town: Town, sql: str) -> None:
    """Run a statement as the owner of the tables, in place of an official."""

    async def run() -> None:
        conn = await asyncpg.connect(town.dsn)
        official = await make_account(conn, name="样例县里")
        await conn.execute(sql, official)
        await conn.close()

    in_thread(lambda: asyncio.run(run()))


def test_a_company_pairs_with_a_village_without_scripts(town: Town, phone: Callable[[bool], Phone]) -> None:
    member, last = phone(False), town.village.today + timedelta(days=400)
    member.open(f"{town.url}/sign-in?to=/me/organisations")
    sign_in(town, member, FARMER_PHONE)
    member.tab.select_option("#kind", "company")
    for field, words in (("name", "样例食用菌公司"), ("credit_code", "91130624MA0XAMPL0Q"), ("county", "阜平县")):
        member.tab.fill(f"#{field}", words)
    member.press("登记")
    run_sql(town, "UPDATE organisations SET verified_by = $1, verified_at = now()")
    member.press("和村结对")
    member.tab.select_option("#organisation", label="样例食用菌公司")
    for field, words in (("village", "革新庄村"), ("last", str(last)), ("teach", "40"), ("teach_last", str(last))):
        member.tab.fill(f"#{field}", words)
    member.press("提出去")
    assert "提出去了" in member.tab.locator("main").inner_text()
    run_sql(town, "UPDATE pairings SET agreed_by = $1, agreed_at = now()")
    neighbour = phone(True)
    neighbour.open(f"{town.url}/village?village={VILLAGE}")
    neighbour.press("结对的单位")
    assert "说好 40 人次" in neighbour.tab.locator("main").inner_text()
    member.press("样例食用菌公司，革新庄村")
    assert "正在结对" in member.tab.locator("main").inner_text()


def test_a_villager_asks_the_county_and_reads_what_needs_no_money(town: Town, phone: Callable[[bool], Phone]) -> None:
    asker = phone(True)
    asker.open(f"{town.url}/sign-in?to=/village/inquiries%3Fvillage%3D{VILLAGE}")
    sign_in(town, asker, HOST_PHONE)
    assert asker.tab.locator('main a[href="tel:120"]').is_visible()
    asker.tab.check('input[name="kind"][value="disclosure"]')
    asker.tab.fill("#text", "申请公开道路硬化的验收单")
    asker.press("问出去")
    assert "等县里答复" in asker.tab.locator("main").inner_text()
    asker.open(f"{town.url}/village?village={VILLAGE}")
    asker.press("公益")
    assert "不收钱" in asker.tab.locator("main").inner_text()
    asker.open(f"{town.url}/me/notices")
