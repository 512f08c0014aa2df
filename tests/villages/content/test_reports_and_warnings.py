"""A report is answered in a working day and the reported never sees it; a county warns on its farmers' pages."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.catalogue.listings.edit import move_listing
from market.catalogue.listings.models import ListingMove
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.consents.give import give_consent
from market.people.consents.models import ConsentPurpose
from market.people.identity.actors import find_actor_by_token
from market.people.identity.models import AccountId, Actor, NotAllowed, NotFound, Role
from market.people.identity.sign_in import sign_in_without_code
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.notify.notifications import format_due
from market.people.notify.templates import FARMER_TEMPLATES, FRAUD_HINT, MAX_ONE_MESSAGE, render_message
from market.sales.aftersales.receive import confirm_receipt
from market.sales.reviews.write import ReviewText, write_review
from market.villages.content.models import (
    NewReport,
    NewWarning,
    ReportedBefore,
    ReportedKind,
    ReportReason,
    StoryInvalid,
    StoryNotMovable,
    TooManyReports,
    WarningReason,
)
from market.villages.content.reports import answer_report, get_report, list_own_reports, report_content
from market.villages.content.stories import hide_story
from market.villages.content.warnings import (
    DAILY_WARNINGS,
    end_warning,
    get_daily_warning,
    list_valid_warnings,
    publish_warning,
)
from tests.conftest import NOW
from tests.support.make import (
    SEAL,
    add_member,
    load_actor,
    make_account,
    make_official,
    make_phone,
    make_producer,
    make_product,
)
from tests.support.shop import Shopping
from tests.villages.content.test_stories import STORY, a_county, a_person, is_live, publish, write

LATER = NOW + timedelta(hours=1)
TODAY = date(2019, 9, 20)
WARNING = NewWarning(
    reason=WarningReason.SUBSIDY, text="有人冒充村干部办减免收钱，别给", first=TODAY, last=TODAY + timedelta(days=9)
)


async def test_a_listing_is_reported_once_and_taken_off_and_its_seller_never_sees_by_whom(
    database: Database, seal: Seal
) -> None:
    reporter, other = await a_person(database, "样例举报的人"), await a_person(database, "样例别人")
    county, elsewhere = await a_county(database), await a_county(database, scope="130725")
    async with database.transaction() as conn:
        shop = await make_producer(conn, owner=await make_account(conn, name="样例农户", phone=make_phone()))
        goods = await make_product(conn, shop)
        seller = await add_member(conn, shop, "样例帮手")
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", goods.listing_id)
    new = NewReport(
        kind=ReportedKind.LISTING, reference=str(number), reason=ReportReason.MEDICAL, text="页面上说能治病"
    )
    async with database.transaction(scope=get_person_scope(reporter)) as conn:
        report = await report_content(conn, seal, reporter, new, now=NOW)
        assert (report.assignee, format_due(report.due_at)) == ("county", "9 月 23 日")  # Friday; the next is Monday
        with pytest.raises(ReportedBefore):
            await report_content(conn, seal, reporter, new, now=NOW)
        with pytest.raises(NotFound):
            await report_content(conn, seal, reporter, replace(new, reference="999999"), now=NOW)
        with pytest.raises(StoryInvalid):
            await report_content(conn, seal, reporter, replace(new, text="字" * 301), now=NOW)
    for stranger in (seller, other, elsewhere):
        async with database.transaction(scope=get_person_scope(stranger)) as conn:
            assert await get_report(conn, seal, report.case_id) is None
            assert await conn.fetchval("SELECT count(*) FROM cases") == 0
            with pytest.raises(NotFound):
                await answer_report(conn, seal, stranger, report.case_id, hide=True, text="样例", now=LATER)
    async with database.transaction(scope=get_person_scope(county)) as conn:
        found = await get_report(conn, seal, report.case_id)
        assert found is not None
        assert found.text == "页面上说能治病"
        with pytest.raises(StoryInvalid):
            await answer_report(conn, seal, county, report.case_id, hide=True, text=" ", now=LATER)
        done = await answer_report(conn, seal, county, report.case_id, hide=True, text="属实，下架改", now=LATER)
        assert (done.outcome, done.answer) == (CaseOutcome.SOLVED, "属实，下架改")
        with pytest.raises(CaseNotMovable):
            await answer_report(conn, seal, county, report.case_id, hide=True, text="样例", now=LATER)
        assert await conn.fetchval("SELECT state FROM listings WHERE id = $1", goods.listing_id) == "suspended"
    async with database.transaction(scope=get_person_scope(reporter)) as conn:
        assert [each.answer for each in await list_own_reports(conn, seal, reporter.account_id)] == ["属实，下架改"]


async def test_who_wrote_it_or_sells_it_does_not_answer(database: Database, seal: Seal) -> None:
    reporter, county = await a_person(database, "样例举报的人"), await a_county(database)
    colleague = await a_county(database, Role.COUNTY)
    async with database.transaction() as conn:
        shop = await make_producer(conn, owner=county.account_id)
        goods = await make_product(conn, shop)
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", goods.listing_id)
    # Who wrote it has another account, under the same name.
    story = await write(database, seal, await a_person(database, county.name), STORY)
    with pytest.raises(StoryNotMovable):
        await publish(database, seal, county, story.number)
    await publish(database, seal, colleague, story.number)
    for kind, reference in ((ReportedKind.LISTING, number), (ReportedKind.STORY, story.number)):
        new = NewReport(kind=kind, reference=str(reference), reason=ReportReason.FALSE)
        async with database.transaction(scope=get_person_scope(reporter)) as conn:
            report = await report_content(conn, seal, reporter, new, now=NOW)
        async with database.transaction(scope=get_person_scope(county)) as conn:
            with pytest.raises(CaseAnswererInvolved):
                await answer_report(conn, seal, county, report.case_id, hide=False, text="样例", now=LATER)
    async with database.transaction(scope="130624") as conn:
        await answer_report(conn, seal, colleague, report.case_id, hide=True, text="写得不实", now=LATER)
    assert not await is_live(database, story.number)


async def make_review(shopping: Shopping) -> str:
    """Return the id of a review that the buyer wrote of an order."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    suborder = (await shopping.see(order)).suborders[0].id
    async with shopping.db.transaction() as conn:
        await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, positions=[1], now=NOW)
        text = ReviewText(rating=2, text="骗子")
        return str((await write_review(conn, shopping.seal, shopping.buyer, suborder, text, now=NOW)).id)


async def test_a_reported_review_is_hidden_for_a_legal_reason_alone(
    shopping: Shopping, database: Database, seal: Seal
) -> None:
    review = await make_review(shopping)
    reporter, platform = await a_person(database, "样例举报的人"), await a_county(database, Role.PLATFORM, "13")
    for reason, hidden in ((ReportReason.FALSE, False), (ReportReason.INSULT, True)):
        new = NewReport(kind=ReportedKind.REVIEW, reference=review, reason=reason)
        async with database.transaction(scope=get_person_scope(reporter)) as conn:
            report = await report_content(conn, seal, reporter, new, now=NOW)
        async with database.transaction(scope="130624") as conn:
            if not hidden:
                with pytest.raises(StoryInvalid):
                    await answer_report(conn, seal, platform, report.case_id, hide=True, text="样例", now=LATER)
            done = await answer_report(conn, seal, platform, report.case_id, hide=hidden, text="样例", now=LATER)
            assert done.outcome is (CaseOutcome.SOLVED if hidden else CaseOutcome.UNSOLVED)
            assert await conn.fetchval("SELECT hidden_for FROM reviews") == ("insult" if hidden else None)


async def test_by_whatever_account_nobody_answers_for_their_own_review_or_publishes_their_own_story(
    shopping: Shopping, database: Database, seal: Seal
) -> None:
    reporter, review = await a_person(database, "样例举报的人"), await make_review(shopping)
    county, colleague = await a_county(database), await a_county(database)
    story = await write(database, seal, await a_person(database, county.name), STORY)
    with pytest.raises(StoryNotMovable):
        await publish(database, seal, county, story.number)
    await publish(database, seal, colleague, story.number)
    async with database.transaction() as conn:
        writer = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13", name=shopping.buyer.name))
    for kind, reference, official in (
        (ReportedKind.STORY, str(story.number), county),
        (ReportedKind.REVIEW, review, writer),
    ):
        new = NewReport(kind=kind, reference=reference, reason=ReportReason.INSULT)
        async with database.transaction(scope=get_person_scope(reporter)) as conn:
            report = await report_content(conn, seal, reporter, new, now=NOW)
        async with database.transaction(scope=get_person_scope(official)) as conn:
            with pytest.raises(CaseAnswererInvolved):
                await answer_report(conn, seal, official, report.case_id, hide=False, text="样例", now=LATER)


async def test_who_reported_what_is_off_the_pages_already_was_right(
    shopping: Shopping, database: Database, seal: Seal
) -> None:
    """Taken off by the answer of another report, or by its author; what a seller took down is suspended."""
    reporters = [await a_person(database, f"样例举报{each}") for each in range(2)]
    county, platform = await a_county(database), await a_county(database, Role.PLATFORM, "13")
    author = await a_person(database, "样例写的人")
    story, ended = [await write(database, seal, author, STORY) for _ in range(2)]
    for each in (story, ended):
        await publish(database, seal, county, each.number)
    review = await make_review(shopping)
    async with database.transaction() as conn:
        shop = await make_producer(conn, owner=await make_account(conn, name="样例农户", phone=make_phone()))
        sold, withdrawn = [(await make_product(conn, shop)).listing_id for _ in range(2)]
        seller = await add_member(conn, shop, "样例帮手")
        numbers = {row["id"]: row["number"] for row in await conn.fetch("SELECT id, number FROM listings")}
    things = (
        (ReportedKind.LISTING, numbers[sold], county), (ReportedKind.LISTING, numbers[withdrawn], county),
        (ReportedKind.STORY, story.number, county), (ReportedKind.STORY, ended.number, county),
        (ReportedKind.REVIEW, review, platform),
    )  # fmt: skip
    # The second report of the review is for what is no legal reason to hide it.
    reasons = (ReportReason.INSULT, ReportReason.FALSE)
    reports: list[tuple[UUID, Actor]] = []
    for reporter, reason in zip(reporters, reasons, strict=True):
        for kind, reference, official in things:
            new = NewReport(kind=kind, reference=str(reference), reason=reason)
            async with database.transaction(scope=get_person_scope(reporter)) as conn:
                reports.append(((await report_content(conn, seal, reporter, new, now=NOW)).case_id, official))
    async with database.transaction(scope=get_person_scope(author)) as conn:
        await hide_story(conn, seal, author, ended.number, now=LATER)
    async with database.transaction(scope=get_person_scope(seller)) as conn:
        await move_listing(conn, seller, withdrawn, ListingMove.WITHDRAW, now=LATER)
    for case_id, official in reports:
        async with database.transaction(scope="130624") as conn:
            done = await answer_report(conn, seal, official, case_id, hide=True, text="属实", now=LATER)
            assert (done.outcome, done.answer) == (CaseOutcome.SOLVED, "属实")
    async with database.transaction(scope="130624") as conn:
        states = await conn.fetch("SELECT state FROM listings WHERE id = ANY($1)", [sold, withdrawn])
        assert [row["state"] for row in states] == ["suspended"] * 2
        assert await conn.fetchval("SELECT hidden_for FROM reviews") == "insult"
        hidden = await conn.fetch("SELECT hidden_for FROM stories ORDER BY number")
        assert [row["hidden_for"] for row in hidden] == ["moderator", "author"]


async def test_a_person_has_at_most_ten_open_reports(database: Database, seal: Seal) -> None:
    reporter, county = await a_person(database, "样例举报的人"), await a_county(database)
    numbers: list[int] = []
    for each in range(11):
        story = await write(database, seal, await a_person(database, f"样例写{each}"), STORY)
        await publish(database, seal, county, story.number)
        numbers.append(story.number)
    async with database.transaction(scope=get_person_scope(reporter)) as conn:
        new = NewReport(kind=ReportedKind.STORY, reference="", reason=ReportReason.PITY)
        for number in numbers[:10]:
            await report_content(conn, seal, reporter, replace(new, reference=str(number)), now=NOW)
        with pytest.raises(TooManyReports):
            await report_content(conn, seal, reporter, replace(new, reference=str(numbers[10])), now=NOW)


async def load_warning(conn: Connection, account: AccountId, *, days: int = 0) -> str:
    """Return what the pages of a person warn of."""
    at = NOW + timedelta(days=days)
    session = await sign_in_without_code(conn, account, now=at, second_factor=False)
    actor = await find_actor_by_token(conn, session.token, now=at)
    assert actor is not None
    return actor.warning


async def test_a_county_warns_its_own_farmers_and_those_who_consented_by_message(
    database: Database, seal: Seal
) -> None:
    county, farmer = await a_county(database), await a_person(database, "样例农户")
    neighbour = await a_person(database, "样例外县农户")
    async with database.transaction() as conn:
        await make_producer(conn, owner=farmer.account_id)
        await make_producer(conn, name="样例外县店", village="130725100201", owner=neighbour.account_id)
        farmer = await load_actor(conn, farmer.account_id, second_factor=False)
    for person in (farmer, neighbour):
        async with database.transaction(scope=get_person_scope(person)) as conn:
            await give_consent(conn, person, ConsentPurpose.WARNING_SMS, now=NOW)
    async with database.transaction(scope="130624") as conn:
        for new, names in (
            (replace(WARNING, text="短"), ["text"]),
            (replace(WARNING, first=TODAY - timedelta(days=1)), ["last"]),
            (replace(WARNING, last=TODAY + timedelta(days=92)), ["last"]),
        ):
            with pytest.raises(StoryInvalid) as wrong:
                await publish_warning(conn, seal, county, "130624", new, now=NOW)
            assert [each.field for each in wrong.value.errors] == names
        with pytest.raises(ForbiddenWord):
            await publish_warning(conn, seal, county, "130624", replace(WARNING, text="有事打 13800138000"), now=NOW)
        with pytest.raises(NotAllowed):
            await publish_warning(conn, seal, county, "130725", WARNING, now=NOW)
        told = await publish_warning(conn, seal, county, "130624", replace(WARNING, sms=True), now=NOW)
        assert told.told == 1
        assert await load_warning(conn, farmer.account_id) == WARNING.text
        assert await load_warning(conn, farmer.account_id, days=10) == ""
        assert await load_warning(conn, neighbour.account_id) == ""
        assert [each.id for each in await list_valid_warnings(conn, "130624", day=TODAY)] == [told.id]
        await end_warning(conn, county, "130624", told.id, now=LATER)
        assert await load_warning(conn, farmer.account_id) == ""
        with pytest.raises(NotFound):
            await end_warning(conn, county, "130624", told.id, now=LATER)
        messages = await conn.fetch("SELECT template, facts_sealed FROM messages")
        assert [(each[0], WARNING.text in SEAL.open(each[1], "messages.facts")) for each in messages] == [
            ("fraud_warning", True)
        ]


def test_the_daily_warning_changes_and_a_farmers_message_warns_where_it_fits() -> None:
    week = {get_daily_warning(TODAY + timedelta(days=each)) for each in range(7)}
    assert week == set(DAILY_WARNINGS)
    assert render_message("to_ship", {"count": "3"}) == f"【乡集】今天要发 3 单。{FRAUD_HINT}"
    facts = {"name": "样例枣园", "reason": "字" * 40}
    assert render_message("producer_refused", facts).endswith("不明白请问村里。")
    assert render_message("shipped", {"carrier": "邮政", "tracking": "1"}) == "【乡集】您的包裹已发出，邮政 1。"
    assert {"money_owed", "refund_failed_seller"} <= FARMER_TEMPLATES
    assert len(render_message("money_owed", {"amount": "1.00"})) <= MAX_ONE_MESSAGE
