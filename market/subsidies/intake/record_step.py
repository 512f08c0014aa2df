"""Record a step of a lead, which moves it; the schema refuses what is not allowed (`take_lead_step`)."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.subsidies.intake.models import (
    STATE_NAMES,
    ConsentMissing,
    LeadMoved,
    LeadState,
    LeadStep,
    NoticeNotEnded,
    ObjectionWaiting,
    SecondLeadDuty,
    Vote,
)
from market.subsidies.intake.views import OPINION_CONTEXT

_MOVED, _SECOND_DUTY, _NOTICE_NOT_ENDED, _NO_CONSENT, _OBJECTION = "P0140", "P0141", "P0142", "P0145", "P0146"
"""The errors of the trigger `take_lead_step`."""

ADD_STEP = Query(
    UUID,
    """
    INSERT INTO lead_steps (lead_id, step, before, after, account_id, opinion_sealed, attended, agreed, notice,
                            effective_on, at)
    VALUES (:lead_id, :step, :before, :after, :account_id, :opinion_sealed, :attended, :agreed, :notice,
            :effective_on, :now)
    RETURNING id
    """,
)
GET_NOTICE_END = Query(date, "SELECT upper(notice) FROM leads WHERE id = :lead_id")
GET_STATE = Query(str, "SELECT state FROM leads WHERE id = :lead_id")


async def record_step(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    lead_id: UUID,
    *,
    step: LeadStep,
    before: LeadState,
    after: LeadState,
    opinion: str,
    vote: Vote | None = None,
    notice: "asyncpg.Range[date] | None" = None,
    effective_on: date | None = None,
    now: datetime,
) -> None:
    """Record a step of a visible lead; who takes it, by whatever account, has no other duty of it.

    Raises:
        LeadMoved: the lead is not in the state `before`.
        SecondLeadDuty: the person has another duty of the lead, applied, or belongs to its household.
        NoticeNotEnded: the township and the county wait for the end of the notice.
        ObjectionWaiting: they also wait for the answers to objections.
        ConsentMissing: the county enrols nobody without the household's consent.
    """
    attempt = conn.transaction()
    await attempt.start()
    try:
        await ADD_STEP.one(
            conn,
            lead_id=lead_id,
            step=step,
            before=before,
            after=after,
            account_id=actor.account_id,
            opinion_sealed=seal.seal(opinion, OPINION_CONTEXT) if opinion else None,
            attended=vote.attended if vote else None,
            agreed=vote.agreed if vote else None,
            notice=notice,
            effective_on=effective_on,
            now=now,
        )
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _MOVED:
            raise LeadMoved(state=STATE_NAMES[await GET_STATE.one(conn, lead_id=lead_id)]) from error
        if error.sqlstate == _SECOND_DUTY:
            raise SecondLeadDuty from error
        if error.sqlstate == _NO_CONSENT:
            raise ConsentMissing from error
        if error.sqlstate == _OBJECTION:
            raise ObjectionWaiting from error
        if error.sqlstate == _NOTICE_NOT_ENDED:
            raise NoticeNotEnded(until=await GET_NOTICE_END.one(conn, lead_id=lead_id)) from error
        raise
    await attempt.commit()
