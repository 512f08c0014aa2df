"""Decide on a producer: confirm, recommend, approve, refuse, suspend, reopen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from market.catalogue.producers.models import (
    ADMISSION_MOVES,
    DECIDERS,
    PRODUCER_STATE_NAMES,
    STEPS_WITH_REASON,
    AdmissionStep,
    ApplicantRenamed,
    Producer,
    ProducerRow,
    ProducerState,
    ReasonNeeded,
    ReviewerNotIndependent,
    WrongProducerState,
)
from market.catalogue.producers.queries import FIND_VISIBLE_PRODUCER, get_producer
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import list_scopes, require_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.identity.sign_in import get_phone
from market.people.notify.queue import queue_message

MAX_REASON_LENGTH = 300
_ADMISSION_STEPS = frozenset({AdmissionStep.CONFIRM, AdmissionStep.RECOMMEND, AdmissionStep.APPROVE})
_MESSAGES: dict[AdmissionStep, str] = {
    AdmissionStep.CONFIRM: "producer_confirmed",
    AdmissionStep.RECOMMEND: "producer_recommended",
    AdmissionStep.APPROVE: "producer_open",
    AdmissionStep.REFUSE: "producer_refused",
    AdmissionStep.SUSPEND: "producer_suspended",
    AdmissionStep.REOPEN: "producer_reopened",
}

# Of a person, whatever accounts they use. Applying, working for the producer and submitting a certificate exclude from
# every decision.
CHECK_INVOLVEMENT = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM producer_steps
                    WHERE producer_id = :producer_id AND step = ANY(:steps::text[])
                      AND is_same_person(account_id, :account_id))
        OR EXISTS (SELECT FROM producer_members
                    WHERE producer_id = :producer_id AND is_same_person(account_id, :account_id))
        OR EXISTS (SELECT FROM certificates
                    WHERE producer_id = :producer_id AND is_same_person(submitted_by, :account_id))
    """,
)
# The condition on the state serialises concurrent decisions; the same statement inserts the step.
MOVE_PRODUCER = Query(
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
GET_APPLICANT_NAME = Query(str, "SELECT name FROM accounts WHERE id = :account_id")
VERIFY_CERTIFICATES = Query(
    None,
    """
    UPDATE certificates SET verified_at = :now, verified_by = :account_id
     WHERE producer_id = :producer_id AND verified_at IS NULL AND rejected_at IS NULL
       AND (kind <> 'geographical_indication' OR area <> '{}')
       AND (:seen::uuid[] IS NULL OR id = ANY(:seen::uuid[]))
    """,
)
# A function of the catalogue: until when each listing of the producer is certified.
REFRESH_LISTINGS = Query(None, "SELECT refresh_certified_until(:producer_id)")


async def get_visible_producer(conn: Connection, actor: Actor, producer_id: UUID) -> ProducerRow:
    """Return a producer of the actor's divisions, or one that the actor works for.

    Raises:
        NotFound: there is none.
    """
    row = await FIND_VISIBLE_PRODUCER.maybe(
        conn, producer_id=producer_id, producer_ids=list(actor.producers), scopes=list_scopes(actor)
    )
    if row is None:
        raise NotFound
    return row


def _get_deciding_state(step: AdmissionStep, row: ProducerRow) -> ProducerState:
    """Return the state whose deciders may take the step: the current one, or the first from which it starts."""
    states, _ = ADMISSION_MOVES[step]
    return row.state if row.state in states else min(states, key=list(ProducerState).index)


async def require_independent(
    conn: Connection, actor: Actor, producer_id: UUID, step: AdmissionStep | None = None
) -> None:
    """Require that the person neither applied, nor works for the producer, nor submitted a certificate of it.

    An admission step also needs a person who took no earlier one; `step` is None for a certificate.

    Raises:
        ReviewerNotIndependent: the person did.
    """
    steps = [AdmissionStep.APPLY, *(_ADMISSION_STEPS if step in _ADMISSION_STEPS else ())]
    if await CHECK_INVOLVEMENT.one(conn, producer_id=producer_id, account_id=actor.account_id, steps=steps):
        raise ReviewerNotIndependent


async def _require_name(conn: Connection, row: ProducerRow, applicant: str | None) -> None:
    """Require that the applicant has the name that was read; the locked row of the producer keeps it until the end.

    Raises:
        ApplicantRenamed: it is another one.
    """
    name = await GET_APPLICANT_NAME.one(conn, account_id=row.applied_by)
    if applicant is not None and applicant != name:
        raise ApplicantRenamed(name=name)


async def decide_producer(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    *,
    step: AdmissionStep,
    reason: str = "",
    applicant: str | None = None,
    certificates: Sequence[UUID] | None = None,
    now: datetime,
) -> Producer:
    """Take a step on a producer, notify its applicant by message and return it; in the caller's transaction.

    The village confirms, the county recommends, another official of the county or the platform approves; the decider of
    the current state may also refuse. `applicant` is the name that the official read: the person who is admitted is
    paid under it. Approving verifies `certificates`, those that the official read, or without them all so far.

    Raises:
        NotFound: there is no such producer, or it is outside the actor's divisions.
        NotAllowed: another role takes this step.
        SecondFactorRequired: the session has no second factor.
        ReviewerNotIndependent: the actor applied, works for the producer, or took an earlier step.
        ApplicantRenamed: the applicant has another name by now; nothing changes.
        WrongProducerState: the step does not start from the producer's state; nothing changes.
        ReasonNeeded: the reason is longer than 300 characters, or missing for a refusal or suspension.
    """
    row = await get_visible_producer(conn, actor, producer_id)
    if step not in ADMISSION_MOVES:
        raise WrongProducerState(state=PRODUCER_STATE_NAMES[row.state])
    require_role(actor, DECIDERS[_get_deciding_state(step, row)], row.village_code)
    reason = clean_text(reason)
    if (step in STEPS_WITH_REASON and not reason) or len(reason) > MAX_REASON_LENGTH:
        raise ReasonNeeded
    await require_independent(conn, actor, producer_id, step)
    states, into = ADMISSION_MOVES[step]
    try:
        moved = await MOVE_PRODUCER.maybe(
            conn, producer_id=producer_id, states=sorted(states), into=into, step=step,
            account_id=actor.account_id, reason=reason, now=now,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise ReviewerNotIndependent from error
    if moved is None:
        row = await get_visible_producer(conn, actor, producer_id)
        raise WrongProducerState(state=PRODUCER_STATE_NAMES[row.state])
    await _require_name(conn, row, applicant)
    if step is AdmissionStep.APPROVE:
        await VERIFY_CERTIFICATES.run(conn, producer_id=row.id, account_id=actor.account_id, seen=certificates, now=now)
        await REFRESH_LISTINGS.run(conn, producer_id=producer_id)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"producer.{step}",
        object=f"producer:{producer_id}",
        detail={"reason": reason, "from": str(row.state), "to": str(into)},
        now=now,
    )
    await _notify_applicant(conn, seal, row, step, reason=reason, now=now)
    return await get_producer(conn, seal, actor, producer_id)


async def _notify_applicant(
    conn: Connection, seal: Seal, row: ProducerRow, step: AdmissionStep, *, reason: str, now: datetime
) -> None:
    phone = await get_phone(conn, seal, AccountId(row.applied_by))
    if phone is not None:
        facts = {"name": row.name, "reason": reason.rstrip("。")}
        await queue_message(conn, seal, phone=phone, template=_MESSAGES[step], facts=facts, now=now)
