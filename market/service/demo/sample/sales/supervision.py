"""What the province asked of the demo's prefecture, which passed it on to the county; an overdue task; one checked."""

from datetime import timedelta

from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY, PROVINCE
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.supervision.issue import issue_supervision_task
from market.villages.supervision.models import NewSupervisionTask
from market.villages.supervision.moves import check_evidence, send_evidence

_PREFECTURE = DEMO_COUNTY[:4]
_DOCUMENT = "样例文件（不是真实文件）"
_COVER = ("没有 4G 的村都开通", "每个村住的地方都有一家运营商的 4G；通不了的写清为什么、什么时候通")


async def play_supervision(sales: SaleSimulation) -> None:
    """Issue four tasks: one from the province, passed on by the prefecture; one overdue; one sent and checked."""
    province, prefecture = await sales.find_official("sheng"), await sales.find_official("shi")
    county = await sales.find_official("xian")
    above = await _issue(
        sales, province, (PROVINCE, _PREFECTURE), _COVER, days=(25, -20), measure="villages_without_4g"
    )
    await _issue(
        sales, prefecture, (_PREFECTURE, DEMO_COUNTY), _COVER, days=(23, -10), measure="villages_without_4g",
        parent=above,
    )  # fmt: skip
    await _issue(
        sales, prefecture, (_PREFECTURE, DEMO_COUNTY), ("没信号的报告按期办完", "过期的一件一件查，写清原因和哪天通"),
        days=(30, 4), measure="late_outages",
    )  # fmt: skip
    done = await _issue(
        sales, prefecture, (_PREFECTURE, DEMO_COUNTY), ("服务站值班安排核一遍", "每个乡镇都有人值班，时间写在站里"),
        days=(40, 12), measure=None,
    )  # fmt: skip
    await send_evidence(sales.conn, county, done, "十三个乡镇都核了，改了两处时间", now=sales.ago(days=15))
    await check_evidence(sales.conn, prefecture, done, now=sales.ago(days=13))


async def _issue(
    sales: SaleSimulation, actor: Actor, scopes: tuple[str, str], words: tuple[str, str], *, days: tuple[int, int],
    measure: str | None, parent: int | None = None,
) -> int:  # fmt: skip
    """Issue a task `days[0]` days ago that ends `days[1]` days ago, negative if later; return its number."""
    issued, due = days
    new = NewSupervisionTask(
        issuer=scopes[0], assignee=scopes[1], parent=parent, title=words[0], text=words[1], basis=_DOCUMENT,
        due_on=sales.today - timedelta(days=due), measure=measure,
        target=None if measure is None else 0,
    )  # fmt: skip
    task = await issue_supervision_task(sales.conn, sales.seal, actor, new, now=sales.ago(days=issued))
    return task.number
