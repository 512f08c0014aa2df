"""The ends of certificates: what a seller is told 90, 30 and 7 days before, and what is not sold after."""

from datetime import date, datetime
from uuid import UUID

import structlog
from msgspec import Struct

from market.catalogue.producers.models import CERTIFICATE_NAMES, CERTIFICATE_NOTICE_DAYS, CertificateKind
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Actor
from market.people.identity.sign_in import get_phone
from market.people.notify.queue import queue_message
from payments.retries import run_each

log = structlog.get_logger()

_BATCH_SIZE = 200


class EndingCertificate(Struct, frozen=True):
    """A verified certificate that ends soon or has ended, and that no later one of its kind replaces."""

    id: UUID
    kind: CertificateKind
    producer_id: UUID
    producer: str
    applied_by: UUID
    expires_on: date
    stage: int | None


_ENDING = """
    SELECT c.id, c.kind, c.producer_id, p.name AS producer, p.applied_by, c.expires_on,
           (SELECT min(days) FROM unnest(:stages::integer[]) AS days WHERE c.expires_on - :today::date <= days) AS stage
      FROM certificates c JOIN producers p ON p.id = c.producer_id
     WHERE c.verified_at IS NOT NULL
       AND c.expires_on <= :today::date + (SELECT max(days) FROM unnest(:stages::integer[]) AS days)
       AND NOT EXISTS (SELECT FROM certificates n
                        WHERE n.producer_id = c.producer_id AND n.kind = c.kind AND n.verified_at IS NOT NULL
                          AND coalesce(n.expires_on, 'infinity') > c.expires_on)
"""
LIST_OWN_ENDING = Query(
    EndingCertificate, _ENDING + " AND c.producer_id = ANY(:producer_ids::uuid[]) ORDER BY c.expires_on, c.id LIMIT 20"
)
LIST_DUE_NOTICES = Query(
    EndingCertificate,
    _ENDING
    + """
       AND c.expires_on >= :today::date AND p.state IN ('open', 'suspended')
       AND NOT EXISTS (SELECT FROM certificate_notices n WHERE n.certificate_id = c.id
                          AND n.days <= (SELECT min(days) FROM unnest(:stages::integer[]) AS days
                                          WHERE c.expires_on - :today::date <= days))
       AND c.id > :after
     ORDER BY c.id
     LIMIT :limit
    """,
)
ADD_NOTICE = Query(
    int,
    """
    INSERT INTO certificate_notices (certificate_id, days, noticed_at) VALUES (:certificate_id, :days, :now)
    ON CONFLICT DO NOTHING
    RETURNING 1
    """,
)


async def list_ending_certificates(conn: Connection, actor: Actor, *, today: date) -> list[EndingCertificate]:
    """Return the certificates of the actor's producers that end within 90 days or have ended, at most 20."""
    return await LIST_OWN_ENDING.all(
        conn, today=today, stages=list(CERTIFICATE_NOTICE_DAYS), producer_ids=list(actor.producers)
    )


async def notify_ending_certificates(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell sellers of certificates that end within 90, 30 and 7 days, each stage once; return how many messages.

    Opens its own transactions, one for each certificate, so that one that fails delays no other. A certificate that
    comes late into a stage is told of that stage only.
    """
    today, told = get_business_day(now), 0

    async def notify(each: EndingCertificate) -> None:
        nonlocal told
        async with db.transaction() as conn:
            # Nothing is inserted if another worker has told of it, whose transaction this one waits for.
            if await ADD_NOTICE.maybe(conn, certificate_id=each.id, days=each.stage, now=now) is not None:
                told += await _notify_seller(conn, seal, each, today, now)

    async def fail(each: EndingCertificate, error: Exception) -> None:
        log.error("certificate_not_noticed", certificate=str(each.id), exc_info=error)

    after: UUID | None = UUID(int=0)
    while after is not None:
        async with db.connection() as conn:
            due = await LIST_DUE_NOTICES.all(
                conn, today=today, stages=list(CERTIFICATE_NOTICE_DAYS), after=after, limit=_BATCH_SIZE
            )
        await run_each(due, notify, fail)
        after = due[-1].id if due else None
    return told


async def _notify_seller(conn: Connection, seal: Seal, ending: EndingCertificate, today: date, now: datetime) -> bool:
    phone = await get_phone(conn, seal, AccountId(ending.applied_by))
    if phone is None:
        return False
    facts = {
        "name": ending.producer,
        "certificate": CERTIFICATE_NAMES[ending.kind],
        "day": f"{ending.expires_on:%Y-%m-%d}",
        "days": str((ending.expires_on - today).days),
    }
    await queue_message(conn, seal, phone=phone, template="certificate_ending", facts=facts, now=now)
    return True
