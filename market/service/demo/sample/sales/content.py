"""Stories of the demo's village (published, to check, to consent to), warnings of its county, and two reports."""

from datetime import timedelta

from market.kernel import Query
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.people.storage.photos import PhotoPurpose
from market.service.demo.sample.accounts import DEMO_COUNTY, FARMER_PHONE, HOST_PHONE
from market.service.demo.sample.sales.photos import draw_dates
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.content.models import (
    NewReport,
    NewStory,
    NewWarning,
    PaperConsent,
    ReportedKind,
    ReportReason,
    WarningReason,
)
from market.villages.content.reports import answer_report, report_content
from market.villages.content.stories import answer_story, publish_story, write_story
from market.villages.content.warnings import publish_warning

_HARVEST = (
    "九月打枣",
    (
        "样例：树是老辈人栽的，一棵一棵都有名字。打枣那天不分谁家，先打最高的那棵，小孩在树下铺席子。"
        "打下来的枣当天挑、当天晒，晒到手捏有弹性才装箱。晚上各家熬枣粥，端来端去地尝。"
    ),
)
_PAPERCUT = (
    "窗花是这样剪的",
    (
        "样例：红纸对折再对折，先剪外面的边，再剪里面的花。剪刀不转，转纸。"
        "一张喜鹊登枝，熟手一顿饭的工夫。来住的客人都要剪一张带走，剪坏了的也舍不得扔。"
    ),
)
_SHED = (
    "菇棚的一天",
    (
        "样例：天不亮进棚，先闻，有酸味就要通风。菌棒一排一排看过去，菌盖像铜钱大的先采。"
        "采完洒水，中午盖草帘，傍晚再看一遍。一年里最忙的是入秋那两个月。"
    ),
)
GET_LISTING_NUMBER = Query(
    str,
    """
    SELECT number::text FROM listings WHERE producer_id = ANY(:producer_ids::uuid[]) AND state = 'live'
     ORDER BY number LIMIT 1
    """,
)


async def play_content(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Write three stories, warn twice, and report twice; the county checks and answers."""
    conn, seal, xian = sales.conn, sales.seal, await sales.find_official("xian")
    station = await sales.find_official("cun")
    at = sales.ago(days=20)
    photo = await sales.add_photo(station, PhotoPurpose.STORY, draw_dates(7, spoiled=0), at=at)
    paper = PaperConsent(name="样例老人", given_on=get_business_day(at))
    harvest = NewStory(
        village_code=village, title=_HARVEST[0], text=_HARVEST[1], photo_ids=[photo], phones=[HOST_PHONE],
        papers=[paper],
    )  # fmt: skip
    first = await write_story(conn, seal, station, harvest, now=at)
    await answer_story(conn, sales.host, first.number, consent=True, now=sales.ago(days=19))
    await publish_story(conn, seal, xian, first.number, now=sales.ago(days=18))
    papercut = NewStory(village_code=village, title=_PAPERCUT[0], text=_PAPERCUT[1])
    await write_story(conn, seal, sales.host, papercut, now=sales.ago(days=2))
    shed = NewStory(village_code=village, title=_SHED[0], text=_SHED[1], phones=[FARMER_PHONE])
    await write_story(conn, seal, people[0], shed, now=sales.ago(days=1))
    for days, reason, text, lasts in (
        (40, WarningReason.ORDER, "有人冒充单位订几百箱枣，要先交保证金，是骗子", 20),
        (3, WarningReason.SUBSIDY, "有人冒充干部打电话办话费减免、要验证码，别给", 30),
    ):
        first_day = get_business_day(sales.ago(days=days))
        warning = NewWarning(
            reason=reason, text=text, first=first_day, last=first_day + timedelta(days=lasts), sms=reason == "subsidy"
        )
        await publish_warning(conn, seal, xian, DEMO_COUNTY, warning, now=sales.ago(days=days))
    listing = await GET_LISTING_NUMBER.one(conn, producer_ids=list(sales.farmer.producers))
    asked = NewReport(
        kind=ReportedKind.LISTING, reference=listing, reason=ReportReason.FALSE, text="样例：页面上的重量好像不对"
    )
    report = await report_content(conn, seal, people[1], asked, now=sales.ago(days=9))
    await answer_report(
        conn, seal, xian, report.case_id, hide=False, text="称过了，重量对；请卖家补了一张秤的照片。",
        now=sales.ago(days=8),
    )  # fmt: skip
    waiting = NewReport(kind=ReportedKind.STORY, reference=str(first.number), reason=ReportReason.FALSE)
    await report_content(conn, seal, sales.buyer, waiting, now=sales.ago(hours=3))
