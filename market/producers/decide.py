"""Deciding about a producer: confirm, recommend, approve, refuse, suspend, reopen."""

from datetime import datetime
from uuid import UUID

import asyncpg

from market.audit import record
from market.identity import Actor, NotFound, phone_of, require_role
from market.identity.models import AccountId
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import clean
from market.notify import queue
from market.producers.models import (
    DECIDERS,
    MOVES,
    NEEDS_REASON,
    STATE_NAMES,
    NotNow,
    Producer,
    ProducerRow,
    ReasonNeeded,
    SecondStep,
    State,
    Step,
)
from market.producers.queries import PRODUCER_FOR, get_producer

LONGEST_REASON = 300
_ADMISSION = frozenset({Step.CONFIRM, Step.RECOMMEND, Step.APPROVE})
_MESSAGES: dict[Step, str] = {
    Step.CONFIRM: "producer_confirmed",
    Step.RECOMMEND: "producer_recommended",
    Step.APPROVE: "producer_open",
    Step.REFUSE: "producer_refused",
    Step.SUSPEND: "producer_suspended",
    Step.REOPEN: "producer_reopened",
}

TOOK_A_STEP = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM producer_steps
                    WHERE producer_id = :producer_id AND account_id = :account_id
                      AND step IN ('apply', 'confirm', 'recommend', 'approve'))
        OR EXISTS (SELECT FROM producer_members
                    WHERE producer_id = :producer_id AND account_id = :account_id)
    """,
)
# The state decides between two who press at once; the step's row is written by the same statement.
MOVE = Query(
    UUID,
    """
    WITH moved AS (
        UPDATE producers
           SET state = :into, opened_at = CASE WHEN :into::text = 'open' THEN coalesce(opened_at, :now::timestamptz)
                                               ELSE opened_at END
         WHERE id = :producer_id AND state = ANY(:states::text[])
        RETURNING id)
    INSERT INTO producer_steps (producer_id, step, account_id, reason, at)
    SELECT id, :step, :account_id, :reason, :now::timestamptz FROM moved
    RETURNING producer_id
    """,
)
VERIFY_CERTIFICATES = Query(
    None,
    """
    UPDATE certificates SET verified_at = :now, verified_by = :account_id
     WHERE producer_id = :producer_id AND verified_at IS NULL
    """,
)
VERIFY_CERTIFICATE = Query(
    UUID,
    """
    UPDATE certificates SET verified_at = :now, verified_by = :account_id
     WHERE id = :certificate_id AND producer_id = :producer_id AND verified_at IS NULL
    RETURNING id
    """,
)


async def _seen(conn: Connection, actor: Actor, producer_id: UUID) -> ProducerRow:
    scopes = [grant.scope for grant in actor.grants]
    row = await PRODUCER_FOR.maybe(conn, producer_id=producer_id, own=list(actor.producers), scopes=scopes)
    if row is None:
        raise NotFound
    return row


def _turn_of(step: Step, row: ProducerRow) -> State:
    """Return the state whose deciders take this step: the present one where several are possible."""
    states, _ = MOVES[step]
    return row.state if row.state in states else min(states, key=list(State).index)


async def decide_producer(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, *, step: Step, reason: str = "", now: datetime
) -> Producer:
    """Take a step about a producer, tell its applicant by message, and return it; in the caller's transaction.

    The village confirms, the county recommends, another person of the county or the platform approves; whoever's turn
    it is may refuse. Approving verifies the certificates that were shown.

    Raises:
        NotFound: there is none, or it is outside the person's places.
        NotAllowed: the step is another role's.
        SecondFactorNeeded: the second factor has not been shown.
        SecondStep: the person applied, sells there, or took an earlier step.
        NotNow: the producer does not stand where the step is taken; nothing changes.
        ReasonNeeded: to refuse or suspend without a reason, or with one above 300 characters.
    """
    row = await _seen(conn, actor, producer_id)
    if step not in MOVES:
        raise NotNow(state=STATE_NAMES[row.state])
    require_role(actor, DECIDERS[_turn_of(step, row)], row.village_code)
    reason = clean(reason)
    if (step in NEEDS_REASON and not reason) or len(reason) > LONGEST_REASON:
        raise ReasonNeeded
    if await TOOK_A_STEP.one(conn, producer_id=producer_id, account_id=actor.account_id) and (
        step in _ADMISSION or actor.account_id == row.applied_by or producer_id in actor.producers
    ):
        raise SecondStep
    states, into = MOVES[step]
    try:
        moved = await MOVE.maybe(
            conn,
            producer_id=producer_id,
            states=sorted(states),
            into=into,
            step=step,
            account_id=actor.account_id,
            reason=reason,
            now=now,
        )
    except asyncpg.UniqueViolationError as error:
        raise SecondStep from error
    if moved is None:
        raise NotNow(state=STATE_NAMES[(await _seen(conn, actor, producer_id)).state])
    if step is Step.APPROVE:
        await VERIFY_CERTIFICATES.run(conn, producer_id=producer_id, account_id=actor.account_id, now=now)
    await record(
        conn,
        actor=str(actor.account_id),
        action=f"producer.{step}",
        object=f"producer:{producer_id}",
        detail={"reason": reason, "from": str(row.state), "to": str(into)},
        now=now,
    )
    await _tell(conn, seal, row, step, reason=reason, now=now)
    return await get_producer(conn, actor, producer_id)


async def _tell(conn: Connection, seal: Seal, row: ProducerRow, step: Step, *, reason: str, now: datetime) -> None:
    phone = await phone_of(conn, seal, AccountId(row.applied_by))
    if phone is not None:
        facts = {"name": row.name, "reason": reason.rstrip("。")}
        await queue(conn, seal, phone=phone, template=_MESSAGES[step], facts=facts, now=now)


async def verify_certificate(
    conn: Connection, actor: Actor, producer_id: UUID, certificate_id: UUID, *, now: datetime
) -> None:
    """Note that the county has checked a certificate of a producer.

    Raises:
        NotFound: there is none that waits, or it is outside the person's places.
        NotAllowed: it is the county's to do.
        SecondFactorNeeded: the second factor has not been shown.
        SecondStep: the person sells there.
    """
    row = await _seen(conn, actor, producer_id)
    require_role(actor, DECIDERS[State.OPEN], row.village_code)
    if producer_id in actor.producers or actor.account_id == row.applied_by:
        raise SecondStep
    verified = await VERIFY_CERTIFICATE.maybe(
        conn, certificate_id=certificate_id, producer_id=producer_id, account_id=actor.account_id, now=now
    )
    if verified is None:
        raise NotFound
    await record(
        conn,
        actor=str(actor.account_id),
        action="producer.verify_certificate",
        object=f"producer:{producer_id}",
        detail={"certificate": str(certificate_id)},
        now=now,
    )
