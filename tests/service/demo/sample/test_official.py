"""The demo's official at the desk: a finding, a refused approval and a repeated run."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.service.demo.sample.accounts import list_logins
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


async def test_the_official_sees_a_death_is_refused_approval_and_gets_an_equal_hash(service: Service) -> None:
    async with PageClient(service.app) as browser:
        desk = await browser.open("/demo/official")
        assert desk.path == "/desk"
        assert "疑点：死亡后仍享受" in desk.text
        assert "死亡，2026-06-01 登记" in desk.text
        assert "这个月的文件是您导入的，导入人不能审批。" in desk.text

        month = await browser.open("/desk/months/2026-05")
        assert "疑点：死亡后仍享受" in month.text
        refused = await browser.submit("/desk/months/2026-05/decide", status=403)
        assert "没有审定：导入人不能审批" in refused.text
        assert "2026年5月账期里，您已经办理过导入，不能再办理县级审定。" in refused.text
        assert "能办的人：样例县某、" in refused.text

        await browser.open("/desk/months/2026-05")
        again = await browser.wait_for_task(await browser.submit("/desk/months/2026-05/run"))
        assert "又算了一遍，结果号没有变" in again.text
        assert read_hash(again.text) == read_hash(month.text)


def read_hash(text: str) -> str:
    """Return the result hash on a month's page."""
    found = text.partition("结果号 ")[2].split()[0]
    assert len(found) == 64
    return found


async def test_stopping_findings_of_the_open_month_await_the_township(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await browser.open("/demo/official")
        seen = await browser.open("/desk/findings?month=2026-05&state=open")
    assert "先停付" in seen.text
    assert "停付的疑点没处理完，账期不能往下走。" in seen.text
    assert "记下处理结果" not in seen.text


async def test_every_reduction_shows_its_reason(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await browser.open("/demo/official")
        seen = await browser.open("/desk/months/2026-05")
    [table] = [table for table in seen.root.all("table") if "核减原因" in table.text]
    reasons = [row.all("th")[0].text for row in table.all("tr")[1:-1]]
    assert "申请高于按标准应补的数" in reasons
    assert [reason for reason in reasons if "核减" in reason or not reason] == []
