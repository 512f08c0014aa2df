"""Organisations and villages are paired for a term; what was done is counted from orders, courses, projects, hires."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from market.aftersales.receive import confirm_receipt
from market.areas import COUNTY_FILE_KINDS
from market.casework.moves import get_person_scope
from market.county_files.models import CountyFile, FileOutcome
from market.county_files.run_file_import import import_county_file
from market.coverage.models import NewProject, ProjectInvalid
from market.coverage.projects import accept_project, add_project, build_project
from market.identity.models import Actor, NotAllowed, NotFound, Role
from market.kernel import Connection, Database, Fen
from market.kernel.clock import get_quarter_start
from market.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.organisations.register import decide_organisation, register_organisation
from market.pairing.buying_accounts import BuyingElsewhere, end_buying, set_buying_account
from market.pairing.models import (
    CountedItem,
    NewPairing,
    NewPledge,
    PairingDecided,
    PairingFields,
    PairingInvalid,
    PairingOverlap,
    PairingOwnSide,
    PairingState,
    PledgeKind,
    PledgeTerm,
    StatedBefore,
    StatementTooEarly,
)
from market.pairing.progress import (
    get_pairing_state,
    list_due_years,
    publish_pledge,
    tells_of_nobody,
)
from market.pairing.propose import decide_county_pairing, decide_own_pairing, propose_pairing
from market.pairing.statements import get_county_statement, get_own_statement, state_year
from market.pairing.views import (
    get_county_pairing,
    get_own_pairing,
    list_county_pairings,
    list_organisation_pairings,
    list_public_pairings,
)
from market.services.applications import answer_hire, apply_for_job, hire
from market.services.attendance import list_attendees, mark_attendance
from market.services.models import NewCourse, NewSeat
from market.services.postings import check_posting, post_job
from market.services.seats import sign_up
from market.services.slots import add_course
from market.sheets.models import FileMalformed
from tests.conftest import NOW
from tests.producers.applicants import an_applicant, make_official_actor
from tests.services.test_postings import JOB
from tests.services.test_service_figures import HELD
from tests.support.make import (
    OTHER_VILLAGE,
    VILLAGE,
    load_actor,
    make_account,
    make_freight_template,
    make_producer,
    make_product,
)
from tests.support.shop import Shopping

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


async def test_a_pledge_has_a_term_and_the_other_side_agrees(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
        neighbour = await make_official_actor(conn, Role.VILLAGE, OTHER_VILLAGE)
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        member, company = await make_company(conn, county)
        stranger, other = await make_company(conn, county, name="样例箱包", code=CODES[1])
        colleague = await load_actor(conn, await make_account(conn, name="样例同事"), second_factor=False)
        await conn.execute("INSERT INTO organisation_members VALUES ($1, $2, 'clerk')", company, colleague.account_id)
    buy = PLEDGES[0]
    for new, fields in (
        (replace(NEW, pledges=[replace(buy, last=None)]), ["pledges.0.last"]),
        (replace(NEW, last=None), ["last"]),
        (replace(NEW, first=None, pledges=[]), ["first", "pledges"]),
        (replace(NEW, last=date(2019, 9, 19)), ["last", *[f"pledges.{n}.last" for n in range(4)], "last"]),
        (replace(NEW, last=date(2029, 12, 31)), ["last"]),
        (replace(NEW, pledges=[buy, replace(buy, first=LAST)]), ["pledges.1.kind"]),
        (
            replace(NEW, pledges=[replace(buy, target=0, first=date(2019, 9, 19))]),
            ["pledges.0.target", "pledges.0.first"],
        ),
        (replace(NEW, pledges=[replace(buy, last=date(2021, 1, 1))]), ["pledges.0.last"]),
        (replace(NEW, village_code="130624999999"), ["village"]),
    ):
        with pytest.raises(PairingInvalid) as refused:
            await propose(database, member, company, new)
        assert [each.field for each in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await propose(database, stranger, company)
    sent = await propose(database, member, company)
    with pytest.raises(PairingOverlap):
        await propose(database, member, company, replace(NEW, first=date(2020, 1, 1), pledges=PLEDGES[:1]))
    # Nobody but the two sides reads a proposal.
    for scope, count in (("130624", 1), ("130725", 0), (get_person_scope(stranger), 0), (get_person_scope(member), 1)):
        async with database.transaction(scope=scope) as conn:
            assert await conn.fetchval("SELECT count(*) FROM pairings") == count
            assert await conn.fetchval("SELECT count(*) FROM pledges") == 4 * count
    async with database.transaction() as conn:
        assert await list_public_pairings(conn, VILLAGE, day=TODAY) == []
    for official, at, refusal in (
        (elsewhere, "130725", NotFound),
        (elsewhere, "130624", NotAllowed),
        (neighbour, "130624", NotAllowed),
    ):
        with pytest.raises(refusal):
            await decide(database, official, sent.id, county=at)
    for person, own_side in ((member, PairingOwnSide), (colleague, PairingOwnSide), (stranger, NotFound)):
        with pytest.raises(own_side):
            await decide_own(database, person, sent.id)
    await decide(database, village, sent.id)
    for step in (decide(database, county, sent.id, agreed=False), decide_own(database, member, sent.id, agreed=False)):
        with pytest.raises(PairingDecided):
            await step
    async with database.transaction(scope="130624") as conn:
        for wrong in (
            "UPDATE pledges SET valid_during = '[2019-09-21,2020-01-01)' WHERE kind = 'buy'",
            "DELETE FROM pledges WHERE kind = 'buy'",
            "UPDATE pairings SET agreed_by = NULL, agreed_at = NULL",
            "UPDATE pairings SET valid_during = '[2019-09-20,2021-06-01)'",
            f"INSERT INTO pledges VALUES ('{sent.id}', 'buy', 1, '[2021-01-01,)')",
            f"INSERT INTO pledges VALUES ('{sent.id}', 'teach', 1, '[2020-07-01,2020-08-01)')",
            (
                "INSERT INTO pairings (organisation_id, village_code, valid_during, proposed_by, proposed_at)"
                " SELECT organisation_id, '130624101201', '[2019-09-20,)', proposed_by, proposed_at FROM pairings"
            ),
        ):
            with pytest.raises(asyncpg.PostgresError):
                async with conn.transaction():
                    await conn.execute(wrong)
        assert await conn.fetchval("SELECT count(*) FROM pledges") == 4
    # A proposal that is refused leaves nothing.
    again = await propose(database, stranger, other)
    await decide(database, county, again.id, agreed=False)
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM pairings") == 1
        listed = await list_county_pairings(conn, village, "130624", [VILLAGE], day=TODAY)
        assert [(each.id, each.state) for each in listed] == [(sent.id, PairingState.RUNNING)]
        assert await list_county_pairings(conn, neighbour, "130624", [OTHER_VILLAGE], day=TODAY) == []


async def test_a_file_proposes_and_names_its_bad_cells(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        member, company = await make_company(conn, county)

    async def take(*rows: str, dry_run: bool = False) -> tuple[FileOutcome, dict[str, int]]:
        content = "\n".join((HEAD, *rows)).encode()
        file = CountyFile(county="130624", name="结对.csv", content=content, dry_run=dry_run, now=NOW)
        async with database.transaction(scope="130624") as conn:
            taken = await import_county_file(conn, county, COUNTY_FILE_KINDS["pairings"], file)
        return taken.outcome, taken.counts

    buy = f"样例枣业,{CODES[0]},{VILLAGE},2019-09-20 至 2020-12-31,买货,500.00,元"
    teach = f"样例枣业,{CODES[0]},{VILLAGE},2019-10-01至2020-06-30,办课,40,人次"
    assert await take(buy, teach, dry_run=True) == (FileOutcome.TRIED, {"new": 1, "changed": 0, "same": 0})
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM pairings") == 0
    assert await take(buy, teach) == (FileOutcome.STORED, {"new": 1, "changed": 0, "same": 0})
    assert (await take(buy, teach))[0] is FileOutcome.NO_OP
    assert await take(teach, buy) == (FileOutcome.STORED, {"new": 0, "changed": 0, "same": 1})
    assert await take(buy.replace("500.00", "600.00")) == (FileOutcome.STORED, {"new": 0, "changed": 1, "same": 0})
    with pytest.raises(FileMalformed) as refused:
        await take(
            buy.replace("2019-09-20 至 2020-12-31", "2019-09-20 起"),
            buy.replace(CODES[0], CODES[1]),
            buy.replace("样例枣业", "样例枣"),
            buy.replace(VILLAGE, "130725100201").replace("元", "人次"),
            buy.replace("买货", "捐款"),
            teach.replace("2020-06-30", "2019-09-19").replace(",40,", ",0,"),
            buy,
            buy,
        )
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "起止日期"), (3, "统一社会信用代码"), (4, "企业名称"), (5, "村代码"), (6, "承诺类别"),
        (7, "起止日期"), (7, "数量"), (9, "承诺类别"),
    ]  # fmt: skip
    async with database.transaction(scope="130624") as conn:
        [pairing] = await list_county_pairings(conn, county, "130624", ["130624"], day=TODAY)
        assert [(each.kind, each.target, each.last) for each in pairing.pledges] == [(PledgeKind.BUY, 600_00, LAST)]
    with pytest.raises(PairingOwnSide):
        await decide(database, county, pairing.id)
    await decide_own(database, member, pairing.id)
    with pytest.raises(FileMalformed, match="1 faults"):
        await take(buy.replace("500.00", "700.00"))
    villages = CountyFile(
        county="130624", name="村.csv", dry_run=False, now=NOW,
        content=f"村代码,村名,起始日期,终止日期,并入村代码,依据\n{VILLAGE},革新庄村,,2019-12-31,,样例〔2019〕1号".encode(),
    )  # fmt: skip
    async with database.transaction(scope="130624") as conn:
        await conn.execute("UPDATE organisations SET verified_by = NULL, verified_at = NULL")
        await import_county_file(conn, county, COUNTY_FILE_KINDS["villages"], villages)
        [pairing] = await list_county_pairings(conn, county, "130624", ["130624"], day=TODAY)
        assert (pairing.last, pairing.pledges[0].last) == (date(2019, 12, 31), date(2019, 12, 31))
    with pytest.raises(PairingInvalid) as ended:
        await propose(database, member, company, replace(NEW, first=date(2020, 1, 1), pledges=PLEDGES[:1]))
    assert [each.field for each in ended.value.errors] == ["village"]


async def _teach(conn: Connection, shopping: Shopping, county: Actor, people: list[Actor]) -> None:
    new = NewCourse(
        title="剪枝", village_code=VILLAGE, starts_at=HELD, ends_at=HELD + timedelta(hours=2), places=30,
        organiser="样例枣业",
    )  # fmt: skip
    slot = await add_course(conn, county, "130624", new, now=NOW)
    for each in people:
        await sign_up(conn, shopping.seal, each, slot, NewSeat(), now=NOW)
    attendees = await list_attendees(conn, shopping.seal, county, slot)
    seats = [each.seat_id for each in attendees[:11]]
    await mark_attendance(conn, county, slot, seats, now=HELD + timedelta(hours=3))


async def _hire(
    conn: Connection, shopping: Shopping, county: Actor, member: Actor, company: UUID, people: list[Actor]
) -> None:
    posting = (await post_job(conn, member, company, replace(JOB, positions=3), now=NOW)).id
    await check_posting(conn, shopping.seal, county, "130624", posting, live=True, reason="", now=NOW)
    for worker, answer in zip(people[:3], (True, False, None), strict=True):
        applied = await apply_for_job(conn, shopping.seal, worker, posting, consent=True, now=NOW)
        await hire(conn, shopping.seal, member, posting, applied.id, hired_on=TODAY, now=NOW)
        if answer is not None:
            await answer_hire(conn, worker, applied.id, found_work=answer, now=NOW)


async def _invest(conn: Connection, county: Actor, second: Actor, company: UUID) -> None:
    for name, funder, accepted in (("5G 基站", company, True), ("光纤", company, False), ("别的站", None, True)):
        new = NewProject(
            village_code=VILLAGE, operator="mobile", name=name, planned_fen=Fen(9_000_00), funded_by=funder
        )
        done = datetime(2019, 10, 8, 1, tzinfo=UTC)
        project = await add_project(conn, county, "130624", new, now=NOW)
        await build_project(
            conn, county, "130624", project, spent_fen=Fen(8_000_00), reason="", done_on=date(2019, 10, 8), now=done
        )
        if accepted:
            await accept_project(conn, second, "130624", project, now=done)
    with pytest.raises(ProjectInvalid) as refused:
        await add_project(conn, county, "130624", replace(new, funded_by=uuid4()), now=NOW)
    assert [each.field for each in refused.value.errors] == ["funder"]


class _Done(Struct, frozen=True):
    """A pairing for which everything was done once that counts, and once that does not."""

    shopping: Shopping
    county: Actor
    elsewhere: Actor
    member: Actor
    stranger: Actor
    company: UUID
    pairing_id: UUID
    counted: int


async def _do_everything(shopping: Shopping) -> _Done:
    db = shopping.db
    async with db.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        second = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        member, company = await make_company(conn, county)
        stranger, other = await make_company(conn, county, name="样例箱包", code=CODES[1])
        people = [await an_applicant(conn) for _ in range(12)]
        # The buyer of the orders is a clerk of both companies.
        buyer = shopping.buyer.account_id
        for each in (company, other):
            await conn.execute("INSERT INTO organisation_members VALUES ($1, $2, 'clerk')", each, buyer)
        millet = await make_product(conn, price_fen=32_00, category="grain")
        own_shop = await make_producer(conn, name="样例自家店", owner=member.account_id)
        own = await make_product(conn, price_fen=50_00, category="grain", producer_id=own_shop)
        for producer in (millet.producer_id, own_shop):
            await make_freight_template(conn, producer)
    sent = await propose(db, member, company)
    await decide(db, county, sent.id)
    yesterday = NOW - timedelta(days=1)
    before = await shopping.place([(millet.variant_id, 1)], now=yesterday)
    await shopping.pay(before, now=yesterday)
    await _buy_for(shopping, shopping.buyer, company)
    with pytest.raises(BuyingElsewhere):
        await _buy_for(shopping, shopping.buyer, other)
    with pytest.raises(NotFound):
        await _buy_for(shopping, stranger, company)
    counted = await shopping.place([(millet.variant_id, 2)])
    from_own_shop = await shopping.place([(own.variant_id, 1)])
    await shopping.place([(millet.variant_id, 5)])
    for order in (before, counted, from_own_shop):
        if order is not before:
            await shopping.pay(order)
        async with db.transaction() as conn:
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
    async with db.transaction(scope="130624") as conn:
        await _teach(conn, shopping, county, people)
        await _hire(conn, shopping, county, member, company, people)
        await _invest(conn, county, second, company)
    return _Done(shopping, county, elsewhere, member, stranger, company, sent.id, counted.number)


async def _buy_for(shopping: Shopping, actor: Actor, organisation: UUID) -> None:
    async with shopping.db.transaction(scope=get_person_scope(actor)) as conn:
        await set_buying_account(conn, actor, organisation, buys=True, now=NOW)


async def test_what_was_done_is_counted_and_a_stated_year_stays(shopping: Shopping) -> None:
    found = await _do_everything(shopping)
    async with shopping.db.transaction(scope=get_person_scope(found.member)) as conn:
        pairing = await get_own_pairing(conn, found.member, found.pairing_id, day=TODAY)
    done = {each.kind: each.done for each in pairing.pledges}
    assert done == {PledgeKind.BUY: 64_00, PledgeKind.TEACH: 11, PledgeKind.INVEST: 8_000_00, PledgeKind.HIRE: 1}
    # The figures are the sums of the items listed with them.
    for each in pairing.pledges:
        assert each.done == sum(item.amount for item in pairing.items if item.kind is each.kind)
    assert [(each.kind, each.what) for each in pairing.items] == [
        (PledgeKind.BUY, f"订单 {found.counted}"), (PledgeKind.TEACH, "剪枝"), (PledgeKind.INVEST, "5G 基站"),
        (PledgeKind.HIRE, "摘枣"),
    ]  # fmt: skip
    async with shopping.db.transaction() as conn:
        [public] = await list_public_pairings(conn, VILLAGE, day=date(2020, 1, 5))
        # One family sold, one person was hired: not said. Eleven came to a course, and a project is about nobody.
        assert [(each.kind, each.done, each.until) for each in public.pledges] == [
            (PledgeKind.BUY, None, None), (PledgeKind.TEACH, 11, date(2019, 12, 31)),
            (PledgeKind.INVEST, 8_000_00, date(2019, 12, 31)), (PledgeKind.HIRE, None, None),
        ]  # fmt: skip
        assert await list_public_pairings(conn, OTHER_VILLAGE, day=TODAY) == []
    await _state_a_year(found)
    await _look_as_others(found)
    async with shopping.db.transaction(scope=get_person_scope(shopping.buyer)) as conn:
        await end_buying(conn, shopping.buyer.account_id, day=TODAY)
        assert await conn.fetchval("SELECT count(*) FROM company_accounts") == 0


async def _state_a_year(found: _Done) -> None:
    db = found.shopping.db

    async def state(actor: Actor, year: int, now: datetime) -> None:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await state_year(conn, actor, found.pairing_id, year, now=now)

    for actor, year, now, refusal in (
        (found.member, 2019, NOW, StatementTooEarly),
        (found.member, 2018, JANUARY, StatementTooEarly),
        (found.member, 2020, JANUARY, StatementTooEarly),
        (found.stranger, 2019, JANUARY, NotFound),
        (found.county, 2019, JANUARY, NotFound),
    ):
        with pytest.raises(refusal):
            await state(actor, year, now)
    await state(found.member, 2019, JANUARY)
    with pytest.raises(StatedBefore):
        await state(found.member, 2019, JANUARY)
    # What changes later does not change a statement.
    async with db.transaction(scope="130624") as conn:
        await conn.execute("UPDATE job_applications SET state = 'denied' WHERE state = 'confirmed'")
        statement = await get_county_statement(conn, found.county, "130624", found.pairing_id, 2019)
        live = await get_county_pairing(conn, found.county, "130624", found.pairing_id, day=TODAY)
        assert [each.done for each in statement.pledges] == [64_00, 11, 8_000_00, 1]
        assert [each.done for each in live.pledges] == [64_00, 11, 8_000_00, 0]
        assert [(each.first, each.last) for each in statement.pledges[:2]] == [(TODAY, date(2019, 12, 31))] * 2
        assert sum(each.amount for each in statement.items) == sum(each.done for each in statement.pledges)
        for wrong in (
            "UPDATE pairing_statement_lines SET done = done + 1",
            "DELETE FROM pairing_statement_items",
            "UPDATE pairing_statements SET year = 2018",
        ):
            with pytest.raises(asyncpg.PostgresError):
                async with conn.transaction():
                    await conn.execute(wrong)
    # A statement has a line for each of its three pledges of 2020, and each line is the sum of its items.
    line = """
        INSERT INTO pairing_statement_lines
        SELECT $1, 2020, kind, '[2020-01-01,2020-12-31]', 1, $2 FROM unnest($3::text[]) kind
    """
    for done, kinds in ((0, ["buy", "teach"]), (5, ["buy", "teach", "hire"])):
        transaction = db.transaction(scope="130624")
        conn = await transaction.__aenter__()
        await conn.execute(
            "INSERT INTO pairing_statements VALUES ($1, 2020, $2, now())", found.pairing_id, found.member.account_id
        )
        await conn.execute(line, found.pairing_id, done, kinds)
        with pytest.raises(asyncpg.PostgresError, match="add up"):
            await transaction.__aexit__(None, None, None)


async def _look_as_others(found: _Done) -> None:
    tables = ("pairing_statements", "pairing_statement_lines", "pairing_statement_items")
    async with found.shopping.db.transaction(scope=get_person_scope(found.stranger)) as conn:
        for step in (
            get_own_pairing(conn, found.stranger, found.pairing_id, day=TODAY),
            get_own_statement(conn, found.stranger, found.pairing_id, 2019, now=JANUARY),
            list_organisation_pairings(conn, found.stranger, found.company, day=TODAY),
        ):
            with pytest.raises(NotFound):
                await step
        assert [await conn.fetchval(f"SELECT count(*) FROM {each}") for each in tables] == [1, 0, 0]
    async with found.shopping.db.transaction(scope="130725") as conn:
        with pytest.raises(NotFound):
            await get_county_pairing(conn, found.elsewhere, "130725", found.pairing_id, day=TODAY)
        with pytest.raises(NotFound):
            await get_county_statement(conn, found.elsewhere, "130725", found.pairing_id, 2019)
        assert [await conn.fetchval(f"SELECT count(*) FROM {each}") for each in tables] == [1, 0, 0]
    async with found.shopping.db.transaction(scope=get_person_scope(found.member)) as conn:
        assert [await conn.fetchval(f"SELECT count(*) FROM {each}") for each in tables] == [1, 4, 4]


async def test_a_pairing_is_proposed_and_decided_once(database: Database) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        member, company = await make_company(conn, county)
    tries = await asyncio.gather(*(propose(database, member, company) for _ in range(4)), return_exceptions=True)
    [sent] = [each for each in tries if isinstance(each, PairingFields)]
    assert sum(isinstance(each, PairingOverlap) for each in tries) == 3
    ends = await asyncio.gather(
        decide(database, county, sent.id), decide_own(database, member, sent.id, agreed=False), return_exceptions=True
    )
    lost = [each for each in ends if each is not None]
    assert len(lost) == 1
    async with database.transaction(scope="130624") as conn:
        row = await conn.fetchrow("SELECT agreed_at IS NOT NULL AS agreed FROM pairings")
    # What was agreed stays, what was taken back is gone.
    if row is None:
        assert isinstance(lost[0], NotFound)
    else:
        assert row["agreed"]
        assert isinstance(lost[0], PairingDecided)


def _make_fields(**changes: object) -> PairingFields:
    made = PairingFields(
        id=uuid4(), number=1, organisation_id=uuid4(), organisation="样例", village_code=VILLAGE, village="革新庄村",
        county_code="130624", first=TODAY, last=LAST, proposed_at=NOW, agreed_at=NOW, stated=[],
    )  # fmt: skip
    return replace(made, **changes)


def test_a_pairing_goes_from_proposed_to_stated() -> None:
    for changes, day, state, due in (
        ({"agreed_at": None}, LAST, PairingState.PROPOSED, []),
        ({}, date(2019, 9, 19), PairingState.AGREED, []),
        ({}, TODAY, PairingState.RUNNING, []),
        ({}, date(2020, 1, 1), PairingState.RUNNING, [2019]),
        ({"stated": [2019]}, LAST, PairingState.RUNNING, []),
        ({"stated": [2019]}, date(2021, 1, 1), PairingState.ENDED, [2020]),
        ({"stated": [2019, 2020]}, date(2021, 1, 1), PairingState.STATED, []),
        ({"last": date(2020, 3, 31)}, date(2020, 4, 1), PairingState.ENDED, [2019, 2020]),
    ):
        made = _make_fields(**changes)
        assert (get_pairing_state(made, day), list_due_years(made, day)) == (state, due)


def test_a_sum_of_ten_families_is_published_unless_one_made_most_of_it() -> None:
    def make(largest: int) -> list[CountedItem]:
        return [
            CountedItem(
                pairing_id=UUID(int=0), kind=PledgeKind.BUY, on_day=TODAY, what="", amount=largest if n == 0 else 100,
                subject=UUID(int=n), people=1,
            )
            for n in range(10)
        ]  # fmt: skip

    assert [tells_of_nobody(make(fen)) for fen in (100, 3600, 3601)] == [True, True, False]
    assert not tells_of_nobody(make(100)[:9])


FAMILIES = [UUID(int=n) for n in range(14)]
ITEMS = st.lists(st.tuples(st.integers(0, 720), st.sampled_from([None, *FAMILIES]), st.integers(1, 900)), max_size=60)


@given(drawn=ITEMS, day=st.dates(date(2019, 1, 1), date(2021, 12, 31)), later=st.integers(1, 400))
def test_two_publications_compared_tell_of_no_single_family(
    drawn: list[tuple[int, UUID | None, int]], day: date, later: int
) -> None:
    pairing = uuid4()
    pledge = PledgeTerm(
        pairing_id=pairing, kind=PledgeKind.BUY, target=1, first=date(2019, 1, 1), last=date(2020, 12, 31)
    )
    items = [
        CountedItem(
            pairing_id=pairing, kind=PledgeKind.BUY, on_day=date(2019, 1, 1) + timedelta(days=days), what="",
            amount=fen, subject=family, people=int(family is not None),
        )
        for days, family, fen in drawn
    ]  # fmt: skip
    first, second = (
        publish_pledge(pledge, items, day=day),
        publish_pledge(pledge, items, day=day + timedelta(days=later)),
    )
    if first.done is not None and second.done is None:
        assert first.done == 0
    elif first.done is not None and second.done is not None:
        assert first.until is None or second.until is not None
        since = first.until or date(2018, 12, 31)
        until = second.until or date(2018, 12, 31)
        between = [each for each in items if since < each.on_day <= until]
        assert second.done - first.done == sum(each.amount for each in between)
        assert tells_of_nobody(between)
    if second.done is None:
        assert items
        return
    published = [each for each in items if second.until is not None and each.on_day <= second.until]
    assert second.done == sum(each.amount for each in published)
    families = {each.subject for each in published if each.subject}
    assert len(families) in {0, *range(10, 15)}
    assert second.until is None or get_quarter_start(second.until + timedelta(days=1)) == second.until + timedelta(
        days=1
    )
