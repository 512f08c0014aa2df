"""业务变更 on the desk: a line's versions, a change that one official reports and another takes, and a pause."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.service.web.desk.county import Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_new_sim_is_reported_and_taken_on_pages(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        assert "没有这个业务编号" in (await browser.open("/desk/lines?line=YD-999", status=404)).text
        seen = await browser.open("/desk/lines?line=YD-01")
        assert read_table(seen)[1][:2] == ["2018-10-01 起", "新办"]
        assert not [each for each in seen.root.all("form") if each.attrs.get("action") == "/desk/lines"]
        await browser.open("/desk/lines?line=YD-01&verb=replace_sim")
        seen = await browser.submit("/desk/lines", effective_on="2019-02-15", sim="12", note="", status=422)
        for words in ("不能晚于今天 2019-02-14", "卡号是 19 或 20 位", "请写您怎么知道的"):
            assert words in seen.text
        seen = await browser.submit(
            "/desk/lines", effective_on="2019-02-10", sim="89860019000000009993", note="样例：看过受理单"
        )
        assert "记下了，等另一个人办" in seen.text
        assert "写进绑定" not in seen.text
        seen = await browser.submit("/desk/lines/pauses", pause_reason="check", note="样例：在查", status=422)
        assert "请写从哪天起" in seen.text
        seen = await browser.submit(
            "/desk/lines/pauses", pause_reason="check", paused_from="2019-02-12", note="样例：在查"
        )
        for words in ("暂停了，要另一个人来恢复", "暂停享受", "正在核查，2019-02-12 起，还没有恢复"):
            assert words in seen.text
        rows = read_table(await browser.open("/desk/lines"))
        assert rows[1][:3] == ["YD-01", "骆驼湾村", "补换卡 1"]
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        assert "业务变更 1 件，等您办" in (await browser.open("/desk")).text
        seen = await browser.open("/desk/lines?line=YD-01")
        actions = [each.attrs.get("action") or "" for each in seen.root.all("form")]
        [path] = [each for each in actions if each.startswith("/desk/lines/") and "pauses" not in each]
        seen = await browser.submit(path, decision="refuse", status=422)
        assert "请写为什么" in seen.text
        seen = await browser.submit(path, decision="take")
        assert "办好了，已经写进绑定" in seen.text
        rows = read_table(seen)
        assert [row[0] for row in rows[1:]] == ["2018-10-01 起", "2018-10-01 起，到 2019-02-10 止", "2019-02-10 起"]
        assert rows[1][-1].endswith("被换下")
        assert rows[3][3] == "业务变更-1.csv"
        [path] = [each for each in actions if "pauses" in each]
        seen = await browser.submit(path, resumed_on="2019-02-14", note="样例：查清了")
        assert "正在核查，2019-02-12 起，2019-02-14 恢复" in seen.text
        assert "没有等着办的变更" in (await browser.open("/desk/lines")).text
