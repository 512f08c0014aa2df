"""`market subsidies explain` without --json: the explanation of a line in readable lines."""

from datetime import date

from market.reports.line import explain_line
from market.reports.line_text import write_explained_line
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Player
from tests.support.make import SEAL


async def explain(player: Player, line: str, month: date) -> str:
    async with player.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, month)
        return write_explained_line(await explain_line(conn, SEAL, cycle, (COUNTY,), line))


async def test_a_line_is_explained_in_lines_that_people_read(quarter: Player) -> None:
    text = await explain(quarter, "YD-04", date(2019, 1, 1))
    lines = text.splitlines()
    assert lines[:7] == [
        "2019年1月　YD-04　移动 手机 170****0104　样例吴*",
        "项目 P1 手机资费减免（样例），阜样例〔2018〕1号",
        "农户 H06，城厢村",
        "申请 12.00，应补 9.00，核定 9.00，核减 3.00，少报 0.00",
        "实际落实 9.00（核定由谁负担：县级财政 2.70，运营商让利 6.30）",
        "能享受 31 天，这个月 31 天",
        "为什么：",
    ]
    for each in (
        "  申请高于按标准应补的数",
        "  2019-01-01 至 2019-01-31：31/31 天 × 9.00",
        "  账单，2019-01-01 起，mobile-2019-01.csv，2019-02-03 09:00 收到",
        "  2019-02-07 09:00 县级已审定，样例县某",
    ):
        assert each in lines
    assert not any(mark in text for mark in '{}[]"')


async def test_a_held_line_says_what_holds_it_and_what_came_later(quarter: Player) -> None:
    lines = (await explain(quarter, "DX-06", date(2019, 1, 1))).splitlines()
    assert "  决定停付：不在当月名单的申请（登记状态：查重未通过；申请 16.55）" in lines
    assert "实际落实 0.00" in lines
    later = "bindings-2019-03-01.csv，2019-03-01 09:00 收到，计算以后才来的"
    assert f"  绑定，2019-01-05 起到 2019-03-01（不含），{later}" in lines
