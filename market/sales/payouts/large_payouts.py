"""Payouts above the limit of a day: the owner asks, a second person agrees, and what is still owed of it is paid."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Database, Fen, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_money_scopes, require_producer, require_second_person_role
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_producer
from market.sales.payouts.account import find_account_holder
from market.sales.payouts.models import (
    LargePayoutEnded,
    LargePayoutWaiting,
    NothingToPayOut,
    OtherPersonNeeded,
    PayoutAccountOwnerOnly,
)
from market.sales.payouts.pay_out import PayoutHold, get_payout_room, send_taken, take_owed
from payments import Gateway, Payout
from payments.money import format_yuan

MAX_NOTE_LENGTH = 200


class LargePayoutState(StrEnum):
    """The states of a payout above the limit."""

    WAITING = "waiting"
    CONSENTED = "consented"
    REFUSED = "refused"


class LargePayout(Struct, frozen=True, kw_only=True):
    """A payout above the limit of a day; `own`: the reader asked for it, by this or another account."""

    id: UUID
    producer_id: UUID
    producer_name: str
    county_code: str
    amount_fen: Fen
    requester: str
    requested_at: datetime
    state: LargePayoutState
    decided_at: datetime | None
    note: str
    own: bool


_SELECT = """
    SELECT w.id, producer_id, producers.name AS producer_name, county_code, amount_fen, accounts.name AS requester,
           requested_at, w.state, decided_at, note,
           coalesce(is_same_person(requested_by, :account_id::uuid), false) AS own
      FROM large_payouts w
      JOIN producers ON producers.id = producer_id
      JOIN accounts ON accounts.id = requested_by
"""
FIND_LARGE_PAYOUT = Query(LargePayout, _SELECT + " WHERE producer_id = :producer_id ORDER BY w.id DESC LIMIT 1")
LOCK_LARGE_PAYOUT = Query(LargePayout, _SELECT + " WHERE w.id = :payout_id FOR NO KEY UPDATE OF w")
LIST_WAITING_LARGE_PAYOUTS = Query(
    LargePayout,
    _SELECT
    + """
     WHERE w.state = 'waiting'
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(county_code, scope))
     ORDER BY w.id
     LIMIT 1000
    """,
)
ADD_LARGE_PAYOUT = Query(
    UUID,
    """
    INSERT INTO large_payouts (producer_id, amount_fen, requested_by, requested_at)
    VALUES (:producer_id, :amount_fen, :account_id, :now)
    ON CONFLICT (producer_id) WHERE state = 'waiting' DO NOTHING
    RETURNING id
    """,
)
DECIDE_LARGE_PAYOUT = Query(
    None,
    """
    UPDATE large_payouts SET state = :state, decided_by = :account_id, decided_at = :now, note = :note
     WHERE id = :payout_id
    """,
)


async def find_large_payout(conn: Connection, actor: Actor, producer_id: UUID) -> LargePayout | None:
    """Return a producer's latest payout above the limit, or None.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await FIND_LARGE_PAYOUT.maybe(conn, producer_id=producer_id, account_id=actor.account_id)


async def list_waiting_large_payouts(conn: Connection, actor: Actor) -> list[LargePayout]:
    """Return the payouts in the official's counties that wait for a second person, oldest first; at most 1,000.

    Raises:
        NotAllowed, SecondFactorRequired: the actor may not repair money.
    """
    scopes = require_money_scopes(actor)
    return await LIST_WAITING_LARGE_PAYOUTS.all(conn, scopes=scopes, account_id=actor.account_id)


async def ask_for_large_payout(
    conn: Connection, actor: Actor, producer_id: UUID, *, hold: PayoutHold, now: datetime
) -> LargePayout:
    """Ask that what is owed above the limit of the day is paid, which waits for a second person.

    It moves no money. The caller owns the transaction.

    Raises:
        NotFound: the actor does not work for the producer.
        PayoutAccountOwnerOnly: the actor is not its owner.
        NothingToPayOut: nothing is owed above the limit.
        LargePayoutWaiting: such a payout waits already.
    """
    if await find_account_holder(conn, actor, producer_id, now=now) is None:
        raise PayoutAccountOwnerOnly
    room = await get_payout_room(conn, producer_id, hold, now=now)
    if not room.large_fen:
        raise NothingToPayOut
    added = await ADD_LARGE_PAYOUT.maybe(
        conn, producer_id=producer_id, amount_fen=room.large_fen, account_id=actor.account_id, now=now
    )
    if added is None:
        raise LargePayoutWaiting
    await _audit(
        conn, actor, "large_payout.ask", producer_id=producer_id, payout_id=added, amount_fen=room.large_fen, now=now
    )
    return await FIND_LARGE_PAYOUT.one(conn, producer_id=producer_id, account_id=actor.account_id)


async def decide_large_payout(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    actor: Actor,
    payout_id: UUID,
    *,
    consent: bool,
    note: str = "",
    hold: PayoutHold,
    now: datetime,
) -> LargePayout:
    """Agree to a payout above the limit, which is then made, or refuse it; opens its own transactions.

    What is paid is at most what was asked for, and at most what may be paid out now. The person who asked may only
    refuse, which withdraws it. Repeating a decision changes nothing. `note` is cut to 200 characters.

    Raises:
        NotFound: there is none, or the actor is neither of the producer nor of its county's finance.
        SecondFactorRequired: an official's session has no second factor.
        OtherPersonNeeded: the actor asked for it, by this or another account.
        LargePayoutEnded: it was decided otherwise.
        NothingToPayOut: nothing may be paid out any more; it goes on waiting.
        PayoutAccountMissing: the producer has no account any more.
    """
    payout: Payout | None = None
    async with db.transaction() as conn:
        waiting = await _lock_waiting(conn, actor, payout_id, consent=consent)
        state = LargePayoutState.CONSENTED if consent else LargePayoutState.REFUSED
        if waiting.state is state:
            return waiting
        note = note.strip()[:MAX_NOTE_LENGTH]
        await DECIDE_LARGE_PAYOUT.run(
            conn, payout_id=payout_id, state=state, account_id=actor.account_id, note=note, now=now
        )
        if consent:
            payout = await _take(conn, gateway, waiting, hold=hold, now=now)
        elif not waiting.own:
            facts = {"amount": format_yuan(waiting.amount_fen), "reason": note or "没有写原因"}
            await notify_producer(conn, seal, waiting.producer_id, "large_payout_refused", facts, now=now)
        await _audit(
            conn,
            actor,
            "large_payout.consent" if consent else "large_payout.refuse",
            producer_id=waiting.producer_id,
            payout_id=payout_id,
            amount_fen=waiting.amount_fen if payout is None else Fen(payout.amount_minor),
            now=now,
        )
    if payout is not None:
        await send_taken(db, gateway, payout, now=now)
    return replace(waiting, state=state, decided_at=now, note=note)


async def _lock_waiting(conn: Connection, actor: Actor, payout_id: UUID, *, consent: bool) -> LargePayout:
    """Lock a payout that the actor may decide, or one that was decided the same way."""
    found = await LOCK_LARGE_PAYOUT.maybe(conn, payout_id=payout_id, account_id=actor.account_id)
    if found is None:
        raise NotFound
    require_second_person_role(actor, found.producer_id, found.county_code)
    if found.state is (LargePayoutState.CONSENTED if consent else LargePayoutState.REFUSED):
        return found
    if found.state is not LargePayoutState.WAITING:
        raise LargePayoutEnded
    if consent and found.own:
        raise OtherPersonNeeded
    return found


async def _take(conn: Connection, gateway: Gateway, waiting: LargePayout, *, hold: PayoutHold, now: datetime) -> Payout:
    """Take what is still owed of what was asked for.

    Raises:
        NothingToPayOut: nothing may be paid out any more.
    """
    payout = await take_owed(
        conn,
        gateway,
        waiting.producer_id,
        key=f"large:{waiting.id}",
        min_fen=Fen(1),
        max_fen=waiting.amount_fen,
        hold=hold,
        now=now,
    )
    if payout is None:
        raise NothingToPayOut
    return payout


async def _audit(
    conn: Connection,
    actor: Actor,
    action: str,
    *,
    producer_id: UUID,
    payout_id: UUID,
    amount_fen: Fen,
    now: datetime,
) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"producer:{producer_id}",
        detail={"large_payout": str(payout_id), "amount_fen": amount_fen},
        now=now,
    )
