"""Report a listing, a review or a story with a reason; county or platform (of reviews) answers in one working day.

The case is against nobody, so that who is reported never sees it, and nothing that the official reads names the
reporter. Source: 网络信息内容生态治理规定 (网信办令第5号); 电子商务法 39.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.catalogue.listings.edit import move_listing
from market.catalogue.listings.models import ListingMove
from market.catalogue.producers.seller_ties import is_of_seller
from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.identity.person_keys import find_person_seal, make_person_seal
from market.people.identity.same_person import is_same_person
from market.people.notify.notifications import format_due, notify_account
from market.sales.packages.tell import tell_of_moved_listing
from market.sales.reviews.appeal import hide_review
from market.sales.reviews.models import HidingReason
from market.villages.content.models import (
    MAX_OPEN_REPORTS,
    MAX_REPORT_LENGTH,
    ContentReport,
    NewReport,
    ReportedBefore,
    ReportedKind,
    ReportFields,
    ReportReason,
    StoryInvalid,
    TooManyReports,
)
from market.villages.content.stories import hide_story

REPORT_CONTEXT = "content_reports.text"
REASON_NAMES = {
    ReportReason.FRAUD: "怕是骗人：要加微信、转账、验证码",
    ReportReason.FALSE: "说的不是真的",
    ReportReason.MEDICAL: "说能治病、保健",
    ReportReason.PITY: "不说东西好，只说难处叫人买",
    ReportReason.INSULT: "骂人、造谣",
    ReportReason.PRIVACY: "写了、拍了别人，没有同意",
    ReportReason.ILLEGAL: "别的违法的",
}
KIND_NAMES = {ReportedKind.LISTING: "在卖的东西", ReportedKind.REVIEW: "评价", ReportedKind.STORY: "村里的故事"}
_HIDING = {
    ReportReason.PRIVACY: HidingReason.PERSONAL_DATA,
    ReportReason.INSULT: HidingReason.INSULT,
    ReportReason.ILLEGAL: HidingReason.FORBIDDEN,
}
"""For which reasons the text of a review is hidden; for no other: 电子商务法 39."""


class _Reported(Struct, frozen=True, kw_only=True):
    """What can be reported, if everybody can read it. `producer_id` sells it, or sold what is reviewed."""

    id: UUID
    division_code: str
    producer_id: UUID | None


class _ReportRow(ReportFields, frozen=True, kw_only=True):
    asker_id: UUID | None
    text_by_key: bytes | None
    answer_sealed: bytes | None
    producer_id: UUID | None
    author_id: UUID | None
    stands: bool
    """Whether it was not taken off the pages for good since."""


FIND_REPORTED = {
    ReportedKind.LISTING: Query(
        _Reported,
        """
        SELECT l.id, p.village_code AS division_code, l.producer_id
          FROM listings l JOIN producers p ON p.id = l.producer_id
         WHERE l.number::text = :reference AND l.state = 'live'
        """,
    ),
    ReportedKind.REVIEW: Query(
        _Reported,
        """
        SELECT r.id, p.village_code AS division_code, l.producer_id
          FROM reviews r JOIN listings l ON l.id = r.listing_id JOIN producers p ON p.id = l.producer_id
         WHERE r.id::text = :reference AND r.hidden_for IS NULL
        """,
    ),
    ReportedKind.STORY: Query(
        _Reported,
        """
        SELECT id, village_code AS division_code, NULL::uuid AS producer_id FROM stories
         WHERE number::text = :reference AND state = 'live'
        """,
    ),
}
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*)::integer FROM content_reports JOIN cases ON cases.id = case_id
     WHERE asker_id = :account_id AND state = 'assigned'
       AND (:subject_id::uuid IS NULL OR :subject_id IN (listing_id, review_id, story_id))
    """,
)
ADD_REPORT = Query(
    None,
    """
    INSERT INTO content_reports (case_id, category, reason, listing_id, review_id, story_id, text_by_key)
    VALUES (:case_id, :category, :reason, :listing_id, :review_id, :story_id, :text_by_key)
    """,
)
_COLUMNS = """
    SELECT r.case_id, c.number, r.reason, coalesce(r.listing_id, r.review_id, r.story_id) AS subject_id,
           CASE WHEN r.listing_id IS NOT NULL THEN 'listing' WHEN r.review_id IS NOT NULL THEN 'review' ELSE 'story'
           END AS kind,
           coalesce(s.title, l.title || '：' || v.text, l.title) AS about,
           CASE WHEN s.id IS NOT NULL THEN '/stories/' || s.number
                WHEN v.id IS NOT NULL THEN (CASE WHEN l.kind = 'goods' THEN '/goods/' ELSE '/stays/' END) || l.number
                     || '/reviews'
                ELSE (CASE WHEN l.kind = 'goods' THEN '/goods/' ELSE '/stays/' END) || l.number END AS path,
           c.county_code, c.state, c.outcome, CASE WHEN c.state = 'assigned' THEN c.path[c.level] END AS assignee,
           c.received_at, c.due_at, c.asker_id, r.text_by_key, l.producer_id,
           coalesce(s.author_id, v.account_id) AS author_id,
           CASE WHEN r.story_id IS NOT NULL THEN s.state <> 'hidden'
                WHEN r.review_id IS NOT NULL THEN v.hidden_for IS NULL
                ELSE l.state <> 'suspended' END AS stands,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM content_reports r
      JOIN cases c ON c.id = r.case_id
      LEFT JOIN reviews v ON v.id = r.review_id
      LEFT JOIN listings l ON l.id = coalesce(r.listing_id, v.listing_id)
      LEFT JOIN stories s ON s.id = r.story_id
"""
GET_REPORT = Query(_ReportRow, _COLUMNS + " WHERE r.case_id = :case_id")
LIST_OWN_REPORTS = Query(
    _ReportRow, _COLUMNS + " WHERE c.asker_id = :account_id ORDER BY c.received_at DESC, c.number DESC LIMIT :limit"
)
GET_STORY_NUMBER = Query(int, "SELECT number FROM stories WHERE id = :story_id")


async def _open(conn: Connection, seal: Seal, row: _ReportRow) -> ContentReport:
    own = None if row.text_by_key is None else await find_person_seal(conn, seal, row.asker_id)
    text = "" if own is None or row.text_by_key is None else own.open(row.text_by_key, REPORT_CONTEXT)
    return build_from(ContentReport, row, text=text, answer=open_reason(seal, row.answer_sealed))


async def require_reportable(conn: Connection, kind: ReportedKind, reference: str) -> None:
    """Require that everybody can read what a reference names.

    Raises:
        NotFound: nothing on sale, no review and no story that is shown has it.
    """
    if await FIND_REPORTED[kind].maybe(conn, reference=reference) is None:
        raise NotFound


async def report_content(conn: Connection, seal: Seal, actor: Actor, new: NewReport, *, now: datetime) -> ContentReport:
    """Report what everybody can read, in the reporter's scope; whose turn it is, is told.

    Raises:
        NotFound: there is no such listing on sale, review or story that is shown.
        StoryInvalid: the words are too long.
        ReportedBefore: the actor reported it before, and it is not answered.
        TooManyReports: `MAX_OPEN_REPORTS` of the actor are open.
    """
    written = clean_text(new.text)
    if len(written) > MAX_REPORT_LENGTH:
        raise StoryInvalid(errors=(FieldFault("text", say("最多 {0} 字", MAX_REPORT_LENGTH)),))
    found = await FIND_REPORTED[new.kind].maybe(conn, reference=new.reference)
    if found is None:
        raise NotFound
    await lock_quota(conn, "content_reports", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id, subject_id=found.id):
        raise ReportedBefore
    if await COUNT_OPEN.one(conn, account_id=actor.account_id, subject_id=None) >= MAX_OPEN_REPORTS:
        raise TooManyReports
    category = "review_report" if new.kind is ReportedKind.REVIEW else "content_report"
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=category, division_code=found.division_code,
        against_producer_id=None, text=f"{KIND_NAMES[new.kind]}：{REASON_NAMES[new.reason]}", now=now,
    )  # fmt: skip
    own = await make_person_seal(conn, seal, actor.account_id, now=now)
    of = {kind: found.id if kind is new.kind else None for kind in ReportedKind}
    await ADD_REPORT.run(
        conn, case_id=case.id, category=category, reason=new.reason, listing_id=of[ReportedKind.LISTING],
        review_id=of[ReportedKind.REVIEW], story_id=of[ReportedKind.STORY],
        text_by_key=own.seal(written, REPORT_CONTEXT) if written else None,
    )  # fmt: skip
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    reported = await get_report(conn, seal, case.id)
    assert reported is not None, "a report is not deleted"
    return reported


async def get_report(conn: Connection, seal: Seal, case_id: UUID) -> ContentReport | None:
    """Return a report that the transaction may see, or None."""
    row = await GET_REPORT.maybe(conn, case_id=case_id)
    return None if row is None else await _open(conn, seal, row)


async def list_own_reports(
    conn: Connection, seal: Seal, account_id: AccountId, *, limit: int = 50
) -> list[ContentReport]:
    """Return the reports of a person, the newest first, in the person's scope."""
    rows = await LIST_OWN_REPORTS.all(conn, account_id=account_id, limit=limit)
    return [await _open(conn, seal, row) for row in rows]


async def answer_report(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, hide: bool, text: str, now: datetime
) -> ContentReport:
    """Take what was reported off the pages, or leave it, and answer the reporter with the reason.

    The text of a review is hidden only for a legal reason; its stars count. Of what is off the pages already, by
    anybody, `hide` only says that the reporter was right.

    Raises:
        NotFound: it is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        StoryInvalid: the reason is missing or too long, or a review is not hidden for what was reported.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the official reported it, wrote it, or works for the seller.
    """
    row = await GET_REPORT.maybe(conn, case_id=case_id)
    if row is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    require_case_role(official, case.assignee, row.county_code)
    if await _is_involved(conn, official, row):
        raise CaseAnswererInvolved
    written, faults = clean_text(text), list[FieldFault]()
    if not 0 < len(written) <= MAX_REPORT_LENGTH:
        faults.append(FieldFault("text", f"写为什么，最多 {MAX_REPORT_LENGTH} 字，举报的人看得到"))
    takes_off = hide and row.stands
    if takes_off and row.kind is ReportedKind.REVIEW and row.reason not in _HIDING:
        faults.append(FieldFault("decision", "评价只有违法的才不显示（电子商务法 39）"))
    if faults:
        raise StoryInvalid(errors=tuple(faults))
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    outcome = CaseOutcome.SOLVED if hide else CaseOutcome.UNSOLVED
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    if takes_off:  # after the decision: the schema hides a review for nothing else
        await _take_off(conn, seal, official, row, written, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "content_report_answered", facts, now=now)
    done = await GET_REPORT.one(conn, case_id=case_id)
    return await _open(conn, seal, done)


async def _is_involved(conn: Connection, official: Actor, row: _ReportRow) -> bool:
    author = row.author_id
    if author is not None and await is_same_person(conn, account_id=official.account_id, other_id=author):
        return True
    return row.producer_id is not None and await is_of_seller(conn, official.account_id, row.producer_id)


async def _take_off(
    conn: Connection, seal: Seal, official: Actor, row: _ReportRow, reason: str, *, now: datetime
) -> None:
    if row.kind is ReportedKind.LISTING:
        await move_listing(conn, official, row.subject_id, ListingMove.SUSPEND, reason=reason, now=now)
        await tell_of_moved_listing(conn, seal, row.subject_id, ListingMove.SUSPEND, now=now)
    elif row.kind is ReportedKind.STORY:
        number = await GET_STORY_NUMBER.one(conn, story_id=row.subject_id)
        await hide_story(conn, seal, official, number, reason=reason, now=now)
    else:
        await hide_review(conn, seal, row.subject_id, _HIDING[row.reason], now=now)
