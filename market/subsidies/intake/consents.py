"""同意: what a household consents to when a line is enrolled, on the page or on paper, until it withdraws that."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import get_visible_divisions, require_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.storage.files import FileStore
from market.people.storage.photos import render_in_turn
from market.people.storage.sent_bytes import count_sent_bytes
from market.subsidies.intake.models import (
    MAX_CONSENTS,
    REPORTERS,
    STATE_NAMES,
    LeadInvalid,
    LeadMoved,
    LeadState,
    TooManyConsents,
)
from market.subsidies.intake.views import GET_LEAD, list_own_leads
from market.subsidies.lines.pauses import PAUSE_END_CONTEXT, PAUSE_NOTE_CONTEXT

CONSENT_PHOTO_CONTEXT = "lead_consents.photo"
CONSENT_VERSION = 1
CONSENT_TEXTS = {
    1: "我同意：为了办话费减免，村里、乡镇、县里查我家的名册、号码、使用和账单，在村里公示；号码的减免告诉运营商。"
    "不同意，就办不了减免，别的不受影响。办下来以后随时可以撤回，撤回那天起不再减，以前减的不用退。",
}
"""What is consented to, by version; a new text is a new version. Source: 个人信息保护法, articles 13 to 17."""
_WITHDRAWN_NOTE = "农户在自己的页面上撤回了同意"
_NOT_OPEN, _WITHDRAWN_LATER = "P0172", "P0174"
"""The error of the trigger `check_lead_consent`."""


class ConsentForm(StrEnum):
    """How a consent was given."""

    PAGE = "page"
    PHOTO = "photo"


class LeadConsent(Struct, frozen=True, kw_only=True):
    """A consent to an enrolment: how it was given, when, and who recorded it."""

    id: UUID
    form: ConsentForm
    text_version: int
    given_on: date
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None


ADD_CONSENT = Query(
    UUID,
    """
    INSERT INTO lead_consents (lead_id, form, text_version, given_on, recorded_by, recorded_at, photo_sealed)
    VALUES (:lead_id, :form, :text_version, :given_on, :account_id, :now, :photo_sealed)
    RETURNING id
    """,
)
COUNT_CONSENTS = Query(int, "SELECT count(*) FROM lead_consents WHERE lead_id = :lead_id AND form = 'photo'")
LIST_CONSENTS = Query(
    LeadConsent,
    """
    SELECT c.id, c.form, c.text_version, c.given_on, a.name AS recorded_by, c.recorded_at,
           c.withdrawn_at
      FROM lead_consents c JOIN accounts a ON a.id = c.recorded_by
     WHERE c.lead_id = :lead_id
     ORDER BY c.id DESC
     LIMIT 20
    """,
)
GET_CONSENT_PHOTO = Query(
    bytes,
    """
    SELECT photo_sealed FROM lead_consents
     WHERE id = :consent_id AND lead_id = :lead_id AND photo_sealed IS NOT NULL
    """,
)
WITHDRAW_CONSENT = Query(
    bool, "SELECT withdraw_consent(:lead_id, :account_id, :day, :note_sealed, :end_note_sealed, :now)"
)


async def consent_on_page(conn: Connection, actor: Actor, lead_id: UUID, *, now: datetime) -> None:
    """Record that a person consents with the own application, whose page shows the text of `CONSENT_VERSION`."""
    await ADD_CONSENT.one(
        conn, lead_id=lead_id, form=ConsentForm.PAGE, text_version=CONSENT_VERSION, given_on=get_business_day(now),
        account_id=actor.account_id, photo_sealed=None, now=now,
    )  # fmt: skip


async def consent_again(conn: Connection, actor: Actor, lead_id: UUID, *, now: datetime) -> None:
    """Record that a person consents again to the own application that was decided, after withdrawing.

    The line stays paused until an official ends the pause. The transaction has the scope of the person.

    Raises:
        NotFound: the actor applied for no line that was decided, or its consent stands.
    """
    await lock_quota(conn, "consents", lead_id)
    own = next((each for each in await list_own_leads(conn, actor.account_id) if each.id == lead_id), None)
    if own is None or own.state is not LeadState.DECIDED or not own.consent_withdrawn:
        raise NotFound
    await consent_on_page(conn, actor, lead_id, now=now)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.consent", object=f"lead:{lead_id}",
        detail={"form": str(ConsentForm.PAGE), "text": CONSENT_VERSION}, now=now,
    )  # fmt: skip


async def render_consent_photo(files: FileStore, content: bytes, *, account: AccountId) -> bytes:
    """Return a photo as it is stored: upright, without metadata, as WebP. Call it outside of any transaction.

    Raises:
        BadPhoto: it is no accepted photo.
        Busy: too many photos wait to be decoded, or too many of this account.
    """
    _, _, pictures = await render_in_turn(files, content, account)
    return pictures[-1]


async def record_consent_photo(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    *,
    lead_id: UUID,
    photo: bytes,
    given_on: date,
    now: datetime,
) -> UUID:
    """Record a consent on paper with the photo of it, in the caller's transaction of the county, and return its id.

    A decided lead takes one again after its consent was withdrawn, so that the pause of its line can be ended.

    Raises:
        NotFound: the lead is not in the actor's divisions.
        NotAllowed, SecondFactorRequired: the actor reports no leads of the village.
        LeadInvalid: the day is after today, or before the consent was withdrawn.
        LeadMoved: the lead enrols nobody, or has ended with a consent that stands.
        TooManyConsents: the lead has ten already.
        TooManyBytes: the actor has sent too much on this day.
    """
    lead = await GET_LEAD.maybe(conn, lead_id=lead_id, divisions=list(get_visible_divisions(actor, county)))
    if lead is None:
        raise NotFound
    require_role(actor, REPORTERS, lead.village_code)
    if given_on > get_business_day(now):
        raise LeadInvalid(errors=(FieldFault("given_on", f"不能晚于今天 {get_business_day(now)}"),))
    await lock_quota(conn, "consents", lead_id)
    if await COUNT_CONSENTS.one(conn, lead_id=lead_id) >= MAX_CONSENTS:
        raise TooManyConsents
    await count_sent_bytes(conn, actor.account_id, len(photo), now=now)
    attempt = conn.transaction()
    await attempt.start()
    try:
        consent_id = await ADD_CONSENT.one(
            conn, lead_id=lead_id, form=ConsentForm.PHOTO, text_version=CONSENT_VERSION, given_on=given_on,
            account_id=actor.account_id, photo_sealed=seal.seal_bytes(photo, CONSENT_PHOTO_CONTEXT), now=now,
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _NOT_OPEN:
            raise LeadMoved(state=STATE_NAMES[lead.state]) from error
        if error.sqlstate == _WITHDRAWN_LATER:
            raise LeadInvalid(errors=(FieldFault("given_on", "应在农户撤回同意那天或以后"),)) from error
        raise
    await attempt.commit()
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.consent", object=f"lead:{lead_id}",
        detail={"form": str(ConsentForm.PHOTO), "text": CONSENT_VERSION}, now=now,
    )  # fmt: skip
    return consent_id


async def list_consents(conn: Connection, lead_id: UUID) -> list[LeadConsent]:
    """Return the consents to a visible lead, latest first."""
    return await LIST_CONSENTS.all(conn, lead_id=lead_id)


async def read_consent_photo(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    divisions: Sequence[str],
    *,
    lead_id: UUID,
    consent_id: UUID,
    now: datetime,
) -> bytes:
    """Return the photo of a consent as WebP; the audit record keeps who read it.

    Raises:
        NotFound: the lead is not in the divisions, or has no such photo.
    """
    sealed = None
    if await GET_LEAD.maybe(conn, lead_id=lead_id, divisions=list(divisions)) is not None:
        sealed = await GET_CONSENT_PHOTO.maybe(conn, lead_id=lead_id, consent_id=consent_id)
    if sealed is None:
        raise NotFound
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.read_consent", object=f"lead:{lead_id}",
        detail={"consent": str(consent_id)}, now=now,
    )  # fmt: skip
    return seal.open_bytes(sealed, CONSENT_PHOTO_CONTEXT)


async def withdraw_consent(conn: Connection, seal: Seal, actor: Actor, lead_id: UUID, *, now: datetime) -> None:
    """Withdraw the consent to what the actor applied for: its line is paused from today on, in place of another pause.

    The transaction has the scope of the person. What was reduced before stays (个人信息保护法, article 15).

    Raises:
        NotFound: the actor applied for no line that was decided, or withdrew the consent before.
    """
    try:
        paused = await _pause_without_consent(conn, seal, actor, lead_id, now=now)
    except asyncpg.ExclusionViolationError:
        # An official paused the line meanwhile: the second attempt sees that pause and ends it.
        paused = await _pause_without_consent(conn, seal, actor, lead_id, now=now)
    if not paused:
        raise NotFound
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="lead.withdraw_consent", object=f"lead:{lead_id}", detail={}, now=now
    )


async def _pause_without_consent(conn: Connection, seal: Seal, actor: Actor, lead_id: UUID, *, now: datetime) -> bool:
    async with conn.transaction():
        return await WITHDRAW_CONSENT.one(
            conn, lead_id=lead_id, account_id=actor.account_id, day=get_business_day(now),
            note_sealed=seal.seal(_WITHDRAWN_NOTE, PAUSE_NOTE_CONTEXT),
            end_note_sealed=seal.seal(_WITHDRAWN_NOTE, PAUSE_END_CONTEXT), now=now,
        )  # fmt: skip
