"""Apply for a job with consent; the employer says whom it hired, and only the worker confirms that it is so."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry, record_looks
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.notify.notifications import PHONE_CONTEXT, notify_account
from market.places.organisations.register import require_own_organisation
from market.villages.services.posting_models import (
    CONTACT_DAYS,
    MAX_OPEN_APPLICATIONS,
    Applicant,
    ApplicationState,
    AppliedBefore,
    OwnJobApplication,
    PostingInvalid,
    PostingNotOpen,
    PostingState,
)
from market.villages.services.postings import IS_INVOLVED, get_posting, lock_posting
from payments.sql import run_in_pieces

MAX_LISTED = 200
APPLICATION_LIFETIME = timedelta(days=180)
"""How long after the end of a posting it is known who applied and was not hired."""


class _ApplicantRow(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    phone_sealed: bytes | None
    state: ApplicationState
    consented_at: datetime
    hired_on: date | None


class _LockedApplication(Struct, frozen=True, kw_only=True):
    posting_id: UUID
    account_id: UUID
    state: ApplicationState


ADD_APPLICATION = Query(
    UUID,
    """
    INSERT INTO job_applications (posting_id, account_id, consented_at) VALUES (:posting_id, :account_id, :now)
    RETURNING id
    """,
)
COUNT_OPEN = Query(
    int,
    """
    SELECT count(*) FROM job_applications a JOIN job_postings p ON p.id = posting_id
     WHERE account_id = :account_id AND a.state = 'applied' AND p.state = 'live' AND upper(valid_during) > :day::date
    """,
)
IS_VERIFIED = Query(bool, "SELECT verified_at IS NOT NULL FROM organisations WHERE id = :organisation_id")
GET_ADDER = Query(UUID, "SELECT added_by FROM job_postings WHERE id = :posting_id")
LIST_APPLICANTS = Query(
    _ApplicantRow,
    """
    SELECT a.id, c.name, CASE WHEN :verified::boolean AND upper(p.valid_during) + :days::integer > :day::date
                              THEN c.phone_sealed END AS phone_sealed, a.state, a.consented_at, a.hired_on
      FROM job_applications a JOIN job_postings p ON p.id = a.posting_id JOIN accounts c ON c.id = a.account_id
     WHERE a.posting_id = :posting_id AND a.state <> 'withdrawn' AND c.closed_at IS NULL
     ORDER BY a.state <> 'applied', a.id
     LIMIT :limit
    """,
)
GET_APPLICATION = Query(
    _LockedApplication, "SELECT posting_id, account_id, state FROM job_applications WHERE id = :application_id"
)
HIRE = Query(
    UUID,
    """
    UPDATE job_applications SET state = 'hired', hired_on = :hired_on, hired_by = :by
     WHERE id = :application_id AND state = 'applied'
    RETURNING account_id
    """,
)
FILL = Query(None, "UPDATE job_postings SET state = :state WHERE id = :posting_id AND state IN ('live', 'filled')")
MOVE_APPLICATION = Query(
    UUID,
    """
    UPDATE job_applications SET state = :state, answered_at = :answered_at
     WHERE id = :application_id AND account_id = :account_id AND state = :before
    RETURNING id
    """,
)
_OWN = """
    SELECT a.id, a.posting_id, p.title, o.name AS organisation, d.name AS village, a.state, a.consented_at, a.hired_on
      FROM job_applications a
      JOIN job_postings p ON p.id = a.posting_id
      JOIN organisations o ON o.id = p.organisation_id
      JOIN divisions d ON d.code = p.village_code
"""
GET_OWN = Query(OwnJobApplication, _OWN + " WHERE a.id = :application_id AND a.account_id = :account_id")
LIST_OWN = Query(
    OwnJobApplication,
    _OWN
    + """
     WHERE a.account_id = :account_id AND a.state <> 'withdrawn'
     ORDER BY a.state <> 'hired', a.id DESC
     LIMIT :limit
    """,
)
WITHDRAW_ALL = Query(
    None, "UPDATE job_applications SET state = 'withdrawn' WHERE account_id = :account_id AND state = 'applied'"
)
DELETE_OLD = Query(
    None,
    """
    DELETE FROM job_applications
     WHERE id IN (SELECT a.id FROM job_applications a JOIN job_postings p ON p.id = posting_id
                   WHERE a.state IN ('applied', 'withdrawn') AND upper(p.valid_during) < :before::date
                   LIMIT :piece::integer)
       AND state IN ('applied', 'withdrawn')
    """,
)


async def apply_for_job(
    conn: Connection, seal: Seal, actor: Actor, posting_id: UUID, *, consent: bool, now: datetime
) -> OwnJobApplication:
    """Apply for a job; the employer reads name and telephone, to which the person consents here.

    Raises:
        NotFound: there is no such posting.
        PostingInvalid: the person does not consent, has no telephone, is of the employer, or has
            `MAX_OPEN_APPLICATIONS` open ones; `errors` lists each.
        PostingNotOpen: it is not live, or over, or its employer is not verified any more.
        AppliedBefore: the person applied before; the caller's transaction must not commit.
    """
    posting, day = await lock_posting(conn, posting_id), get_business_day(now)
    if posting.state is not PostingState.LIVE or posting.last < day:
        raise PostingNotOpen
    if not await IS_VERIFIED.one(conn, organisation_id=posting.organisation_id):
        raise PostingNotOpen
    faults = [] if consent else [FieldFault("consent", say("要同意单位看您的姓名和电话，不然没法联系您"))]
    if await IS_INVOLVED.one(conn, posting_id=posting_id, account_id=actor.account_id):
        faults.append(FieldFault("consent", say("这是您自己单位招的")))
    await lock_quota(conn, "job_applications", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id, day=day) >= MAX_OPEN_APPLICATIONS:
        faults.append(FieldFault("consent", say("您同时报着 {0} 个，撤回一个再报", MAX_OPEN_APPLICATIONS)))
    if faults:
        raise PostingInvalid(errors=tuple(faults))
    try:
        added = await ADD_APPLICATION.one(conn, posting_id=posting_id, account_id=actor.account_id, now=now)
    except asyncpg.UniqueViolationError as error:
        raise AppliedBefore from error
    await _audit(conn, actor, "job_application.add", added, now=now)
    employer = await GET_ADDER.one(conn, posting_id=posting_id)
    await notify_account(conn, seal, employer, "job_applied", {"title": posting.title}, now=now)
    return await _read_own(conn, actor, added)


async def withdraw_application(conn: Connection, actor: Actor, application_id: UUID, *, now: datetime) -> None:
    """Withdraw an application: the employer reads nothing of it any more.

    Raises:
        NotFound: there is no such application of the actor's.
        PostingNotOpen: the employer hired the person.
    """
    application = await _lock(conn, actor, application_id)
    if application.state is ApplicationState.WITHDRAWN:
        return
    moved = await MOVE_APPLICATION.maybe(
        conn, application_id=application_id, account_id=actor.account_id, state=ApplicationState.WITHDRAWN,
        before=ApplicationState.APPLIED, answered_at=None,
    )  # fmt: skip
    if moved is None:
        raise PostingNotOpen
    await _audit(conn, actor, "job_application.withdraw", application_id, now=now)


async def list_applicants(
    conn: Connection, seal: Seal, actor: Actor, posting_id: UUID, *, now: datetime
) -> list[Applicant]:
    """Return who applied for a posting of an organisation of the actor's, those who wait first, at most 200.

    Without telephones `CONTACT_DAYS` after the end of the posting, and while the organisation is not verified. Each
    applicant can read who looked.

    Raises:
        NotFound: there is no such posting of an organisation of the actor's.
    """
    posting = await get_posting(conn, posting_id)
    day = get_business_day(now)
    verified = await require_own_organisation(conn, actor, posting.organisation_id, day=day)
    rows = await LIST_APPLICANTS.all(
        conn, posting_id=posting_id, verified=verified, day=day, days=CONTACT_DAYS, limit=MAX_LISTED
    )
    looked = [f"job_application:{row.id}" for row in rows]
    await record_looks(conn, actor=str(actor.account_id), action="job_application.look", objects=looked, now=now)
    return [
        build_from(Applicant, row, phone=seal.open(row.phone_sealed, PHONE_CONTEXT) if row.phone_sealed else "")
        for row in rows
    ]


async def hire(
    conn: Connection, seal: Seal, actor: Actor, posting_id: UUID, application_id: UUID, *, hired_on: date,
    now: datetime,
) -> None:  # fmt: skip
    """Say that an applicant was hired, as a member of the organisation; the worker is asked whether it is so.

    With the last position the posting is filled. Nothing counts as work found before the worker confirms it.

    Raises:
        NotFound: there is no such application for a posting of an organisation of the actor's.
        PostingInvalid: the day is in the future, or before the posting.
        PostingNotOpen: the posting is filled, ended or refused, or the person is hired or withdrew.
    """
    posting = await lock_posting(conn, posting_id)
    await require_own_organisation(conn, actor, posting.organisation_id, day=get_business_day(now))
    found = await GET_APPLICATION.maybe(conn, application_id=application_id)
    if found is None or found.posting_id != posting_id:
        raise NotFound
    if not posting.first <= hired_on <= get_business_day(now):
        raise PostingInvalid(errors=(FieldFault("hired_on", f"写哪天来上的工，{posting.first} 到今天"),))
    if posting.state is not PostingState.LIVE or posting.hired >= posting.positions:
        raise PostingNotOpen
    worker = await HIRE.maybe(conn, application_id=application_id, hired_on=hired_on, by=actor.account_id)
    if worker is None:
        raise PostingNotOpen
    if posting.hired + 1 == posting.positions:
        await FILL.run(conn, posting_id=posting_id, state=PostingState.FILLED)
    await _audit(conn, actor, "job_application.hire", application_id, now=now)
    facts = {"employer": posting.organisation, "title": posting.title}
    await notify_account(conn, seal, worker, "job_hired", facts, now=now)


async def answer_hire(
    conn: Connection, actor: Actor, application_id: UUID, *, found_work: bool, now: datetime
) -> OwnJobApplication:
    """Confirm as the worker that one was hired, or deny it, which frees the position.

    Raises:
        NotFound: there is no such application of the actor's.
        PostingNotOpen: the employer did not say so, or the person answered before.
    """
    application = await _lock(conn, actor, application_id)
    state = ApplicationState.CONFIRMED if found_work else ApplicationState.DENIED
    moved = await MOVE_APPLICATION.maybe(
        conn, application_id=application_id, account_id=actor.account_id, state=state, before=ApplicationState.HIRED,
        answered_at=now,
    )  # fmt: skip
    if moved is None:
        raise PostingNotOpen
    if not found_work:
        await FILL.run(conn, posting_id=application.posting_id, state=PostingState.LIVE)
    await _audit(conn, actor, f"job_application.{state}", application_id, now=now)
    return await _read_own(conn, actor, application_id)


async def list_own_applications(
    conn: Connection, account_id: AccountId, *, limit: int = MAX_LISTED
) -> list[OwnJobApplication]:
    """Return a person's applications that were not withdrawn, those that wait for the person first."""
    return await LIST_OWN.all(conn, account_id=account_id, limit=limit)


async def withdraw_applications(conn: Connection, account_id: AccountId) -> None:
    """Withdraw the applications of a person who closes their account."""
    await WITHDRAW_ALL.run(conn, account_id=account_id)


async def delete_old_applications(db: Database, before: datetime) -> int:
    """Delete the applications that came to nothing, of postings that ended before a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD, before=get_business_day(before))


async def _lock(conn: Connection, actor: Actor, application_id: UUID) -> _LockedApplication:
    """Return an application of the actor's, with its posting locked."""
    found = await GET_APPLICATION.maybe(conn, application_id=application_id)
    if found is None or found.account_id != actor.account_id:
        raise NotFound
    await lock_posting(conn, found.posting_id)
    return found


async def _read_own(conn: Connection, actor: Actor, application_id: UUID) -> OwnJobApplication:
    return await GET_OWN.one(conn, application_id=application_id, account_id=actor.account_id)


async def _audit(conn: Connection, actor: Actor, action: str, application_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"job_application:{application_id}", detail={}, now=now
    )
