"""Companies, and pairings that they propose and officials decide."""

from datetime import UTC, date, datetime
from uuid import UUID

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.people.identity.models import Actor
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from market.villages.pairing.models import (
    NewPairing,
    NewPledge,
    PairingFields,
    PledgeKind,
)
from market.villages.pairing.propose import decide_county_pairing, decide_own_pairing, propose_pairing
from tests.conftest import NOW
from tests.support.make import (
    VILLAGE,
    load_actor,
    make_account,
)

TODAY = date(2019, 9, 20)
LAST = date(2020, 12, 31)
JANUARY = datetime(2020, 1, 3, 2, tzinfo=UTC)
CODES = ("91130624MA0XAMPL0Q", "91130624MA0XAMP206")
PLEDGES = [
    NewPledge(kind=PledgeKind.BUY, target=500_00, last=LAST),
    NewPledge(kind=PledgeKind.TEACH, target=40, last=date(2020, 6, 30)),
    NewPledge(kind=PledgeKind.INVEST, target=10_000_00, first=date(2019, 10, 1), last=date(2019, 12, 31)),
    NewPledge(kind=PledgeKind.HIRE, target=2, last=LAST),
]
NEW = NewPairing(village_code=VILLAGE, first=TODAY, last=LAST, pledges=PLEDGES)
HEAD = "企业名称,统一社会信用代码,村代码,起止日期,承诺类别,数量,单位"


async def make_company(
    conn: Connection, official: Actor, *, name: str = "样例枣业", code: str = CODES[0]
) -> tuple[Actor, UUID]:
    member = await load_actor(conn, await make_account(conn, name=f"{name}的人"), second_factor=False)
    new = NewOrganisation(
        kind=OrganisationKind.COMPANY, name=name, credit_code=code, county_code="130624",
        licensed_until=date(2020, 12, 31),
    )  # fmt: skip
    found = OrganisationId((await register_organisation(conn, member, new, now=NOW)).id)
    await decide_organisation(conn, official, "130624", found, verified=True, now=NOW)
    return member, found


async def propose(db: Database, member: Actor, organisation: UUID, new: NewPairing = NEW) -> PairingFields:
    async with db.transaction(scope=get_person_scope(member)) as conn:
        return await propose_pairing(conn, member, organisation, new, now=NOW)


async def decide(
    db: Database, official: Actor, pairing_id: UUID, *, agreed: bool = True, county: str = "130624"
) -> None:
    async with db.transaction(scope=county) as conn:
        await decide_county_pairing(conn, official, county, pairing_id, agreed=agreed, now=NOW)


async def decide_own(db: Database, member: Actor, pairing_id: UUID, *, agreed: bool = True) -> None:
    async with db.transaction(scope=get_person_scope(member)) as conn:
        await decide_own_pairing(conn, member, pairing_id, agreed=agreed, now=NOW)
