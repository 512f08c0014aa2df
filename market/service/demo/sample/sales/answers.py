"""What people ask the demo's county, and the notices of two organisers that collect no money."""

from datetime import timedelta

from market.cases.answers.inquiries import answer_inquiry, ask_county, extend_inquiry, share_inquiry
from market.cases.answers.models import InquiryKind, NewInquiry
from market.cases.answers.notice_models import NewNotice, NoticeKind
from market.cases.answers.notices import add_notice, check_notice
from market.cases.casework.models import CaseOutcome
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.services import HOSPITAL, TEACHER, find_organiser
from market.service.demo.sample.sales.simulation import SaleSimulation

_ANSWERED = (
    (
        24,
        "样例：老房子的瓦漏了，危房改造今年还报不报",
        "今年报到九月底，村委会登记，乡镇来人看。",
        "危房改造今年还报不报",
    ),
    (
        15,
        "样例：合作社想办冷库，找哪个部门",
        "找县农业农村局产业股，带营业执照和用地的手续。",
        "合作社办冷库找哪个部门",
    ),
    (9, "样例：隔壁市的养老金怎么转回来", "归人社局管，带身份证到政务大厅二楼社保窗口。", "外地的养老金怎么转回来"),
)
_DISCLOSURE = "样例：申请公开去年村里道路硬化的验收单"


async def play_answers(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Four people ask, three are answered and share it; a disclosure is extended; of three notices two are checked."""
    xian, conn, seal = await sales.find_official("xian"), sales.conn, sales.seal
    for asker, (days, text, answer, public) in zip(people[3:6], _ANSWERED, strict=True):
        new = NewInquiry(kind=InquiryKind.INQUIRY, text=text)
        asked = await ask_county(conn, seal, asker, village, new, now=sales.ago(days=days))
        at = sales.ago(days=days - 2)
        await answer_inquiry(
            conn, seal, xian, asked.case_id, outcome=CaseOutcome.SOLVED, text=answer, public_text=public, now=at
        )
        await share_inquiry(conn, seal, asker, asked.case_id, text=public, now=sales.ago(days=days - 3))
    asked = await ask_county(
        conn, seal, sales.host, village, NewInquiry(kind=InquiryKind.DISCLOSURE, text=_DISCLOSURE),
        now=sales.ago(days=20),
    )  # fmt: skip
    await extend_inquiry(conn, seal, xian, asked.case_id, reason="要向乡镇调档案", now=sales.ago(days=2))
    waiting = NewInquiry(kind=InquiryKind.INQUIRY, text="样例：村口的路灯坏了两盏，归谁修")
    await ask_county(conn, seal, sales.farmer, village, waiting, now=sales.ago(hours=20))
    await _give_notices(sales, village)


async def _give_notices(sales: SaleSimulation, village: str) -> None:
    xian = await sales.find_official("xian")
    for name, kind, title, place, note, first, last, checked in (
        (HOSPITAL, NoticeKind.BLOOD, "无偿献血车进村", "村委会院里", "上午八点到十二点，带身份证", 6, 6, True),
        (TEACHER, NoticeKind.SCHOOL, "志愿者周末补课", "村小学三年级教室", "上午九点，一到六年级都行", 1, 60, True),
        (TEACHER, NoticeKind.GOODS, "收旧书给村图书角", "村委会一楼", "白天有人，书要干净", 2, 30, False),
    ):
        owner, organisation = await find_organiser(sales, name)
        new = NewNotice(
            kind=kind, title=title, village_code=village, place=place, note=note,
            first=sales.today + timedelta(days=first), last=sales.today + timedelta(days=last),
        )  # fmt: skip
        added = await add_notice(sales.conn, owner, organisation, new, now=sales.ago(days=3))
        if checked:
            await check_notice(
                sales.conn, sales.seal, xian, DEMO_COUNTY, added.id, live=True, reason="", now=sales.ago(days=2)
            )
