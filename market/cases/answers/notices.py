"""公益: a checked organiser gives a notice without money; another person of the county checks it before it is shown."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from market.cases.answers.money_words import find_money
from market.cases.answers.notice_models import (
    MAX_NOTICE_DAYS,
    MAX_NOTICE_NOTE,
    MAX_NOTICE_REASON,
    MAX_NOTICE_TITLE,
    MAX_NOTICES,
    MAX_OPEN_NOTICES,
    MAX_PLACE,
    ORGANISERS,
    NewNotice,
    NoticeInvalid,
    NoticeNotOpen,
    NoticeOwnChecker,
    NoticeState,
    OwnNotice,
    PublicNotice,
)
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.people.notify.notifications import notify_account
from market.places.divisions.village_periods import find_village_fault
from market.places.organisations.models import OrganisationId
from market.places.organisations.register import get_organisation, require_own_organisation

_ORGANISER = "P0911"
"""The error of the trigger `check_charity_notice`."""

_COLUMNS = """
    SELECT n.id, n.kind, title, o.name AS organisation, n.village_code, d.name AS village, place, note,
           lower(valid_during) AS first, upper(valid_during) - 1 AS last
"""
_OWN_COLUMNS = (
    _COLUMNS
    + """, n.organisation_id, state, reason, added_at
      FROM charity_notices n
      JOIN organisations o ON o.id = n.organisation_id
      JOIN divisions d ON d.code = n.village_code
"""
)
GET_NOTICE = Query(OwnNotice, _OWN_COLUMNS + " WHERE n.id = :notice_id")
LIST_OF_ORGANISATION = Query(
    OwnNotice, _OWN_COLUMNS + " WHERE n.organisation_id = :organisation_id ORDER BY n.id DESC LIMIT :limit"
)
LIST_OF_COUNTY = Query(
    OwnNotice,
    _OWN_COLUMNS
    + """
     WHERE n.village_code >= :county AND n.village_code < :county || ':'
       AND (state <> 'ended' OR upper(valid_during) > :day::date)
     ORDER BY state <> 'draft', upper(valid_during) DESC, n.id LIMIT :limit
    """,
)
# Of organisers that are verified today; the own village first, then its township.
LIST_LIVE = Query(
    PublicNotice,
    _COLUMNS
    + """
      FROM charity_notices n
      JOIN organisations o ON o.id = n.organisation_id AND o.verified_at IS NOT NULL
      JOIN divisions d ON d.code = n.village_code
     WHERE n.village_code >= :county AND n.village_code < :county || ':' AND state = 'live'
       AND upper(valid_during) > :day::date
     ORDER BY n.village_code <> :village, NOT starts_with(n.village_code, left(:village, 9)), valid_during, n.id
     LIMIT :limit
    """,
)
COUNT_TO_CHECK = Query(
    int,
    """
    SELECT count(*) FROM charity_notices
     WHERE state = 'draft' AND village_code >= :county AND village_code < :county || ':'
    """,
)
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM charity_notices
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
ADD_NOTICE = Query(
    UUID,
    """
    INSERT INTO charity_notices (organisation_id, village_code, kind, title, place, note, valid_during, added_by,
                                 added_at)
    VALUES (:organisation_id, :village_code, :kind, :title, :place, :note, daterange(:first, :last, '[]'), :account_id,
            :now)
    RETURNING id
    """,
)
LOCK_NOTICE = Query(UUID, "SELECT id FROM charity_notices WHERE id = :notice_id FOR NO KEY UPDATE")
IS_INVOLVED = Query(
    bool,
    """
    SELECT is_same_person(added_by, :account_id)
        OR EXISTS (SELECT FROM organisation_members m
                    WHERE m.organisation_id = n.organisation_id AND is_same_person(m.account_id, :account_id))
      FROM charity_notices n WHERE n.id = :notice_id
    """,
)
CHECK_NOTICE = Query(
    UUID,
    """
    UPDATE charity_notices SET state = :state, reason = :reason, checked_by = :account_id, checked_at = :now
     WHERE id = :notice_id AND state = 'draft' AND (:state = 'refused' OR upper(valid_during) > :day::date)
    RETURNING added_by
    """,
)
END_NOTICE = Query(
    UUID, "UPDATE charity_notices SET state = 'ended' WHERE id = :notice_id AND state IN ('draft', 'live') RETURNING id"
)
END_OF_VILLAGE = Query(
    None,
    """
    UPDATE charity_notices
       SET state = CASE WHEN lower(valid_during) >= :day::date THEN 'ended' ELSE state END,
           valid_during = CASE WHEN lower(valid_during) < :day::date
                               THEN valid_during * daterange(NULL, :day::date) ELSE valid_during END
     WHERE village_code = :village AND state IN ('draft', 'live') AND upper(valid_during) > :day::date
    """,
)


def list_notice_faults(new: NewNotice, *, day: date) -> list[FieldFault]:
    """Return what is wrong with the words and days of a notice, whose texts are cleaned; pure."""
    faults: list[FieldFault] = []
    for field, text, least, most, what in (
        ("title", new.title, 2, MAX_NOTICE_TITLE, "写做什么"),
        ("place", new.place, 2, MAX_PLACE, "写到哪里"),
        ("note", new.note, 0, MAX_NOTICE_NOTE, "写几点、带什么"),
    ):
        if not least <= len(text) <= most:
            faults.append(FieldFault(field, f"{what}，{f'{least} 到 ' if least else '最多 '}{most} 个字"))
        elif (fault := find_money(text)) is not None:
            faults.append(FieldFault(field, fault))
    if new.last < day:
        faults.append(FieldFault("last", "已经过了，写以后的"))
    elif not new.first <= new.last < new.first + timedelta(days=MAX_NOTICE_DAYS):
        faults.append(FieldFault("last", f"不早于开始那天，最长 {MAX_NOTICE_DAYS} 天"))
    return faults


async def add_notice(
    conn: Connection, actor: Actor, organisation_id: UUID, new: NewNotice, *, now: datetime
) -> OwnNotice:
    """Write a notice as a member of its organiser; the county of the village checks it next.

    Raises:
        NotFound: the actor is no member of the organisation.
        NoticeInvalid: the organisation is not verified, of a kind that does no such work, or without a licence on these
            days, or fields are invalid or ask for money; `errors` lists each.
    """
    day = get_business_day(now)
    verified = await require_own_organisation(conn, actor, organisation_id, day=day)
    cleaned = _clean(new)
    faults = list_notice_faults(cleaned, day=day)
    if fault := await find_village_fault(conn, new.village_code, day=new.first):
        faults.append(FieldFault("village", fault))
    organiser = await get_organisation(conn, OrganisationId(organisation_id), day=day)
    if not verified:
        faults.append(FieldFault("organisation", "单位还没核过，等县里核了再发"))
    elif organiser.kind not in ORGANISERS:
        faults.append(FieldFault("organisation", "公益组织、医疗机构、公家单位、主办单位才能发公益信息"))
    elif new.first <= new.last and not await IS_LICENSED.one(
        conn, organisation_id=organisation_id, first=new.first, last=new.last
    ):
        faults.append(FieldFault("organisation", "没有执照，或者执照到不了最后一天"))
    await lock_quota(conn, "charity_notices", organisation_id)
    if await COUNT_OPEN.one(conn, organisation_id=organisation_id, day=day) >= MAX_OPEN_NOTICES:
        faults.append(FieldFault("title", f"一个单位最多同时发 {MAX_OPEN_NOTICES} 条"))
    if faults:
        raise NoticeInvalid(errors=tuple(faults))
    try:
        added = await ADD_NOTICE.one(
            conn, organisation_id=organisation_id, village_code=new.village_code, kind=new.kind, title=cleaned.title,
            place=cleaned.place, note=cleaned.note, first=new.first, last=new.last, account_id=actor.account_id,
            now=now,
        )  # fmt: skip
    except asyncpg.ForeignKeyViolationError as error:
        raise NoticeInvalid(errors=(FieldFault("village", "这段日子里这个村代码要停用"),)) from error
    except asyncpg.PostgresError as error:
        if error.sqlstate == _ORGANISER:
            raise NoticeInvalid(errors=(FieldFault("organisation", "单位还没核过，等县里核了再发"),)) from error
        raise
    await _audit(conn, actor, "charity_notice.add", added, now=now)
    return await _get(conn, added)


def _clean(new: NewNotice) -> NewNotice:
    return NewNotice(
        kind=new.kind, title=clean_text(new.title), village_code=new.village_code, place=clean_text(new.place),
        first=new.first, last=new.last, note=clean_text(new.note),
    )  # fmt: skip


async def _get(conn: Connection, notice_id: UUID) -> OwnNotice:
    found = await GET_NOTICE.maybe(conn, notice_id=notice_id)
    if found is None:
        raise NotFound
    return found


async def _lock(conn: Connection, notice_id: UUID) -> OwnNotice:
    if await LOCK_NOTICE.maybe(conn, notice_id=notice_id) is None:
        raise NotFound
    return await _get(conn, notice_id)


async def check_notice(
    conn: Connection, seal: Seal, official: Actor, county: str, notice_id: UUID, *, live: bool, reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """Let everybody read a notice of the county, or refuse it with a reason; who wrote it is told.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
        NotFound: the county has no such notice.
        NoticeOwnChecker: the official wrote it, or is a member of its organisation, by whatever account.
        NoticeInvalid: it is refused without a reason.
        NoticeNotOpen: it was checked before, or is over, when it can only be refused.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    notice = await _lock(conn, notice_id)
    if get_county_code(notice.village_code) != county:
        raise NotFound
    if await IS_INVOLVED.one(conn, notice_id=notice_id, account_id=official.account_id):
        raise NoticeOwnChecker
    written = "" if live else clean_text(reason)
    if not live and not 1 <= len(written) <= MAX_NOTICE_REASON:
        raise NoticeInvalid(errors=(FieldFault("reason", f"写为什么退回，最多 {MAX_NOTICE_REASON} 字"),))
    added_by = await CHECK_NOTICE.maybe(
        conn, notice_id=notice_id, state=NoticeState.LIVE if live else NoticeState.REFUSED, reason=written,
        account_id=official.account_id, now=now, day=get_business_day(now),
    )  # fmt: skip
    if added_by is None:
        raise NoticeNotOpen
    await _audit(conn, official, "charity_notice.live" if live else "charity_notice.refuse", notice_id, now=now)
    template = "charity_notice_live" if live else "charity_notice_refused"
    facts = {"title": notice.title} | ({} if live else {"reason": written})
    await notify_account(conn, seal, added_by, template, facts, now=now)


async def end_notice(conn: Connection, actor: Actor, notice_id: UUID, *, now: datetime) -> None:
    """End a notice as a member of its organiser.

    Raises:
        NotFound: there is no such notice of an organisation of the actor's.
        NoticeNotOpen: it ended, or was refused.
    """
    notice = await _lock(conn, notice_id)
    await require_own_organisation(conn, actor, notice.organisation_id, day=get_business_day(now))
    await _end(conn, actor, notice_id, now=now)


async def end_county_notice(conn: Connection, official: Actor, county: str, notice_id: UUID, *, now: datetime) -> None:
    """End a notice of the county that should not be shown any more.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
        NotFound: the county has no such notice.
        NoticeNotOpen: it ended, or was refused.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    notice = await _lock(conn, notice_id)
    if get_county_code(notice.village_code) != county:
        raise NotFound
    await _end(conn, official, notice_id, now=now)


async def _end(conn: Connection, actor: Actor, notice_id: UUID, *, now: datetime) -> None:
    if await END_NOTICE.maybe(conn, notice_id=notice_id) is None:
        raise NoticeNotOpen
    await _audit(conn, actor, "charity_notice.end", notice_id, now=now)


async def list_live_notices(conn: Connection, village: str, *, day: date) -> list[PublicNotice]:
    """Return the live notices of a village's county: those there first, then those of its township; at most 100."""
    return await LIST_LIVE.all(conn, village=village, county=get_county_code(village), day=day, limit=MAX_NOTICES)


async def list_organisation_notices(
    conn: Connection, actor: Actor, organisation_id: UUID, *, day: date
) -> list[OwnNotice]:
    """Return the notices of an organisation of the actor's, the newest first, at most 100.

    Raises:
        NotFound: the actor is no member of the organisation.
    """
    await require_own_organisation(conn, actor, organisation_id, day=day)
    return await LIST_OF_ORGANISATION.all(conn, organisation_id=organisation_id, limit=MAX_NOTICES)


async def list_county_notices(conn: Connection, official: Actor, county: str, *, day: date) -> list[OwnNotice]:
    """Return the notices of a county, those to check first, at most 100.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    return await LIST_OF_COUNTY.all(conn, county=county, day=day, limit=MAX_NOTICES)


async def count_notices_to_check(conn: Connection, county: str) -> int:
    """Return how many notices of a county wait to be checked."""
    return await COUNT_TO_CHECK.one(conn, county=county)


async def end_village_notices(conn: Connection, village: str, day: date) -> None:
    """End the notices of a village on the first day without its code."""
    await END_OF_VILLAGE.run(conn, village=village, day=day)


async def _audit(conn: Connection, actor: Actor, action: str, notice_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"charity_notice:{notice_id}", detail={}, now=now
    )
