"""The official of the first minute at the sample's desk: what the issue promises is one or two presses away."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel.embedded import Server
from market.kernel.seal import Seal
from market.sample.people import demo_accounts
from tests.conftest import clone, drop
from tests.sample.conftest import NOW
from tests.service import Service, serving, settings_for
from tests.web.pages.walker import Walker


@pytest.fixture
async def service(loaded: str, server: Server, seal: Seal, folder: Path) -> AsyncGenerator[Service]:
    """The demo over a copy of the samples."""
    name = await clone(server, loaded.rpartition("/")[2])
    accounts = [{"role": each.role, "phone": each.phone} for each in demo_accounts(seal)]
    (folder / "demo.json").write_text(json.dumps({"accounts": accounts}))
    async with serving(settings_for(server.dsn(name), folder, now=NOW, demo=True)) as service:
        yield service
    await drop(server, name)


async def test_the_official_finds_a_death_a_refusal_and_the_same_hash(service: Service) -> None:
    async with Walker(service.app) as walker:
        desk = await walker.open("/demo/official")
        assert desk.path == "/desk"
        assert "疑点：死亡后仍享受" in desk.text
        assert "死亡，2026-06-01 登记" in desk.text
        assert "这个月的文件是您导入的，导入人不能审批。" in desk.text

        month = await walker.open("/desk/months/2026-05")
        assert "疑点：死亡后仍享受" in month.text
        refused = await walker.submit("/desk/months/2026-05/decide", status=403)
        assert "没有审定：导入人不能审批" in refused.text
        assert "2026年5月账期里，您已经办理过导入，不能再办理县级审定。" in refused.text
        assert "能办的人：样例县某、" in refused.text

        await walker.open("/desk/months/2026-05")
        again = await walker.submit("/desk/months/2026-05/run")
        assert "又算了一遍，结果号没有变" in again.text
        assert hash_of(again.text) == hash_of(month.text)


def hash_of(text: str) -> str:
    """The month's result hash as its page prints it."""
    found = text.partition("结果号 ")[2].split()[0]
    assert len(found) == 64
    return found


async def test_stopping_findings_of_the_open_month_wait_for_the_township(service: Service) -> None:
    async with Walker(service.app) as walker:
        await walker.open("/demo/official")
        seen = await walker.open("/desk/findings?month=2026-05&state=open")
    assert "待处理，这几条业务先停付" in seen.text
    assert "记下处理结果" not in seen.text


async def test_no_reduction_of_the_sample_is_without_its_reason(service: Service) -> None:
    async with Walker(service.app) as walker:
        await walker.open("/demo/official")
        seen = await walker.open("/desk/months/2026-05")
    [table] = [table for table in seen.root.all("table") if "核减原因" in table.text]
    reasons = [row.all("th")[0].text for row in table.all("tr")[1:-1]]
    assert "申请高于按标准应补的数" in reasons
    assert [reason for reason in reasons if "核减" in reason or not reason] == []
