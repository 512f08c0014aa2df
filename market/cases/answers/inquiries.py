"""Ask the county, which answers by a deadline; others read question and answer only if the asker shares them."""

from datetime import datetime
from uuid import UUID

from market.cases.answers.models import (
    MAX_INQUIRY_LENGTH,
    MAX_LISTED,
    MAX_OPEN_INQUIRIES,
    Inquiry,
    InquiryFields,
    InquiryInvalid,
    InquiryKind,
    InquiryNotExtendable,
    NewInquiry,
    PublicInquiry,
    TooManyInquiries,
)
from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState, LockedCase
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.cases.casework.publication import (
    drop_publication,
    list_named_fields,
    lock_own_answered,
    share_publication,
    write_publication,
)
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound
from market.people.moderation.off_platform import require_no_contacts
from market.people.notify.notifications import format_due, notify_account
from market.places.counties.load import load_county_settings
from market.places.divisions.village_periods import find_village_fault

OUTCOMES = {CaseOutcome.SOLVED: "答复", CaseOutcome.NOT_OURS: "不归县里管，告诉他找谁"}
"""How an official ends an inquiry."""


class _InquiryRow(InquiryFields, frozen=True, kw_only=True):
    text_sealed: bytes
    answer_sealed: bytes | None
    extension_sealed: bytes | None


_COLUMNS = """
    SELECT q.case_id, c.number, q.category AS kind, q.village_code, d.name AS village, c.county_code, c.state,
           c.outcome, CASE WHEN c.state = 'assigned' THEN c.path[c.level] END AS assignee, c.received_at, c.due_at,
           c.extended_at, c.closed_at, coalesce(p.public_text, '') AS public_text, p.shared_at, c.text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'extend'
             ORDER BY id DESC LIMIT 1) AS extension_sealed
      FROM inquiries q
      JOIN cases c ON c.id = q.case_id
      JOIN divisions d ON d.code = q.village_code
      LEFT JOIN case_publications p ON p.case_id = q.case_id
"""
GET_INQUIRY = Query(_InquiryRow, _COLUMNS + " WHERE q.case_id = :case_id")
LIST_OWN = Query(_InquiryRow, _COLUMNS + " WHERE c.asker_id = :account_id ORDER BY c.received_at DESC LIMIT :limit")
LIST_OF_COUNTY = Query(
    _InquiryRow,
    _COLUMNS
    + """
     WHERE c.county_code = :county
     ORDER BY c.state <> 'assigned', CASE WHEN c.state = 'assigned' THEN c.due_at END, c.received_at DESC, c.id
     LIMIT :limit
    """,
)
LIST_PUBLISHED = Query(
    PublicInquiry,
    """
    SELECT q.category AS kind, public_text AS text, public_answer AS answer, shared_at
      FROM inquiries q JOIN case_publications p ON p.case_id = q.case_id
     WHERE starts_with(q.village_code, :county) AND shared_at IS NOT NULL
     ORDER BY shared_at DESC, q.case_id LIMIT :limit
    """,
)
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM cases
     WHERE asker_id = :account_id AND category IN ('inquiry', 'disclosure') AND state <> 'closed'
    """,
)
ADD_INQUIRY = Query(None, "INSERT INTO inquiries (case_id, category, village_code) VALUES (:case_id, :kind, :village)")


def _open(seal: Seal, row: _InquiryRow) -> Inquiry:
    return build_from(
        Inquiry, row, text=seal.open(row.text_sealed, TEXT_CONTEXT), answer=open_reason(seal, row.answer_sealed),
        extension=open_reason(seal, row.extension_sealed),
    )  # fmt: skip


def _list_text_faults(text: str, *, field: str, missing: str) -> list[FieldFault]:
    if not text:
        return [FieldFault(field, missing)]
    return [FieldFault(field, f"最多 {MAX_INQUIRY_LENGTH} 字")] if len(text) > MAX_INQUIRY_LENGTH else []


async def ask_county(
    conn: Connection, seal: Seal, actor: Actor, village: str, new: NewInquiry, *, now: datetime
) -> Inquiry:
    """Ask the county of a village, whose officials are told, in the person's scope.

    A disclosure is answered in 20 working days, anything else in as many as the county has decided (`inquiry_days`).
    Source: 政府信息公开条例（国务院令第711号）33.

    Raises:
        InquiryInvalid: the village is unknown or ended, or the text is missing or too long; `errors` lists each.
        TooManyInquiries: the person has `MAX_OPEN_INQUIRIES` open ones.
    """
    written, day = clean_text(new.text), get_business_day(now)
    faults = _list_text_faults(written, field="text", missing="写想问什么")
    if fault := await find_village_fault(conn, village, day=day):
        faults.append(FieldFault("village", fault))
    if faults:
        raise InquiryInvalid(errors=tuple(faults))
    await lock_quota(conn, "inquiries", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id) >= MAX_OPEN_INQUIRIES:
        raise TooManyInquiries
    first_due = None
    if new.kind is InquiryKind.INQUIRY:
        first_due = (await load_county_settings(conn, get_county_code(village), day=day)).inquiry_days
    case = await open_case(
        conn, seal, actor.account_id, by=actor, category=new.kind, division_code=village, against_producer_id=None,
        first_due=first_due, text=written, now=now,
    )  # fmt: skip
    await ADD_INQUIRY.run(conn, case_id=case.id, kind=new.kind, village=village)
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return await _read(conn, seal, case.id)


async def get_inquiry(conn: Connection, seal: Seal, case_id: UUID) -> Inquiry | None:
    """Return an inquiry that the transaction may see, or None."""
    row = await GET_INQUIRY.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_own_inquiries(conn: Connection, seal: Seal, account_id: AccountId) -> list[Inquiry]:
    """Return a person's inquiries, the newest first, in the person's scope; at most 200."""
    return [_open(seal, row) for row in await LIST_OWN.all(conn, account_id=account_id, limit=MAX_LISTED)]


async def list_county_inquiries(conn: Connection, seal: Seal, official: Actor, county: str) -> list[Inquiry]:
    """Return the inquiries to a county, those that wait first by deadline, in the county's scope; at most 200.

    Raises:
        NotAllowed, SecondFactorRequired: the official has no role of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    return [_open(seal, row) for row in await LIST_OF_COUNTY.all(conn, county=county, limit=MAX_LISTED)]


async def list_published_inquiries(conn: Connection, county: str) -> list[PublicInquiry]:
    """Return what askers of a county share, the latest first, in the county's scope; at most 200."""
    return await LIST_PUBLISHED.all(conn, county=county, limit=MAX_LISTED)


async def _lock_to_decide(conn: Connection, seal: Seal, official: Actor, case_id: UUID) -> tuple[Inquiry, LockedCase]:
    found = await get_inquiry(conn, seal, case_id)
    if found is None:
        raise NotFound
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    require_case_role(official, case.assignee, found.county_code)
    return found, case


async def answer_inquiry(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    outcome: CaseOutcome,
    text: str,
    public_text: str = "",
    now: datetime,
) -> Inquiry:
    """Answer an inquiry as the official whose turn it is; the asker is told.

    `public_text` is the question as the official would publish it, without names: the asker sees it first, may rewrite
    it, and shares it or not.

    Raises:
        NotFound: it is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        InquiryInvalid: the answer is missing or too long, or names the asker; `errors` lists each.
        OffPlatformContact: it has a link or a telephone; others may read it.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the official asked it.
    """
    _, case = await _lock_to_decide(conn, seal, official, case_id)
    written, public = clean_text(text), clean_text(public_text)
    faults = _list_text_faults(written, field="text", missing="写答复")
    faults += _list_text_faults(public, field="public_text", missing="")[:1] if public else []
    if outcome not in OUTCOMES:
        faults.append(FieldFault("outcome", "请选怎么答"))
    faults += await list_named_fields(conn, case.asker, [("text", written), ("public_text", public)])
    if faults:
        raise InquiryInvalid(errors=tuple(faults))
    require_no_contacts(text=written, public_text=public)
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    if public:
        await write_publication(conn, case_id, text=public, answer=written, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    await notify_account(conn, seal, case.asker, "inquiry_answered", facts, now=now)
    return await _read(conn, seal, case_id)


async def extend_inquiry(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, reason: str, now: datetime
) -> Inquiry:
    """Extend a disclosure once by 20 working days with a reason, which the asker reads.

    Raises:
        NotFound, SecondFactorRequired, CaseNotMovable: see `answer_inquiry`.
        InquiryNotExtendable: it is no application for disclosure.
        InquiryInvalid: the reason is missing or too long.
        CaseExtendedBefore: it was extended before.
    """
    found, case = await _lock_to_decide(conn, seal, official, case_id)
    if found.kind is not InquiryKind.DISCLOSURE:
        raise InquiryNotExtendable
    written = clean_text(reason)
    if faults := _list_text_faults(written, field="text", missing="写为什么要延期"):
        raise InquiryInvalid(errors=tuple(faults))
    moved = await move_case(conn, seal, case, CaseMove.EXTEND, by=official, reason=written, now=now)
    facts = {"name": case.name, "number": str(case.number), "due": format_due(moved.due_at)}
    await notify_account(conn, seal, case.asker, "inquiry_extended", facts, now=now)
    return await _read(conn, seal, case_id)


async def preview_inquiry(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, text: str, now: datetime
) -> Inquiry:
    """Keep the words of an inquiry as others would read them, with the answer; nobody reads them yet.

    What was shared before is not any more. In the asker's scope.

    Raises:
        NotFound: the case is no inquiry.
        NotFound, CaseNotMovable: see `lock_own_answered`.
        InquiryInvalid: the words are missing or too long, or have the asker's name or an identity number.
        OffPlatformContact: they have a link or a telephone.
    """
    await lock_own_answered(conn, actor, case_id)
    written = clean_text(text)
    faults = _list_text_faults(written, field="text", missing="写给大家看的话")
    faults += await list_named_fields(conn, actor.account_id, [("text", written)])
    if faults:
        raise InquiryInvalid(errors=tuple(faults))
    require_no_contacts(text=written)
    answer = (await _read(conn, seal, case_id)).answer
    await write_publication(conn, case_id, text=written, answer=answer, now=now)
    return await _read(conn, seal, case_id)


async def share_inquiry(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, text: str, now: datetime
) -> Inquiry:
    """Show an inquiry and its answer to everybody, in the words that were previewed.

    Raises:
        NotFound: the case is no inquiry.
        NotFound, CaseNotMovable: see `lock_own_answered`.
        CaseNotPreviewed: the words are not those that were previewed last.
    """
    await share_publication(conn, actor, case_id, text=text, now=now)
    return await _read(conn, seal, case_id)


async def unshare_inquiry(conn: Connection, seal: Seal, actor: Actor, case_id: UUID) -> Inquiry:
    """Show an inquiry to nobody any more.

    Raises:
        NotFound: the case is no inquiry.
        NotFound, CaseNotMovable: see `lock_own_answered`.
    """
    await drop_publication(conn, actor, case_id)
    return await _read(conn, seal, case_id)


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> Inquiry:
    found = await get_inquiry(conn, seal, case_id)
    if found is None:
        raise NotFound  # the case is none of an inquiry
    return found
