"""What waits and what was done in the service areas of villages: coverage, reports, projects, organisations."""

from uuid import UUID

from market.kernel import Fen, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import AccountId
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.sales.orders.models import Line
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.answers import play_answers
from market.service.demo.sample.sales.channels import play_channels
from market.service.demo.sample.sales.content import play_content
from market.service.demo.sample.sales.funds import play_funds
from market.service.demo.sample.sales.jobs import play_jobs, play_questions
from market.service.demo.sample.sales.rights import play_rights
from market.service.demo.sample.sales.services import list_people, play_services
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.service.demo.sample.sales.trace import play_trace
from market.villages.coverage.models import NewOutage, NewProject, OutageKind, Technology
from market.villages.coverage.outages import answer_outage, report_outage
from market.villages.coverage.projects import accept_project, add_project, build_project

# One measurement of each operator and technology in each village of the county: 移动 and 电信 reach most, 广电 few.
ADD_COVERAGE = Query(
    int,
    """
    WITH measured AS (
        SELECT code, o.operator, t.technology, abs(hashtext(code || o.operator || t.technology) % 10000) AS drawn,
               o.reach * t.reach AS reach
          FROM village_periods
          CROSS JOIN (VALUES ('mobile', 96), ('unicom', 80), ('telecom', 88), ('broadnet', 20)) AS o (operator, reach)
          CROSS JOIN (VALUES ('4g', 98), ('5g', 55), ('fibre', 90)) AS t (technology, reach)
         WHERE starts_with(code, :county) AND valid_during @> :day::date),
    added AS (
        INSERT INTO coverage (village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on,
                              valid_during)
        SELECT code, operator, technology, 'homes', 7000 + 3 * drawn / 10,
               CASE technology WHEN '4g' THEN 20 WHEN '5g' THEN 150 ELSE 300 END + drawn / 400, '样例路测', :day::date,
               daterange(:day::date, NULL)
          FROM measured WHERE drawn < reach
        RETURNING 1)
    SELECT count(*) FROM added
    """,
)
GET_VILLAGE = Query(str, "SELECT village_code FROM producers WHERE id = :producer_id")
FIND_OPERATOR_ACCOUNT = Query(
    UUID,
    "SELECT account_id FROM operator_grants WHERE operator = 'mobile' AND scope = :county ORDER BY account_id LIMIT 1",
)
FACTORY, FACTORY_CODE, _CLINIC_CODE = "样例革新庄食用菌公司", "91130624MA0XAMPL0Q", "52130624MJ0XAMPE17"
"""No organisation has these codes; their check characters are right."""


async def play_villages(sales: SaleSimulation, dates: Line) -> None:
    """Add a register of coverage, three reports of the demo's people, projects and organisations, then each area."""
    measured = get_business_day(sales.ago(days=40))
    await ADD_COVERAGE.one(sales.conn, county=DEMO_COUNTY, day=measured)
    village = await GET_VILLAGE.one(sales.conn, producer_id=sales.farmer.producers[0])
    await _report_outages(sales, village)
    await _build_projects(sales, village)
    await _register_organisations(sales)
    people = await list_people(sales)
    await play_services(sales, village, people)
    await play_questions(sales, village, people)
    await play_jobs(sales, village, people)
    await play_funds(sales)
    await play_answers(sales, village, people)
    await play_channels(sales)
    await play_rights(sales, village, people)
    await play_trace(sales, dates)
    await play_content(sales, village, people)


async def _report_outages(sales: SaleSimulation, village: str) -> None:
    mobile = await sales.load_actor(AccountId(await FIND_OPERATOR_ACCOUNT.one(sales.conn, county=DEMO_COUNTY)))
    for reporter, technology, days, answered in (
        (sales.farmer, Technology.WIFI, 12, "换了路由器，今天通了"),
        (sales.farmer, Technology.G5, 1, ""),
        (sales.host, Technology.WIFI, 1, ""),
    ):
        at = sales.ago(days=days)
        new = NewOutage(
            kind=OutageKind.NEVER, operator="mobile", technology=technology, since=get_business_day(at),
            text="样例：村委会门口连不上" if technology is Technology.WIFI else "样例：村东头坡上没有 5G",
        )  # fmt: skip
        outage = await report_outage(sales.conn, sales.seal, reporter, village, new, now=at)
        if answered:
            await answer_outage(
                sales.conn, sales.seal, mobile, outage.case_id, outcome="solved", text=answered,
                now=sales.ago(days=days - 2),
            )  # fmt: skip


async def _build_projects(sales: SaleSimulation, village: str) -> None:
    gan, xian = await sales.find_official("gan"), await sales.find_official("xian")
    for name, planned_fen, spent_fen, reason in (
        ("5G 基站 2 座", Fen(620_000_00), Fen(180_000_00), ""),
        ("到户光纤 8 公里", Fen(150_000_00), Fen(163_500_00), "石头多，多埋了管"),
    ):
        new = NewProject(village_code=village, operator="mobile", name=name, planned_fen=planned_fen)
        project = await add_project(sales.conn, gan, DEMO_COUNTY, new, now=sales.ago(days=90))
        done = sales.ago(days=20)
        await build_project(
            sales.conn, gan, DEMO_COUNTY, project, spent_fen=spent_fen, reason=reason,
            done_on=get_business_day(done) if reason else None, now=done,
        )  # fmt: skip
        if reason:
            await accept_project(sales.conn, xian, DEMO_COUNTY, project, now=sales.ago(days=6))


async def _register_organisations(sales: SaleSimulation) -> None:
    xian = await sales.find_official("xian")
    for actor, kind, name, code, verified in (
        (sales.farmer, OrganisationKind.COMPANY, FACTORY, FACTORY_CODE, True),
        (sales.host, OrganisationKind.CLINIC, "样例顾家台卫生室", _CLINIC_CODE, False),
    ):
        new = NewOrganisation(kind=kind, name=name, credit_code=code, county_code=DEMO_COUNTY)
        registered = await register_organisation(sales.conn, actor, new, now=sales.ago(days=9))
        if verified:
            found = OrganisationId(registered.id)
            await decide_organisation(sales.conn, xian, DEMO_COUNTY, found, verified=True, now=sales.ago(days=8))
