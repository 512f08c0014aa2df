"""Post a job as a member of an organisation with a licence; another person checks it; find what is near."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.people.moderation.off_platform import require_no_contacts
from market.people.notify.notifications import notify_account
from market.places.divisions.village_periods import find_village_fault
from market.places.organisations.register import require_own_organisation
from market.villages.services.posting_models import (
    MAX_DAYS,
    MAX_NOTE_LENGTH,
    MAX_OPEN_POSTINGS,
    MAX_POSITIONS,
    MAX_REASON_LENGTH,
    MAX_TITLE_LENGTH,
    MAX_WAGE_FEN,
    JobPosting,
    NewPosting,
    PostingInvalid,
    PostingNotOpen,
    PostingOwnChecker,
    PostingState,
    PublicPosting,
)

MAX_LISTED = 100
_CHARGES = ("押金", "保证金", "报名费", "培训费", "服装费", "体检费", "中介费", "扣身份证", "押身份证", "交身份证")
"""What an employer may not ask for. Source: 劳动合同法 9."""

POSTING_COLUMNS = """
    SELECT p.id, p.organisation_id, o.name AS organisation, p.village_code, d.name AS village, title, note, positions,
           wage_min_fen, wage_max_fen, per, lower(valid_during) AS first, upper(valid_during) - 1 AS last, state,
           reason,
           (SELECT count(*) FROM job_applications a WHERE a.posting_id = p.id AND a.state = 'applied') AS applied,
           (SELECT count(*) FROM job_applications a
             WHERE a.posting_id = p.id AND a.state IN ('hired', 'confirmed')) AS hired,
           (SELECT count(*) FROM job_applications a WHERE a.posting_id = p.id AND a.state = 'confirmed') AS confirmed
      FROM job_postings p
      JOIN organisations o ON o.id = p.organisation_id
      JOIN divisions d ON d.code = p.village_code
"""
GET_POSTING = Query(JobPosting, POSTING_COLUMNS + " WHERE p.id = :posting_id")
LIST_OF_ORGANISATION = Query(
    JobPosting, POSTING_COLUMNS + " WHERE p.organisation_id = :organisation_id ORDER BY p.id DESC LIMIT :limit"
)
LIST_TO_CHECK = Query(
    JobPosting,
    POSTING_COLUMNS
    + """
     WHERE p.state = 'draft' AND p.village_code >= :county AND p.village_code < :county || ':'
     ORDER BY p.id LIMIT :limit
    """,
)
COUNT_TO_CHECK = Query(
    int,
    """
    SELECT count(*) FROM job_postings
     WHERE state = 'draft' AND village_code >= :county AND village_code < :county || ':'
    """,
)
# Of organisations that are verified today; the own village first, then its township.
LIST_NEAR = Query(
    PublicPosting,
    """
    SELECT p.id, o.name AS organisation, p.village_code, d.name AS village, title, note, positions,
           positions - (SELECT count(*) FROM job_applications a
                         WHERE a.posting_id = p.id AND a.state IN ('hired', 'confirmed')) AS open,
           wage_min_fen, wage_max_fen, per, lower(valid_during) AS first, upper(valid_during) - 1 AS last
      FROM job_postings p
      JOIN organisations o ON o.id = p.organisation_id AND o.verified_at IS NOT NULL
      JOIN divisions d ON d.code = p.village_code
     WHERE p.village_code >= :county AND p.village_code < :county || ':' AND state = 'live'
       AND upper(valid_during) > :day::date
     ORDER BY p.village_code <> :village, NOT starts_with(p.village_code, left(:village, 9)), p.id DESC
     LIMIT :limit
    """,
)
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM job_postings
     WHERE organisation_id = :organisation_id AND state IN ('draft', 'live') AND upper(valid_during) > :day::date
    """,
)
IS_LICENSED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM organisation_licences
                    WHERE organisation_id = :organisation_id AND valid_during @> daterange(:first, :last, '[]'))
    """,
)
ADD_POSTING = Query(
    UUID,
    """
    INSERT INTO job_postings (organisation_id, village_code, title, note, positions, wage_min_fen, wage_max_fen, per,
                              valid_during, added_by, added_at)
    VALUES (:organisation_id, :village_code, :title, :note, :positions, :wage_min_fen, :wage_max_fen, :per,
            daterange(:first, :last, '[]'), :account_id, :now)
    RETURNING id
    """,
)
LOCK_POSTING = Query(UUID, "SELECT id FROM job_postings WHERE id = :posting_id FOR NO KEY UPDATE")
IS_INVOLVED = Query(
    bool,
    """
    SELECT is_same_person(added_by, :account_id)
        OR EXISTS (SELECT FROM organisation_members m
                    WHERE m.organisation_id = p.organisation_id AND is_same_person(m.account_id, :account_id))
      FROM job_postings p WHERE p.id = :posting_id
    """,
)
CHECK_POSTING = Query(
    UUID,
    """
    UPDATE job_postings SET state = :state, reason = :reason, checked_by = :account_id, checked_at = :now
     WHERE id = :posting_id AND state = 'draft' AND upper(valid_during) > :day::date
    RETURNING added_by
    """,
)
END_POSTING = Query(
    UUID,
    """
    UPDATE job_postings SET state = 'ended' WHERE id = :posting_id AND state IN ('draft', 'live', 'filled')
    RETURNING id
    """,
)
END_OF_VILLAGE = Query(
    None,
    """
    UPDATE job_postings
       SET state = CASE WHEN lower(valid_during) >= :day::date THEN 'ended' ELSE state END,
           valid_during = CASE WHEN lower(valid_during) >= :day::date THEN valid_during
                               ELSE valid_during * daterange(NULL, :day::date) END
     WHERE village_code = :village AND upper(valid_during) > :day::date AND state IN ('draft', 'live', 'filled')
    """,
)


def _list_faults(new: NewPosting, title: str, note: str, *, day: date) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not 2 <= len(title) <= MAX_TITLE_LENGTH:
        faults.append(FieldFault("title", f"写招什么活，2 到 {MAX_TITLE_LENGTH} 个字"))
    if len(note) > MAX_NOTE_LENGTH:
        faults.append(FieldFault("note", f"最多 {MAX_NOTE_LENGTH} 字"))
    for field, text in (("title", title), ("note", note)):
        if found := next((word for word in _CHARGES if word in text), None):
            faults.append(FieldFault(field, f"招工不收钱、不扣证件（劳动合同法第九条），去掉“{found}”"))
    if not 1 <= new.positions <= MAX_POSITIONS:
        faults.append(FieldFault("positions", f"招几个人，1 到 {MAX_POSITIONS}"))
    if not 0 < new.wage_min_fen <= MAX_WAGE_FEN:
        faults.append(FieldFault("wage_min", "工钱写比 0 多的"))
    elif not new.wage_min_fen <= new.wage_max_fen <= MAX_WAGE_FEN:
        faults.append(FieldFault("wage_max", "最多的不能比最少的还少"))
    if new.first < day:
        faults.append(FieldFault("first", f"不能早于今天 {day}"))
    if not new.first <= new.last < new.first + timedelta(days=MAX_DAYS):
        faults.append(FieldFault("last", "要写招到哪天，不早于第一天，一年以内"))
    return faults


async def post_job(
    conn: Connection, actor: Actor, organisation_id: UUID, new: NewPosting, *, now: datetime
) -> JobPosting:
    """Write a posting as a member of its organisation; the county of the village checks it next.

    Raises:
        NotFound: the actor is no member of the organisation.
        PostingInvalid: fields are invalid, the organisation is not verified or has no licence that covers the posting,
            or `MAX_OPEN_POSTINGS` are open; `errors` lists each.
        OffPlatformContact: the words have a link or a telephone; applicants are shown to the employer instead.
    """
    day, title, note = get_business_day(now), clean_text(new.title), clean_text(new.note)
    verified = await require_own_organisation(conn, actor, organisation_id, day=day)
    faults = _list_faults(new, title, note, day=day)
    if fault := await find_village_fault(conn, new.village_code, day=new.first):
        faults.append(FieldFault("village", fault))
    if not verified:
        faults.append(FieldFault("organisation_id", "单位还没核过，等县里核了再招"))
    elif new.first <= new.last and not await IS_LICENSED.one(
        conn, organisation_id=organisation_id, first=new.first, last=new.last
    ):
        faults.append(FieldFault("organisation_id", "没有执照，或者执照到不了招工的最后一天"))
    await lock_quota(conn, "job_postings", organisation_id)
    if await COUNT_OPEN.one(conn, organisation_id=organisation_id, day=day) >= MAX_OPEN_POSTINGS:
        faults.append(FieldFault("title", f"一个单位最多同时招 {MAX_OPEN_POSTINGS} 样"))
    if faults:
        raise PostingInvalid(errors=tuple(faults))
    require_no_contacts(title=title, note=note)
    try:
        added = await ADD_POSTING.one(
            conn, organisation_id=organisation_id, village_code=new.village_code, title=title, note=note,
            positions=new.positions, wage_min_fen=new.wage_min_fen, wage_max_fen=new.wage_max_fen, per=new.per,
            first=new.first, last=new.last, account_id=actor.account_id, now=now,
        )  # fmt: skip
    except asyncpg.ForeignKeyViolationError as error:
        raise PostingInvalid(errors=(FieldFault("village", "这段日子里这个村代码要停用"),)) from error
    await _audit(conn, actor, "job_posting.add", added, {"title": title}, now=now)
    return await get_posting(conn, added)


async def get_posting(conn: Connection, posting_id: UUID) -> JobPosting:
    """Return a posting.

    Raises:
        NotFound: there is none.
    """
    found = await GET_POSTING.maybe(conn, posting_id=posting_id)
    if found is None:
        raise NotFound
    return found


async def lock_posting(conn: Connection, posting_id: UUID) -> JobPosting:
    """Lock a posting and return it.

    Raises:
        NotFound: there is none.
    """
    if await LOCK_POSTING.maybe(conn, posting_id=posting_id) is None:
        raise NotFound
    return await get_posting(conn, posting_id)


async def check_posting(
    conn: Connection, seal: Seal, official: Actor, county: str, posting_id: UUID, *, live: bool, reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """Let everybody see a posting of the county, or refuse it with a reason; who wrote it is told.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
        NotFound: the county has no such posting.
        PostingOwnChecker: the official wrote it, or is a member of its organisation, by whatever account.
        PostingInvalid: it is refused without a reason.
        PostingNotOpen: it was checked before, or is over.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    posting = await lock_posting(conn, posting_id)
    if get_county_code(posting.village_code) != county:
        raise NotFound
    if await IS_INVOLVED.one(conn, posting_id=posting_id, account_id=official.account_id):
        raise PostingOwnChecker
    written = "" if live else clean_text(reason)
    if not live and not 1 <= len(written) <= MAX_REASON_LENGTH:
        raise PostingInvalid(errors=(FieldFault("reason", f"写为什么退回，最多 {MAX_REASON_LENGTH} 字"),))
    state = PostingState.LIVE if live else PostingState.REFUSED
    added_by = await CHECK_POSTING.maybe(
        conn, posting_id=posting_id, state=state, reason=written, account_id=official.account_id, now=now,
        day=get_business_day(now),
    )  # fmt: skip
    if added_by is None:
        raise PostingNotOpen
    await _audit(conn, official, f"job_posting.{state}", posting_id, {}, now=now)
    template = "posting_live" if live else "posting_refused"
    facts = {"title": posting.title} | ({} if live else {"reason": written})
    await notify_account(conn, seal, added_by, template, facts, now=now)


async def end_posting(conn: Connection, actor: Actor, posting_id: UUID, *, now: datetime) -> None:
    """End a posting as a member of its organisation.

    Raises:
        NotFound: there is no such posting of an organisation of the actor's.
        PostingNotOpen: it ended, or was refused.
    """
    posting = await lock_posting(conn, posting_id)
    await require_own_organisation(conn, actor, posting.organisation_id, day=get_business_day(now))
    if await END_POSTING.maybe(conn, posting_id=posting_id) is None:
        raise PostingNotOpen
    await _audit(conn, actor, "job_posting.end", posting_id, {}, now=now)


async def list_near_postings(conn: Connection, village: str, *, day: date) -> list[PublicPosting]:
    """Return the live postings of a village's county: those there first, then those of its township; at most 100."""
    return await LIST_NEAR.all(conn, village=village, county=get_county_code(village), day=day, limit=MAX_LISTED)


async def list_organisation_postings(
    conn: Connection, actor: Actor, organisation_id: UUID, *, day: date
) -> list[JobPosting]:
    """Return the postings of an organisation of the actor's, the newest first, at most 100.

    Raises:
        NotFound: the actor is no member of the organisation.
    """
    await require_own_organisation(conn, actor, organisation_id, day=day)
    return await LIST_OF_ORGANISATION.all(conn, organisation_id=organisation_id, limit=MAX_LISTED)


async def list_postings_to_check(conn: Connection, official: Actor, county: str) -> list[JobPosting]:
    """Return the postings of a county that wait to be checked, at most 100.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    return await LIST_TO_CHECK.all(conn, county=county, limit=MAX_LISTED)


async def count_postings_to_check(conn: Connection, county: str) -> int:
    """Return how many postings of a county wait to be checked."""
    return await COUNT_TO_CHECK.one(conn, county=county)


async def end_village_postings(conn: Connection, village: str, day: date) -> None:
    """End the postings of a village on the first day without its code."""
    await END_OF_VILLAGE.run(conn, village=village, day=day)


async def _audit(
    conn: Connection, actor: Actor, action: str, posting_id: UUID, detail: dict[str, object], *, now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"job_posting:{posting_id}", detail=detail, now=now
    )
