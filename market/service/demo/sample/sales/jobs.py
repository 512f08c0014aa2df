"""Questions to an agronomist, and jobs of two employers of the demo's county: posted, checked, applied for, found."""

from datetime import timedelta
from uuid import UUID

from market.kernel import Fen, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.service.demo.sample.accounts import DEMO_COUNTY, HOST_PHONE
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.services.agronomists import name_agronomist
from market.villages.services.applications import answer_hire, apply_for_job, hire
from market.villages.services.posting_models import NewPosting, WagePer
from market.villages.services.postings import check_posting, post_job
from market.villages.services.question_models import NewAgronomist, NewQuestion
from market.villages.services.questions import answer_question, ask_question, preview_sharing, share_question

BAGS, _BAGS_CODE = "样例阜平箱包厂", "91130624MA0XAMP206"
"""No organisation has this code; its check character is right."""
_QUESTIONS = (
    (26, "样例：香菇菌棒表面发黄水，要不要紧", "通风不够。棚两头打开，早晚各透气一小时，黄水用棉球吸掉。", True),
    (17, "样例：核桃叶子有黑点，今年比去年多", "像是黑斑病。落叶清出园子烧掉，明年发芽前打一遍石硫合剂。", True),
    (9, "样例：枣晾到什么程度能装箱", "手捏有弹性、不粘手就行。装早了会发霉。", False),
)
_WAITING = "样例：棚里来了小飞虫，菌盖上有洞"
FIND_FACTORY = Query(
    UUID,
    """
    SELECT o.id FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id
     WHERE m.account_id = :account_id AND verified_at IS NOT NULL ORDER BY o.id LIMIT 1
    """,
)


async def play_questions(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Name the host an agronomist; four questions are asked, three answered, two of them shared."""
    gan = await sales.find_official("gan")
    new = NewAgronomist(phone=HOST_PHONE, subject="食用菌和果树")
    await name_agronomist(sales.conn, sales.seal, gan, DEMO_COUNTY, new, now=sales.ago(days=60))
    askers = [*people[:2], sales.farmer]
    for asker, (days, text, answer, shared) in zip(askers, _QUESTIONS, strict=True):
        at, conn, seal = sales.ago(days=days), sales.conn, sales.seal
        question = await ask_question(conn, seal, asker, village, NewQuestion(text=text), now=at)
        answered = sales.ago(days=days - 1)
        await answer_question(conn, seal, sales.host, question.case_id, text=answer, now=answered)
        if shared:
            found, later = question.case_id, sales.ago(days=days - 2)
            await preview_sharing(conn, seal, asker, found, text=text, now=later)
            await share_question(conn, seal, asker, found, text=text, now=later)
    waiting = NewQuestion(text=_WAITING)
    await ask_question(sales.conn, sales.seal, sales.farmer, village, waiting, now=sales.ago(hours=5))


async def play_jobs(sales: SaleSimulation, village: str, people: list[Actor]) -> None:
    """Post four jobs: one is over, with who found work; two are live, one waits to be checked."""
    xian, owner = await sales.find_official("xian"), people[0]
    new = NewOrganisation(kind=OrganisationKind.EMPLOYER, name=BAGS, credit_code=_BAGS_CODE, county_code=DEMO_COUNTY)
    bags = OrganisationId((await register_organisation(sales.conn, owner, new, now=sales.ago(days=140))).id)
    await decide_organisation(sales.conn, xian, DEMO_COUNTY, bags, verified=True, now=sales.ago(days=138))
    factory = await FIND_FACTORY.one(sales.conn, account_id=sales.farmer.account_id)
    over = (sales.today - sales.last_quarter_day).days
    picking = _make(sales, village, "摘枣、分级", WagePer.DAY, (120_00, 150_00), since=over, days=30, positions=20)
    old = await _post(sales, owner, bags, picking, xian, days=over)
    workers = people[1:14]
    for worker in workers:
        at = sales.ago(days=over - 1)
        found = await apply_for_job(sales.conn, sales.seal, worker, old, consent=True, now=at)
        day = get_business_day(sales.ago(days=over - 3))
        await hire(sales.conn, sales.seal, owner, old, found.id, hired_on=day, now=sales.ago(days=over - 4))
        if worker is not workers[-1]:
            await answer_hire(sales.conn, worker, found.id, found_work=True, now=sales.ago(days=over - 6))
    sewing = _make(sales, village, "缝纫工，计件", WagePer.PIECE, (2_00, 3_50), since=8, days=90, positions=12)
    live = await _post(sales, owner, bags, sewing, xian, days=8)
    applied = await apply_for_job(sales.conn, sales.seal, sales.farmer, live, consent=True, now=sales.ago(days=5))
    at = sales.ago(days=2)
    await hire(sales.conn, sales.seal, owner, live, applied.id, hired_on=get_business_day(at), now=at)
    packing = _make(sales, village, "香菇装箱工", WagePer.MONTH, (3_200_00, 4_000_00), since=6, days=60, positions=5)
    month = await _post(sales, sales.farmer, factory, packing, xian, days=6)
    for worker in people[14:17]:
        await apply_for_job(sales.conn, sales.seal, worker, month, consent=True, now=sales.ago(days=3))
    night = _make(sales, village, "大棚看夜", WagePer.DAY, (100_00, 100_00), since=1, days=40, positions=2)
    await _post(sales, owner, bags, night, None, days=1)


def _make(
    sales: SaleSimulation, village: str, title: str, per: WagePer, wages: tuple[int, int],
    *, since: int, days: int, positions: int,
) -> NewPosting:  # fmt: skip
    first = get_business_day(sales.ago(days=since))
    return NewPosting(
        title=title, village_code=village, positions=positions, wage_min_fen=Fen(wages[0]), wage_max_fen=Fen(wages[1]),
        per=per, first=first, last=first + timedelta(days=days), note="样例：管午饭，八点上工",
    )  # fmt: skip


async def _post(
    sales: SaleSimulation, owner: Actor, organisation: UUID, new: NewPosting, checker: Actor | None, *, days: int
) -> UUID:
    conn, seal = sales.conn, sales.seal
    posting = await post_job(conn, owner, organisation, new, now=sales.ago(days=days))
    if checker is not None:
        await check_posting(
            conn, seal, checker, DEMO_COUNTY, posting.id, live=True, reason="", now=sales.ago(days=days - 0.5)
        )
    return posting.id
