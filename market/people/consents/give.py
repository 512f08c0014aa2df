"""Give and withdraw a consent, each in the transaction of the person's scope."""

from datetime import datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, Query
from market.people.audit.record import add_audit_entry
from market.people.consents.models import CONSENT_VERSION, ConsentGivenBefore, ConsentPurpose, PurposeConsent
from market.people.identity.models import AccountId, Actor, NotFound

MAX_CONSENTS = 200

ADD_CONSENT = Query(
    UUID,
    """
    INSERT INTO consents (account_id, purpose, subject_id, text_version, valid_during)
    VALUES (:account_id, :purpose, :subject_id, :text_version, tstzrange(:now::timestamptz, NULL))
    RETURNING id
    """,
)
LIST_CONSENTS = Query(
    PurposeConsent,
    """
    SELECT id, purpose, subject_id, text_version, lower(valid_during) AS given_at FROM consents
     WHERE account_id = :account_id AND upper_inf(valid_during)
     ORDER BY lower(valid_during) DESC LIMIT :limit
    """,
)
# One that is withdrawn in the instant in which it was given ends a moment later: its period is not empty.
END_CONSENT = Query(
    UUID,
    """
    UPDATE consents
       SET valid_during = tstzrange(lower(valid_during),
                                    greatest(:now::timestamptz, lower(valid_during) + interval '1 microsecond'))
     WHERE account_id = :account_id AND purpose = :purpose AND subject_id IS NOT DISTINCT FROM :subject_id
       AND upper_inf(valid_during)
    RETURNING id
    """,
)
END_CONSENTS = Query(
    None,
    """
    UPDATE consents
       SET valid_during = tstzrange(lower(valid_during),
                                    greatest(:now::timestamptz, lower(valid_during) + interval '1 microsecond'))
     WHERE account_id = :account_id AND upper_inf(valid_during)
    """,
)


async def give_consent(
    conn: Connection, actor: Actor, purpose: ConsentPurpose, *, subject_id: UUID | None = None, now: datetime
) -> UUID:
    """Record that the actor consents to the current text of a purpose, and return the id of the consent.

    Raises:
        ConsentGivenBefore: the actor consented to it before; the caller's transaction must not commit.
    """
    try:
        given = await ADD_CONSENT.one(
            conn, account_id=actor.account_id, purpose=purpose, subject_id=subject_id, text_version=CONSENT_VERSION,
            now=now,
        )  # fmt: skip
    except asyncpg.ExclusionViolationError as error:
        raise ConsentGivenBefore from error
    await _audit(conn, actor, "consent.give", purpose, now=now)
    return given


async def end_consent(
    conn: Connection, actor: Actor, purpose: ConsentPurpose, *, subject_id: UUID | None = None, now: datetime
) -> None:
    """Withdraw a consent of the actor's, which ends it now; what was done before stays (个人信息保护法 15).

    Raises:
        NotFound: the actor did not consent to it, or withdrew it before.
    """
    ended = await END_CONSENT.maybe(conn, account_id=actor.account_id, purpose=purpose, subject_id=subject_id, now=now)
    if ended is None:
        raise NotFound
    await _audit(conn, actor, "consent.withdraw", purpose, now=now)


async def end_consents(conn: Connection, account_id: AccountId, *, now: datetime) -> None:
    """Withdraw every consent of a person who closes their account."""
    await END_CONSENTS.run(conn, account_id=account_id, now=now)


async def list_consents(conn: Connection, account_id: AccountId) -> list[PurposeConsent]:
    """Return the consents of a person that stand, the latest first."""
    return await LIST_CONSENTS.all(conn, account_id=account_id, limit=MAX_CONSENTS)


async def _audit(conn: Connection, actor: Actor, action: str, purpose: ConsentPurpose, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"account:{actor.account_id}",
        detail={"purpose": str(purpose)}, now=now,
    )  # fmt: skip
