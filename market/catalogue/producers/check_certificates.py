"""Check the certificates of producers: verify, reject with a reason, and set the area of a geographical indication."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from market.catalogue.producers.apply import LOCK_PRODUCER
from market.catalogue.producers.decide import (
    MAX_REASON_LENGTH,
    REFRESH_LISTINGS,
    get_visible_producer,
    require_independent,
)
from market.catalogue.producers.models import (
    CERTIFICATE_NAMES,
    DECIDERS,
    AreaNeeded,
    ProducerRow,
    ProducerState,
    ReasonNeeded,
)
from market.kernel import Connection, Query
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.identity.sign_in import get_phone
from market.people.notify.queue import queue_message

VERIFY_CERTIFICATE = Query(
    UUID,
    """
    UPDATE certificates SET verified_at = :now, verified_by = :account_id
     WHERE id = :certificate_id AND producer_id = :producer_id AND verified_at IS NULL AND rejected_at IS NULL
    RETURNING id
    """,
)
# A verified certificate can turn out to be false: rejecting it ends its verification.
REJECT_CERTIFICATE = Query(
    str,
    """
    UPDATE certificates
       SET rejected_at = :now, rejected_by = :account_id, reject_reason = :reason,
           verified_at = NULL, verified_by = NULL
     WHERE id = :certificate_id AND producer_id = :producer_id AND rejected_at IS NULL
    RETURNING kind
    """,
)
SET_AREA = Query(
    UUID,
    """
    UPDATE certificates SET area = :area::text[]
     WHERE id = :certificate_id AND producer_id = :producer_id AND kind = 'geographical_indication'
    RETURNING id
    """,
)
COUNT_DIVISIONS = Query(int, "SELECT count(*) FROM divisions WHERE code = ANY(:codes::text[]) AND level >= 3")
GET_CERTIFICATE_AREA = Query(
    list[str], "SELECT area FROM certificates WHERE id = :certificate_id AND kind = 'geographical_indication'"
)


async def _open_for_check(conn: Connection, actor: Actor, producer_id: UUID) -> ProducerRow:
    """Return the producer whose certificates the actor may check, locked: its listings follow from all of them."""
    row = await get_visible_producer(conn, actor, producer_id)
    require_role(actor, DECIDERS[ProducerState.OPEN], row.village_code)
    await LOCK_PRODUCER.one(conn, producer_id=producer_id)
    await require_independent(conn, actor, producer_id)
    return row


async def verify_certificate(
    conn: Connection, actor: Actor, producer_id: UUID, certificate_id: UUID, *, now: datetime
) -> None:
    """Mark a certificate as verified by the county or the platform; listings that require it are on sale until its end.

    Raises:
        NotFound: there is no such unchecked certificate, or the producer is outside the actor's divisions.
        NotAllowed: the actor is neither of the county nor of the platform.
        SecondFactorRequired: the session has no second factor.
        ReviewerNotIndependent: the person applied, works for the producer, or submitted a certificate of it.
        AreaNeeded: it is a geographical indication without a protected area.
    """
    await _open_for_check(conn, actor, producer_id)
    if await GET_CERTIFICATE_AREA.maybe(conn, certificate_id=certificate_id) == []:
        raise AreaNeeded
    verified = await VERIFY_CERTIFICATE.maybe(
        conn, certificate_id=certificate_id, producer_id=producer_id, account_id=actor.account_id, now=now
    )
    if verified is None:
        raise NotFound
    await REFRESH_LISTINGS.run(conn, producer_id=producer_id)
    await _record(
        conn, actor, "producer.verify_certificate", producer_id, {"certificate": str(certificate_id)}, now=now
    )


async def reject_certificate(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, certificate_id: UUID, *, reason: str, now: datetime
) -> None:
    """Reject a certificate with a reason that its seller reads in a message and on the page 证件.

    A verified certificate loses its verification, and listings that no other one certifies are not sold any more.

    Raises:
        NotFound, NotAllowed, SecondFactorRequired, ReviewerNotIndependent: see `verify_certificate`.
        ReasonNeeded: the reason is missing or longer than 300 characters.
    """
    row = await _open_for_check(conn, actor, producer_id)
    reason = clean_text(reason)
    if not 1 <= len(reason) <= MAX_REASON_LENGTH:
        raise ReasonNeeded
    kind = await REJECT_CERTIFICATE.maybe(
        conn,
        certificate_id=certificate_id,
        producer_id=producer_id,
        account_id=actor.account_id,
        reason=reason,
        now=now,
    )
    if kind is None:
        raise NotFound
    await REFRESH_LISTINGS.run(conn, producer_id=producer_id)
    detail = {"certificate": str(certificate_id), "reason": reason}
    await _record(conn, actor, "producer.reject_certificate", producer_id, detail, now=now)
    phone = await get_phone(conn, seal, AccountId(row.applied_by))
    if phone is not None:
        facts = {"name": row.name, "certificate": CERTIFICATE_NAMES[kind], "reason": reason.rstrip("。")}
        await queue_message(conn, seal, phone=phone, template="certificate_rejected", facts=facts, now=now)


async def set_certificate_area(
    conn: Connection, actor: Actor, producer_id: UUID, certificate_id: UUID, codes: Collection[str], *, now: datetime
) -> None:
    """Set the protected area of a geographical indication: counties, townships or villages, by codes of 12 digits.

    Raises:
        NotFound, NotAllowed, SecondFactorRequired, ReviewerNotIndependent: see `verify_certificate`.
        AreaNeeded: there is no code, or one is not of a county, township or village.
    """
    await _open_for_check(conn, actor, producer_id)
    if not codes or await COUNT_DIVISIONS.one(conn, codes=list(codes)) != len(set(codes)):
        raise AreaNeeded
    area = sorted({get_scope(code) for code in codes})
    if await SET_AREA.maybe(conn, certificate_id=certificate_id, producer_id=producer_id, area=area) is None:
        raise NotFound
    detail = {"certificate": str(certificate_id), "area": area}
    await _record(conn, actor, "producer.certificate_area", producer_id, detail, now=now)


async def _record(
    conn: Connection, actor: Actor, action: str, producer_id: UUID, detail: Mapping[str, object], *, now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"producer:{producer_id}", detail=dict(detail), now=now
    )
