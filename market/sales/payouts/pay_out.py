"""Pay out what a producer is owed: by schedule above a minimum, or when its owner asks."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.people.notify.notifications import notify_producer
from market.places.counties.load import load_county_settings
from market.places.counties.settings import DEFAULT_MEDIATION_DAYS
from market.sales.orders.escrow import get_freight_account, get_payable_account, get_payee
from market.sales.orders.mark_paid import log_failed_event
from market.sales.orders.returnable import get_first_returnable
from market.sales.payouts.account import FIND_PAYOUT_ACCOUNT, PayoutAccount, PayoutAccountState, find_account_holder
from market.sales.payouts.models import NothingToPayOut, PayoutAccountMissing, PayoutAccountOwnerOnly
from market.sales.payouts.producer_locks import LOCK_PAID_PRODUCER, PaidProducer
from payments import (
    Gateway,
    PaymentEvent,
    Payout,
    ProviderMismatch,
    find_payout,
    get_balance,
    handle_events,
    list_failed_payouts,
    request_payout,
    send_payout,
    sum_requested_payouts,
)
from payments.ledger.journal import Leg
from payments.money import format_yuan

log = structlog.get_logger()

PAYOUT_TOPICS = ("payout.in_transit", "payout.paid", "payout.failed")
FAILURE_TEXTS = {
    "account_closed": "账户已经销户",
    "no_account": "银行没有这个账户",
    "payouts_not_allowed": "账户没有通过核对",
    "never_arrived": "没有送到支付平台",
    "bank_account_verification_failed": "户名和账号对不上",
}
UNKNOWN_FAILURE = "银行没有收下"


class PayoutLimits(Struct, frozen=True, kw_only=True):
    """From how much a producer is paid without asking, and how much is paid out in a day at most."""

    min_fen: Fen
    limit_fen: Fen


class PayoutHold(Struct, frozen=True, kw_only=True):
    """How long after its receipt a parcel may be claimed, or returned if it is not perishable, and is not paid out."""

    claim_hours: int
    return_days: int


_PIECE = 1_000
_SLACK = timedelta(hours=1)
"""It covers a request at the last moment, by a clock that is slow, that commits later."""

LIST_PAYABLE_PRODUCERS = Query(
    UUID,
    """
    SELECT producer_id FROM payout_accounts
     WHERE state = 'active' AND producer_id > :after ORDER BY producer_id LIMIT :piece
    """,
)
GET_PAID_PRODUCER = Query(PaidProducer, "SELECT id, number, county_code FROM producers WHERE id = :producer_id")
SUM_KEPT_BACK = Query(
    int, "SELECT sum_kept_back(:producer_id, :claims_since, :returns_since, :moment, :mediation_days)"
)
FIND_PRODUCER_BY_NUMBER = Query(UUID, "SELECT id FROM producers WHERE number = :number")


def describe_failure(reason: str | None) -> str:
    """Describe to a seller why a payout did not arrive, or why an account was rejected."""
    return FAILURE_TEXTS.get(reason or "", UNKNOWN_FAILURE)


async def get_payout_limits(conn: Connection, county_code: str, *, now: datetime) -> PayoutLimits:
    """Return the limits of a county today."""
    settings = await load_county_settings(conn, county_code, day=get_business_day(now))
    return PayoutLimits(min_fen=Fen(settings.payout_min_fen), limit_fen=Fen(settings.payout_limit_fen))


async def sum_kept_back(conn: Connection, producer_id: UUID, hold: PayoutHold, *, now: datetime) -> Fen:
    """Return what is owed but not paid yet, in fen.

    Buyers may still claim it, return it or have it mediated, or ask it back.
    """
    moment = now - _SLACK
    kept_fen = await SUM_KEPT_BACK.one(
        conn,
        producer_id=producer_id,
        claims_since=moment - timedelta(hours=hold.claim_hours),
        returns_since=get_first_returnable(days=hold.return_days, now=moment),
        moment=moment,
        mediation_days=DEFAULT_MEDIATION_DAYS,
    )
    return Fen(kept_fen)


class PayoutRoom(Struct, frozen=True, kw_only=True):
    """What may be paid out now: of `available_fen`, `left_fen` without a second person, the limit of the day."""

    available_fen: Fen
    left_fen: Fen

    @property
    def large_fen(self) -> Fen:
        """What is available above the limit of the day."""
        return Fen(max(self.available_fen - self.left_fen, 0))


async def get_payout_room(conn: Connection, producer_id: UUID, hold: PayoutHold, *, now: datetime) -> PayoutRoom:
    """Return what may be paid out to a producer now, without what is kept back for buyers."""
    producer = await GET_PAID_PRODUCER.one(conn, producer_id=producer_id)
    parts = await _list_available(conn, producer, hold, now=now)
    return PayoutRoom(
        available_fen=Fen(sum(fen for _, fen in parts)), left_fen=await _get_left(conn, producer, now=now)
    )


async def ask_for_payout(
    db: Database, gateway: Gateway, actor: Actor, producer_id: UUID, *, key: str, hold: PayoutHold, now: datetime
) -> Payout:
    """Pay out what a producer is owed because its owner asks; opens its own transactions. Idempotent by `key`.

    At most the county's `payout_limit_fen` is paid in a day; for more see `ask_for_large_payout`. If the provider does
    not answer, a job sends it later.

    Raises:
        NotFound: the actor does not work for the producer.
        PayoutAccountOwnerOnly: the actor is not its owner.
        PayoutAccountMissing: the producer has no account that was checked.
        NothingToPayOut: nothing is owed but what buyers claim or may claim, or the limit of the day is reached.
    """
    async with db.transaction() as conn:
        if await find_account_holder(conn, actor, producer_id, now=now) is None:
            raise PayoutAccountOwnerOnly
        payout = await take_owed(
            conn, gateway, producer_id, key=f"asked:{producer_id}:{key}", min_fen=Fen(1), hold=hold, now=now
        )
        if payout is None:
            raise NothingToPayOut
        await add_audit_entry(
            conn,
            actor=str(actor.account_id),
            action="payout.ask",
            object=f"producer:{producer_id}",
            detail={"payout": str(payout.id), "amount_fen": payout.amount_minor},
            now=now,
        )
    await send_taken(db, gateway, payout, now=now)
    return payout


async def pay_out_due(db: Database, gateway: Gateway, *, hold: PayoutHold, now: datetime) -> int:
    """Pay every producer that is owed at least its county's minimum, once a day; return how many payouts were made.

    Producers are read 1,000 at a time. One with a failed payout is not paid by schedule until one that its owner asked
    for arrived. A failure of one producer does not block the others.
    """
    made = 0
    due: list[UUID] = [UUID(int=0)]
    while due:
        async with db.connection() as conn:
            due = await LIST_PAYABLE_PRODUCERS.all(conn, after=due[-1], piece=_PIECE)
        for producer_id in due:
            try:
                async with db.transaction() as conn:
                    key = f"scheduled:{producer_id}:{get_business_day(now)}"
                    payout = await take_owed(conn, gateway, producer_id, key=key, hold=hold, now=now)
                if payout is not None:
                    await send_taken(db, gateway, payout, now=now)
                    made += 1
            except Exception:
                log.exception("payout_not_made", producer=str(producer_id))
    return made


async def take_owed(
    conn: Connection,
    gateway: Gateway,
    producer_id: UUID,
    *,
    key: str,
    min_fen: Fen | None = None,
    max_fen: Fen | None = None,
    hold: PayoutHold,
    now: datetime,
) -> Payout | None:
    """Request a payout of what the producer is owed; None if that is below the minimum.

    What buyers may still claim or return, and what they ask back, is kept back for them. Without `min_fen`, the
    county's minimum applies, and nothing is paid after a failure; without `max_fen`, the county's limit of the day.

    Raises:
        PayoutAccountMissing: the producer has no account that was checked.
    """
    producer = await LOCK_PAID_PRODUCER.one(conn, producer_id=producer_id)
    account: PayoutAccount | None = await FIND_PAYOUT_ACCOUNT.maybe(conn, producer_id=producer_id)
    if account is None or account.state is not PayoutAccountState.ACTIVE or account.destination is None:
        raise PayoutAccountMissing
    payee = get_payee(producer.number)
    known = await find_payout(conn, key=key)
    if known is not None:
        return known
    if min_fen is None and await list_failed_payouts(conn, payee=payee):
        return None
    left = await _get_left(conn, producer, now=now) if max_fen is None else max_fen
    legs: list[Leg] = []
    for code, available in await _list_available(conn, producer, hold, now=now):
        taken = min(available, left)
        legs += [(code, -taken)] if taken else []
        left = Fen(left - taken)
    if min_fen is None:
        min_fen = (await get_payout_limits(conn, producer.county_code, now=now)).min_fen
    if -sum(minor for _, minor in legs) < min_fen:
        return None
    return await request_payout(
        conn,
        gateway,
        payee=payee,
        destination=account.destination,
        legs=legs,
        key=key,
        at=now,
    )


async def _get_left(conn: Connection, producer: PaidProducer, *, now: datetime) -> Fen:
    """Return what is left of the limit of the day; every payout of the day counts."""
    limits = await get_payout_limits(conn, producer.county_code, now=now)
    since = get_day_start(get_business_day(now))
    return Fen(max(limits.limit_fen - await sum_requested_payouts(conn, get_payee(producer.number), since=since), 0))


async def _list_available(
    conn: Connection, producer: PaidProducer, hold: PayoutHold, *, now: datetime
) -> list[tuple[str, Fen]]:
    """Return what may be taken of each account of the producer; what is kept back is kept back of the goods."""
    goods, freight = get_payable_account(producer.number), get_freight_account(producer.number)
    # Before and after the balances: a refund in between lowers both, a release raises both.
    kept_before = await sum_kept_back(conn, producer.id, hold, now=now)
    owed, carried = await get_balance(conn, goods), await get_balance(conn, freight)
    kept_fen = max(kept_before, await sum_kept_back(conn, producer.id, hold, now=now))
    return [(goods, Fen(max(owed - kept_fen, 0))), (freight, Fen(max(carried, 0)))]


async def send_taken(db: Database, gateway: Gateway, payout: Payout, *, now: datetime) -> None:
    """Send a payout that was taken; if the provider does not answer, a job sends it later."""
    with suppress(GatewayUnavailable, ProviderMismatch):
        await send_payout(db, gateway, payout.id, at=now)


async def apply_payout_events(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell owners what arrived and what did not, one event a transaction; return how many were applied.

    A failed event is retried after a delay that doubles and does not block the others.
    """

    async def apply(conn: Connection, event: PaymentEvent) -> None:
        await _apply_event(conn, seal, event, now)

    return len(await handle_events(db, PAYOUT_TOPICS, apply, failed=log_failed_event))


async def _apply_event(conn: Connection, seal: Seal, event: PaymentEvent, now: datetime) -> None:
    producer_id = await FIND_PRODUCER_BY_NUMBER.maybe(conn, number=int(str(event.facts["payee"])))
    facts = {"amount": format_yuan(int(event.facts["minor"] or 0))}
    if producer_id is not None and event.topic == "payout.paid":
        await notify_producer(conn, seal, producer_id, "payout_paid", facts, now=now)
    elif producer_id is not None and event.topic == "payout.failed":
        facts["reason"] = describe_failure(str(event.facts["reason"]))
        await notify_producer(conn, seal, producer_id, "payout_failed", facts, now=now)
