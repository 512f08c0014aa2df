"""Each figure that the market counts for a task equals the list that a desk shows of it."""

from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from market.cases.answers.inquiries import list_county_inquiries
from market.cases.answers.models import InquiryKind
from market.cases.casework.models import CaseState
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection, Database, Fen
from market.kernel.seal import Seal
from market.people.identity.models import Role
from market.villages.coverage.models import OutageKind, Technology
from market.villages.coverage.outages import list_operator_outages
from market.villages.coverage.register import count_uncovered_villages, list_coverage_rows, sum_up_townships
from market.villages.funds.applications import list_call_applications
from market.villages.funds.models import Application, NewFundApplication
from market.villages.supervision.measures import MEASURES
from tests.cases.answers import test_inquiries as inquiries
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE, load_owner, make_producer
from tests.villages.coverage import test_coverage as coverage
from tests.villages.funds import test_funds as funds

HERE, ELSEWHERE = "130624", "130725"
TODAY = date(2019, 9, 20)


async def test_covered_villages_are_those_of_the_register(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, HERE)
    half, less = coverage.ROW.replace("98.5", "50"), coverage.ROW.replace("98.5", "49.99").replace("4G", "5G")
    beside = coverage.ROW.replace(VILLAGE, OTHER_VILLAGE)
    rows = (half, less, half.replace("中国移动", "中国联通"), beside.replace("4G", "光纤"))
    await coverage.take(conn, county, *rows)
    listed = await list_coverage_rows(conn, HERE, day=TODAY)
    assert len(listed) == len(rows)
    townships = await sum_up_townships(conn, HERE, day=TODAY)
    for technology, figure in (
        (Technology.G4, "with_4g"),
        (Technology.G5, "with_5g"),
        (Technology.FIBRE, "with_fibre"),
    ):
        covered = {
            each.village_code for each in listed if each.technology is technology and each.share_bp >= 5000
        }  # fmt: skip
        for township in townships:
            within = {code for code in covered if code.startswith(township.code[:9])}
            assert getattr(township, figure) == len(within), (figure, township.code)
        uncovered = sum(each.villages for each in townships) - len(covered)
        assert await count_uncovered_villages(conn, HERE, technology, day=TODAY) == uncovered
    assert await MEASURES["villages_without_4g"].count(conn, HERE, NOW) == sum(
        each.villages - each.with_4g for each in townships
    )


async def test_late_and_waiting_cases_are_those_of_the_lists(database: Database, seal: Seal) -> None:
    async with database.transaction(scope=HERE) as conn:
        county = await make_official_actor(conn, Role.COUNTY, HERE)
        await coverage.take(conn, county, coverage.ROW)
        await funds.take(conn, county, funds.SHEDS)
        sheds = await conn.fetchval("SELECT number FROM fund_calls WHERE name = '菇棚改造'")
        seller = await load_owner(conn, await make_producer(conn))
        operators = [await coverage.load_operator(conn, each) for each in ("mobile", "broadnet")]

    async def count(key: str, days: int = 0, scope: str = HERE) -> int:
        async with database.transaction(scope=scope) as conn:
            return await MEASURES[key].count(conn, scope, NOW + timedelta(days=days))

    for kind, operator in ((OutageKind.GONE, "mobile"), (OutageKind.NEVER, "broadnet")):
        await coverage.report(database, seal, seller, replace(coverage.GONE, kind=kind, operator=operator))
    for kind in (InquiryKind.INQUIRY, InquiryKind.DISCLOSURE):
        await inquiries.ask(database, seal, seller, replace(inquiries.ASKED, kind=kind))
    wish = NewFundApplication(producer_id=next(iter(seller.producers)), wanted_fen=Fen(15_000_00), text="换棚膜")
    await funds.send(database, seal, seller, sheds, wish)
    assert [await count(key) for key in ("late_outages", "late_inquiries", "waiting_funds")] == [0, 0, 1]
    applied: list[Application] = []
    late = set[UUID]()
    for days in (4, 10, 60):
        now = NOW + timedelta(days=days)
        async with database.transaction(scope=HERE) as conn:
            asked = await list_county_inquiries(conn, seal, county, HERE)
            applied = await list_call_applications(conn, seal, county, HERE, sheds, now=NOW)
            reports = [each for one in operators for each in await list_operator_outages(conn, seal, one, HERE)]
        late = {
            each.case_id for each in (*asked, *reports) if each.state is not CaseState.CLOSED and each.due_at <= now
        }
        assert await count("late_inquiries", days) == sum(each.case_id in late for each in asked)
        assert await count("late_outages", days) == sum(each.case_id in late for each in reports)
        assert await count("waiting_funds", days) == len([each for each in applied if each.outcome is None])
        assert [await count(key, days, ELSEWHERE) for key in ("late_outages", "late_inquiries", "waiting_funds")] == [
            0, 0, 0,
        ]  # fmt: skip
    assert len(late) == 4
    before = [await count(key, 4) for key in ("late_outages", "late_inquiries")]

    async def tell(_conn: Connection, _case: object) -> None:
        pass

    # What goes up a level because nobody answered stays late.
    assert await escalate_late_cases(database, seal, tell, now=NOW + timedelta(days=4)) >= 1
    assert [await count(key, 4) for key in ("late_outages", "late_inquiries")] == before
    await funds.decide(database, seal, county, applied[0].case_id, fen=12_000_00)
    assert await count("waiting_funds") == 0
