"""Organisations that are paired with the farmer's village in the demo's county, and what they did there."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from market.kernel import Fen
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.places.county_files.models import CountyFile
from market.places.county_files.run_file_import import import_county_file
from market.sales.orders.models import Line, VariantId
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.jobs import BAGS
from market.service.demo.sample.sales.services import TEACHER, find_organiser
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.service.demo.sample.sales.villages import FACTORY, FACTORY_CODE
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.coverage.models import NewProject
from market.villages.coverage.projects import accept_project, add_project, build_project
from market.villages.pairing.buying_accounts import set_buying_account
from market.villages.pairing.models import NewPairing, NewPledge, PairingFields, PledgeKind
from market.villages.pairing.progress import list_due_years
from market.villages.pairing.propose import decide_county_pairing, propose_pairing
from market.villages.pairing.statements import state_year
from market.villages.pairing.views import find_pairing


async def play_pairings(sales: SaleSimulation, village: str) -> None:
    """Pair three organisations with the village: one runs, one ended and is stated, one waits to be agreed to.

    What counts was done in the last quarter that is over, whose figures are published.
    """
    quarter = (sales.today - sales.last_quarter_day).days
    begins = sales.last_quarter_day - timedelta(days=30)
    running = _make(
        village, begins, sales.today + timedelta(days=700),
        {PledgeKind.BUY: 20_000_00, PledgeKind.INVEST: 60_000_00, PledgeKind.HIRE: 30},
    )  # fmt: skip
    owner, bags = await _pair(sales, BAGS, running, days=quarter + 33)
    await _buy(sales, owner, bags.organisation_id, days=quarter)
    await _invest(sales, village, bags.organisation_id, days=quarter)
    over = _make(village, begins, sales.last_quarter_day + timedelta(days=5), {PledgeKind.TEACH: 40})
    stater, taught = await _pair(sales, TEACHER, over, days=quarter + 33)
    for year in list_due_years(taught, sales.today):
        await state_year(sales.conn, stater, taught.id, year, now=sales.ago(days=2))
    await _import(sales, village)


def _make(village: str, first: date, last: date, targets: Mapping[PledgeKind, int]) -> NewPairing:
    pledges = [NewPledge(kind=kind, target=target, last=last) for kind, target in targets.items()]
    return NewPairing(village_code=village, first=first, last=last, pledges=pledges)


async def _pair(sales: SaleSimulation, name: str, new: NewPairing, *, days: int) -> tuple[Actor, PairingFields]:
    owner, organisation = await find_organiser(sales, name)
    pairing = await propose_pairing(sales.conn, owner, organisation, new, now=sales.ago(days=days))
    cun, at = await sales.find_official("cun"), sales.ago(days=days - 1)
    await decide_county_pairing(sales.conn, cun, DEMO_COUNTY, pairing.id, agreed=True, now=at)
    return owner, await find_pairing(sales.conn, pairing.id)


async def _buy(sales: SaleSimulation, owner: Actor, organisation: UUID, *, days: int) -> None:
    await set_buying_account(sales.conn, owner, organisation, buys=True, now=sales.ago(days=days + 29))
    bag = await sales.find_offer(sales.farmer, "阜平大枣")
    for before, quantity, tracking in ((days + 8, 12, "XA310000908CN"), (6, 8, "XA310000911CN")):
        line, received = Line(VariantId(bag.variant_id), quantity), sales.ago(days=before)
        await sales.buy_and_receive(owner, [line], sales.farmer, tracking, received=received)


async def _invest(sales: SaleSimulation, village: str, organisation: UUID, *, days: int) -> None:
    gan, xian = await sales.find_official("gan"), await sales.find_official("xian")
    new = NewProject(
        village_code=village, operator="mobile", name="村委会公共 Wi-Fi", planned_fen=Fen(30_000_00),
        funded_by=organisation,
    )  # fmt: skip
    project = await add_project(sales.conn, gan, DEMO_COUNTY, new, now=sales.ago(days=days + 20))
    done = sales.ago(days=days - 2)
    await build_project(
        sales.conn, gan, DEMO_COUNTY, project, spent_fen=Fen(28_600_00), reason="", done_on=get_business_day(done),
        now=done,
    )  # fmt: skip
    await accept_project(sales.conn, xian, DEMO_COUNTY, project, now=sales.ago(days=days - 5))


async def _import(sales: SaleSimulation, village: str) -> None:
    gan = await sales.find_official("gan")
    first, last = sales.today + timedelta(days=10), sales.today + timedelta(days=740)
    rows = ["企业名称,统一社会信用代码,村代码,起止日期,承诺类别,数量,单位"] + [
        f"{FACTORY},{FACTORY_CODE},{village},{first} 至 {last},{kind},{target},{unit}"
        for kind, target, unit in (("买货", "80000.00", "元"), ("招工", "15", "人次"))
    ]
    file = CountyFile(
        county=DEMO_COUNTY, name="结对.csv", content="\n".join(rows).encode(), dry_run=False, now=sales.ago(days=2)
    )
    await import_county_file(sales.conn, gan, COUNTY_FILE_KINDS["pairings"], file)
