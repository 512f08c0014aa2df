"""Citizens ask their county, which answers by a deadline; others read it without names, if the asker shares it."""

from datetime import UTC, datetime

import pytest

from market.cases.answers.inquiries import (
    answer_inquiry,
    ask_county,
    extend_inquiry,
    list_county_inquiries,
    list_own_inquiries,
    list_published_inquiries,
    preview_inquiry,
    share_inquiry,
    unshare_inquiry,
)
from market.cases.answers.models import (
    MAX_OPEN_INQUIRIES,
    Inquiry,
    InquiryInvalid,
    InquiryKind,
    InquiryNotExtendable,
    NewInquiry,
    TooManyInquiries,
)
from market.cases.casework.models import (
    CaseAnswererInvolved,
    CaseExtendedBefore,
    CaseNotMovable,
    CaseOutcome,
    CaseState,
    LockedCase,
)
from market.cases.casework.moves import escalate_late_cases, get_person_scope, lock_case
from market.cases.casework.publication import CaseNotPreviewed, drop_own_publications
from market.cases.casework.reschedule import LIST_PAST_MOVES, compute_case_due
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.people.moderation.off_platform import OffPlatformContact
from market.villages.services.questions import preview_sharing
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, VILLAGE_OF_OTHER_COUNTY, load_actor, make_account
from tests.support.postgres import as_owner

ASKED = NewInquiry(kind=InquiryKind.INQUIRY, text="样例：危房改造今年还报不报")
DISCLOSURE = NewInquiry(kind=InquiryKind.DISCLOSURE, text="样例：申请公开 2018 年道路硬化的验收单")


async def ask(db: Database, seal: Seal, actor: Actor, new: NewInquiry = ASKED, village: str = VILLAGE) -> Inquiry:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        return await ask_county(conn, seal, actor, village, new, now=NOW)


async def answer(
    db: Database, seal: Seal, official: Actor, inquiry: Inquiry, text: str = "报到九月底，找村委会", *,
    outcome: CaseOutcome = CaseOutcome.SOLVED, public_text: str = "", county: str = "130624",
) -> Inquiry:  # fmt: skip
    async with db.transaction(scope=county) as conn:
        return await answer_inquiry(
            conn, seal, official, inquiry.case_id, outcome=outcome, text=text, public_text=public_text, now=NOW
        )


async def test_an_inquiry_is_answered_by_the_day_that_the_county_has_decided(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        platform = await make_official_actor(conn, Role.PLATFORM, "13")
        asker = await load_actor(conn, await make_account(conn, name="样例王五"), second_factor=False)
    async with database.transaction() as conn, as_owner(conn):
        await conn.execute("INSERT INTO county_settings VALUES ('130725', 'inquiry_days', '[2019-01-01,)', 3, '样例')")
    # A Friday at nine: five working days end with the next Friday, three with its Wednesday.
    asked = await ask(database, seal, asker)
    assert (asked.due_at, asked.state) == (datetime(2019, 9, 27, 16, tzinfo=UTC), CaseState.ASSIGNED)
    other = await ask(database, seal, asker, village=VILLAGE_OF_OTHER_COUNTY)
    assert other.due_at == datetime(2019, 9, 25, 16, tzinfo=UTC)
    async with database.transaction(scope="130725") as conn:
        # What recomputes deadlines knows the county's days too.
        case = await lock_case(conn, other.case_id)
        past = await LIST_PAST_MOVES.all(conn, case_id=case.id)
        assert await compute_case_due(conn, case, past) == other.due_at
    with pytest.raises(InquiryInvalid) as refused:
        await ask(database, seal, asker, NewInquiry(kind=InquiryKind.INQUIRY, text=" "), "130624999999")
    assert [each.field for each in refused.value.errors] == ["text", "village"]
    told: list[str] = []

    async def tell(_conn: Connection, case: LockedCase) -> None:
        told.append(case.category)

    at = datetime(2019, 9, 27, 16, 1, tzinfo=UTC)
    assert await escalate_late_cases(database, seal, tell, now=at) == 2
    assert told == ["inquiry", "inquiry"]
    with pytest.raises(NotFound):
        await answer(database, seal, county, asked)
    assert (await answer(database, seal, platform, asked)).state is CaseState.CLOSED
    for _ in range(MAX_OPEN_INQUIRIES - 1):
        await ask(database, seal, asker)
    with pytest.raises(TooManyInquiries):
        await ask(database, seal, asker)


async def test_an_answer_names_nobody_and_comes_from_the_county(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        policy = await make_official_actor(conn, Role.POLICY, "130624")
        asker = await load_actor(conn, await make_account(conn, name="样例王五"), second_factor=False)
    asked = await ask(database, seal, asker)
    for official, at in ((elsewhere, "130725"), (elsewhere, "130624"), (policy, "130624"), (asker, "130624")):
        with pytest.raises(NotFound):
            await answer(database, seal, official, asked, county=at)
    async with database.transaction(scope="130624") as conn:
        for official in (elsewhere, policy, asker):
            with pytest.raises(NotAllowed):
                await list_county_inquiries(conn, seal, official, "130624")
    for text, public_text, outcome, field in (
        ("", "", CaseOutcome.SOLVED, "text"),
        ("请样例王五来一趟", "", CaseOutcome.SOLVED, "text"),
        ("来一趟", "样例王五问危房改造", CaseOutcome.SOLVED, "public_text"),
        ("带上 130624 199001011234", "", CaseOutcome.SOLVED, "text"),
        ("来一趟", "长" * 1001, CaseOutcome.SOLVED, "public_text"),
        ("来一趟", "", CaseOutcome.DUPLICATE, "outcome"),
    ):
        with pytest.raises(InquiryInvalid) as unsound:
            await answer(database, seal, county, asked, text, public_text=public_text, outcome=outcome)
        assert [each.field for each in unsound.value.errors] == [field]
    with pytest.raises(OffPlatformContact):
        await answer(database, seal, county, asked, "打 0312-7220000 问")
    done = await answer(database, seal, county, asked)
    assert (done.answer, done.outcome, done.public_text) == ("报到九月底，找村委会", CaseOutcome.SOLVED, "")
    with pytest.raises(CaseNotMovable):
        await answer(database, seal, county, asked)
    with pytest.raises(CaseAnswererInvolved):
        await answer(database, seal, county, await ask(database, seal, county))


async def test_a_disclosure_takes_twenty_working_days_and_is_extended_once(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        asker = await load_actor(conn, await make_account(conn, name="样例王五"), second_factor=False)
    asked = await ask(database, seal, asker, DISCLOSURE)
    plain = await ask(database, seal, asker)
    # 29 September and 12 October 2019 are worked, 1 to 7 October are off.
    assert asked.due_at == datetime(2019, 10, 23, 16, tzinfo=UTC)
    for case, reason, refusal in ((plain, "材料多", InquiryNotExtendable), (asked, " ", InquiryInvalid)):
        async with database.transaction(scope="130624") as conn:
            with pytest.raises(refusal):
                await extend_inquiry(conn, seal, county, case.case_id, reason=reason, now=NOW)
    async with database.transaction(scope="130624") as conn:
        longer = await extend_inquiry(conn, seal, county, asked.case_id, reason="要问两个乡镇", now=NOW)
    assert (longer.due_at, longer.extension) == (datetime(2019, 11, 20, 16, tzinfo=UTC), "要问两个乡镇")
    async with database.transaction(scope="130624") as conn:
        with pytest.raises(CaseExtendedBefore):
            await extend_inquiry(conn, seal, county, asked.case_id, reason="还不够", now=NOW)
        told = await conn.fetch("SELECT template FROM messages WHERE template LIKE 'inquiry%'")
        assert [row["template"] for row in told] == ["inquiry_extended"]


async def test_others_read_an_inquiry_only_as_its_asker_previewed_it(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        asker = await load_actor(conn, await make_account(conn, name="样例王五"), second_factor=False)
        other = await load_actor(conn, await make_account(conn, name="样例赵六"), second_factor=False)
    asked = await ask(database, seal, asker)

    async def read() -> list[tuple[str, str]]:
        async with database.transaction(scope="130624") as conn:
            return [(each.text, each.answer) for each in await list_published_inquiries(conn, "130624")]

    async def move(step: str, text: str = "", actor: Actor = asker) -> None:
        async with database.transaction(scope=get_person_scope(actor)) as conn:
            if step == "preview":
                await preview_inquiry(conn, seal, actor, asked.case_id, text=text, now=NOW)
            elif step == "share":
                await share_inquiry(conn, seal, actor, asked.case_id, text=text, now=NOW)
            else:
                await unshare_inquiry(conn, seal, actor, asked.case_id)

    with pytest.raises(CaseNotMovable):
        await move("preview", "今年还报不报")
    await answer(database, seal, county, asked, public_text="危房改造今年还报不报")
    # What the official wrote is nobody's to read before the asker agrees.
    assert await read() == []
    for step in ("preview", "share", "unshare"):
        with pytest.raises(NotFound):
            await move(step, "危房改造今年还报不报", actor=other)
    with pytest.raises(NotFound):
        async with database.transaction(scope=get_person_scope(asker)) as conn:
            await preview_sharing(conn, seal, asker, asked.case_id, text="危房改造今年还报不报", now=NOW)
    with pytest.raises(CaseNotPreviewed):
        await move("share", "别的话")
    await move("share", "危房改造今年还报不报")
    assert await read() == [("危房改造今年还报不报", "报到九月底，找村委会")]
    for text, refusal in (
        ("我是样例王五", InquiryInvalid),
        (" ", InquiryInvalid),
        ("打 13900009001", OffPlatformContact),
    ):
        with pytest.raises(refusal):
            await move("preview", text)
    assert len(await read()) == 1
    await move("preview", "换个说法")
    assert await read() == []
    await move("share", "换个说法")
    async with database.transaction(scope="130725") as conn:
        assert await list_published_inquiries(conn, "130624") == []
    await move("unshare")
    assert await read() == []
    await move("preview", "再说一次")
    await move("share", "再说一次")
    async with database.transaction(scope=get_person_scope(other)) as conn:
        await drop_own_publications(conn, asker.account_id)
        assert await list_own_inquiries(conn, seal, asker.account_id) == []
    assert len(await read()) == 1
    async with database.transaction(scope=get_person_scope(asker)) as conn:
        await drop_own_publications(conn, asker.account_id)
        [own] = await list_own_inquiries(conn, seal, asker.account_id)
        assert (own.shared_at, own.public_text) == (None, "")
    assert await read() == []
