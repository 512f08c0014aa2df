"""Organisations and villages are paired for a term; what was done is counted from orders, courses, projects, hires."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Fen
from market.kernel.clock import get_quarter_start
from market.people.identity.models import Actor, NotFound, Role
from market.sales.aftersales.receive import confirm_receipt
from market.villages.coverage.models import NewProject, ProjectInvalid
from market.villages.coverage.projects import accept_project, add_project, build_project, reopen_project
from market.villages.pairing.buying_accounts import BuyingElsewhere, end_buying, set_buying_account
from market.villages.pairing.models import (
    CountedItem,
    PledgeKind,
    PledgeTerm,
    StatedBefore,
    StatementTooEarly,
)
from market.villages.pairing.progress import (
    publish_pledge,
    tells_of_nobody,
)
from market.villages.pairing.statements import get_county_statement, get_own_statement, state_year
from market.villages.pairing.views import (
    get_county_pairing,
    get_own_pairing,
    list_organisation_pairings,
    list_public_pairings,
)
from market.villages.services.applications import answer_hire, apply_for_job, hire
from market.villages.services.attendance import list_attendees, mark_attendance
from market.villages.services.models import NewCourse, NewSeat
from market.villages.services.postings import check_posting, post_job
from market.villages.services.seats import sign_up
from market.villages.services.slots import add_course
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import (
    OTHER_VILLAGE,
    VILLAGE,
    make_freight_template,
    make_producer,
    make_product,
)
from tests.support.shop import Shopping
from tests.villages.pairing.proposing import CODES, JANUARY, TODAY, decide, make_company, propose
from tests.villages.services.test_postings import JOB
from tests.villages.services.test_service_figures import HELD


async def _teach(conn: Connection, shopping: Shopping, county: Actor, people: list[Actor]) -> None:
    new = NewCourse(
        title="剪枝", village_code=VILLAGE, starts_at=HELD, ends_at=HELD + timedelta(hours=2), places=30,
        organiser="样例枣业",
    )  # fmt: skip
    slot = await add_course(conn, county, "130624", new, now=NOW)
    for each in people:
        await sign_up(conn, shopping.seal, each, slot, NewSeat(), now=NOW)
    attendees = await list_attendees(conn, shopping.seal, county, slot, now=NOW)
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
        project = await conn.fetchval("SELECT id FROM coverage_projects WHERE name = '5G 基站'")
        await reopen_project(conn, found.county, "130624", project, "还没有装天线", now=JANUARY)
        statement = await get_county_statement(conn, found.county, "130624", found.pairing_id, 2019)
        live = await get_county_pairing(conn, found.county, "130624", found.pairing_id, day=TODAY)
        assert [each.done for each in statement.pledges] == [64_00, 11, 8_000_00, 1]
        assert [each.done for each in live.pledges] == [64_00, 11, 0, 0]
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
