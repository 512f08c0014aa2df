"""A review is hidden only by the decision of its appeal, for a legal reason; its stars count all the same."""

import asyncpg
import pytest

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.cases.casework.worklist import list_assigned_cases
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound, Role
from market.sales.reviews.appeal import OpenedAppeal, appeal_review, decide_appeal
from market.sales.reviews.appeal_views import ReviewAppeal, find_appeal_of_review, list_assigned_appeals
from market.sales.reviews.models import AppealedBefore, HidingReason, InvalidAppeal, ReviewNotEditable
from market.sales.reviews.views import get_own_review, require_shown_photo
from market.sales.reviews.write import ReviewText
from market.villages.content.models import NewReport, ReportedKind, ReportReason
from market.villages.content.reports import answer_report, report_content
from tests.conftest import NOW
from tests.sales.reviews.test_change_and_answer import DAY, Reviewed, reviewed
from tests.support.looks import list_case_looks
from tests.support.make import load_actor, load_owner, make_account, make_official, make_product
from tests.support.postgres import as_owner
from tests.support.shop import make_buyer

__all__ = ["reviewed"]


async def make_platform(r: Reviewed, *, name: str | None = None) -> Actor:
    async with r.shopping.db.transaction() as conn:
        return await load_actor(conn, await make_official(conn, Role.PLATFORM, "13", name=name))


async def appeal(r: Reviewed, *, by: Actor | None = None, text: str = "写了我家住址") -> OpenedAppeal:
    seller = by or r.owner
    async with r.shopping.db.transaction(scope=get_person_scope(seller)) as conn:
        return await appeal_review(
            conn, r.shopping.seal, seller, r.review_id, claimed=HidingReason.PERSONAL_DATA, text=text, now=NOW
        )


async def decide(
    r: Reviewed, opened: OpenedAppeal, official: Actor, *, hide_for: HidingReason | None, reason: str = "看过"
) -> ReviewAppeal:
    async with r.shopping.db.transaction(scope=get_person_scope(official)) as conn:
        return await decide_appeal(
            conn, r.shopping.seal, official, opened.case_id, hide_for=hide_for, reason=reason, now=NOW + DAY
        )


async def test_a_granted_appeal_hides_text_and_photos_and_says_why(reviewed: Reviewed) -> None:
    photo = await reviewed.photo()
    await reviewed.edit(ReviewText(rating=1, text="他家在村东头第二户", photo_ids=[photo]))
    platform = await make_platform(reviewed)
    opened = await appeal(reviewed)
    async with reviewed.shopping.db.transaction(scope=get_person_scope(platform)) as conn:
        [waiting] = await list_assigned_appeals(conn, reviewed.shopping.seal, platform, now=NOW)
        assert await list_case_looks(conn, platform) == [f"case:{waiting.number}"]
        assert (waiting.review, waiting.text, waiting.rating) == ("他家在村东头第二户", "写了我家住址", 1)
        [listed] = await list_assigned_cases(conn, platform)
        assert (listed.id, listed.name, listed.producer) == (opened.case_id, "评价申诉", waiting.producer)
        name = await conn.fetchval("SELECT name FROM photos WHERE id = $1", photo)
    decided = await decide(reviewed, opened, platform, hide_for=HidingReason.PERSONAL_DATA)
    assert (decided.outcome, decided.decision) == (CaseOutcome.SOLVED, "看过")
    seen = await reviewed.see()
    assert (seen.rating, seen.text, seen.photos, seen.hidden_for) == (1, "", [], HidingReason.PERSONAL_DATA)
    assert "个人信息保护法" in seen.hidden_reason
    assert await reviewed.get_rating() == (1, 1)
    async with reviewed.shopping.db.connection() as conn:
        with pytest.raises(NotFound):
            await require_shown_photo(conn, f"{name}-240.webp")
        own = await get_own_review(conn, reviewed.shopping.buyer, reviewed.review_id)
        assert own.text == "他家在村东头第二户"
    with pytest.raises(ReviewNotEditable):
        await reviewed.edit(ReviewText(rating=5, text="别的"))
    told = [
        template for template, _ in await reviewed.shopping.messages() if "review" in template or "case" in template
    ]
    assert told == ["case_assigned", "review_hidden", "review_appeal_granted_seller"]


async def test_a_rejected_appeal_leaves_the_review_and_is_final(reviewed: Reviewed) -> None:
    platform = await make_platform(reviewed)
    opened = await appeal(reviewed)
    decided = await decide(reviewed, opened, platform, hide_for=None, reason="只是说小")
    assert (decided.outcome, decided.hidden_for) == (CaseOutcome.UNSOLVED, None)
    assert (await reviewed.see()).text == "有点小"
    with pytest.raises(CaseNotMovable):
        await decide(reviewed, opened, platform, hide_for=HidingReason.INSULT)
    with pytest.raises(AppealedBefore):
        await appeal(reviewed)
    async with reviewed.shopping.db.transaction(scope=get_person_scope(reviewed.owner)) as conn:
        found = await find_appeal_of_review(conn, reviewed.shopping.seal, reviewed.review_id)
    assert found is not None
    assert found.decision == "只是说小"


async def test_only_members_appeal_and_only_uninvolved_platform_staff_decide(reviewed: Reviewed) -> None:
    w = reviewed.shopping
    async with w.db.transaction() as conn:
        other = await load_owner(conn, (await make_product(conn)).producer_id)
        stranger = await make_buyer(conn)
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, "130624"))
        member = await make_account(conn, name="样例兼职")
        async with as_owner(conn):
            await conn.execute(
                "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
                reviewed.producer_id, member,
            )  # fmt: skip
            await conn.execute("UPDATE accounts SET name = '样例写评价的' WHERE id = $1", w.buyer.account_id)
    for actor in (other, stranger, w.buyer):
        with pytest.raises(NotFound):
            await appeal(reviewed, by=actor)
    with pytest.raises(InvalidAppeal):
        await appeal(reviewed, text="")
    opened = await appeal(reviewed)
    for actor in (finance, reviewed.owner, w.buyer, other):
        with pytest.raises(NotFound):
            await decide(reviewed, opened, actor, hide_for=HidingReason.INSULT)
    for name in ("样例兼职", "样例写评价的"):
        involved = await make_platform(reviewed, name=name)
        with pytest.raises(CaseAnswererInvolved):
            await decide(reviewed, opened, involved, hide_for=HidingReason.INSULT)
    async with w.db.transaction(scope=get_person_scope(stranger)) as conn:
        assert await find_appeal_of_review(conn, w.seal, reviewed.review_id) is None
    assert (await reviewed.see()).hidden_for is None


async def test_no_review_is_hidden_without_a_granted_appeal(reviewed: Reviewed, owner: Connection) -> None:
    hide = "UPDATE reviews SET hidden_for = 'insult', hidden_at = now()"
    with pytest.raises(asyncpg.PostgresError, match="only by a decision"):
        await owner.execute(hide)
    opened = await appeal(reviewed)
    with pytest.raises(asyncpg.PostgresError, match="only by a decision"):
        await owner.execute(hide)
    await decide(reviewed, opened, await make_platform(reviewed), hide_for=None)
    with pytest.raises(asyncpg.PostgresError, match="only by a decision"):
        await owner.execute(hide)


async def test_an_appeal_has_one_level_and_does_not_escalate(reviewed: Reviewed) -> None:
    await appeal(reviewed)

    async def tell(_conn: Connection, _case: object) -> None:
        raise AssertionError

    assert await escalate_late_cases(reviewed.shopping.db, reviewed.shopping.seal, tell, now=NOW + 30 * DAY) == 0


async def test_who_wrote_a_review_by_another_account_does_not_answer_its_report(reviewed: Reviewed) -> None:
    w = reviewed.shopping
    new = NewReport(kind=ReportedKind.REVIEW, reference=str(reviewed.review_id), reason=ReportReason.INSULT)
    async with w.db.transaction() as conn:
        reporter = await load_actor(conn, await make_account(conn, name="样例举报的人"))
        await conn.execute("UPDATE accounts SET name = '样例写评价的' WHERE id = $1", w.buyer.account_id)
    async with w.db.transaction(scope=get_person_scope(reporter)) as conn:
        report = await report_content(conn, w.seal, reporter, new, now=NOW)
    official = await make_platform(reviewed, name="样例写评价的")
    async with w.db.transaction(scope=get_person_scope(official)) as conn:
        with pytest.raises(CaseAnswererInvolved):
            await answer_report(conn, w.seal, official, report.case_id, hide=False, text="样例", now=NOW)
