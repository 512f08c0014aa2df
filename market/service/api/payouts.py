"""A producer's payouts: its account and the change of it, what it was paid, and payouts above the limit of a day."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.structs import build_from
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.orders.escrow import get_payee
from market.sales.payouts.account import (
    PayoutAccount,
    PayoutAccountState,
    enter_payout_account,
    find_account_change,
    find_payout_account,
)
from market.sales.payouts.account_change import decide_account_change
from market.sales.payouts.large_payouts import (
    MAX_NOTE_LENGTH,
    LargePayout,
    ask_for_large_payout,
    decide_large_payout,
    find_large_payout,
)
from market.sales.payouts.pay_out import PayoutHold, ask_for_payout
from market.sales.payouts.statement import GET_PRODUCER_NUMBER
from market.service.api.idempotency import get_idempotency_key
from market.service.http import HttpRequest
from payments import AccountKind, GuardedGateway, Payout, PayoutState, list_payouts

MAX_PAYOUTS = 100


class PayoutAccountRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An account of the producer's owner; its holder is the owner, or the company, and is not sent."""

    number: Annotated[str, Meta(max_length=60)]
    kind: AccountKind = AccountKind.BANK


class PayoutDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """The decision of a second person, with a reason for the owner if it is against."""

    consent: bool
    note: Annotated[str, Meta(max_length=MAX_NOTE_LENGTH)] = ""


class PayoutAccountView(Struct, frozen=True, kw_only=True):
    """An account without its number; a change is used from `usable_at` on, once somebody agreed (`decided_at`)."""

    id: UUID
    kind: AccountKind
    holder: str
    tail: str
    state: PayoutAccountState
    reason: str | None
    entered_at: datetime
    usable_at: datetime | None
    decided_at: datetime | None


class PayoutView(Struct, frozen=True, kw_only=True):
    """A payout: on its way until the bank confirmed it (`paid_at`) or refused it (`failed_at`, with the `reason`)."""

    id: UUID
    amount_fen: Fen
    state: PayoutState
    reason: str | None
    created_at: datetime
    paid_at: datetime | None
    failed_at: datetime | None


class ProducerPayouts(Struct, frozen=True, kw_only=True):
    """Where a producer is paid, what waits for a second person, and its payouts, newest first; at most 100."""

    account: PayoutAccountView | None
    change: PayoutAccountView | None
    large_payout: LargePayout | None
    payouts: list[PayoutView]


class ProducerPayoutController(Controller):
    """A producer's payouts, for its members; its owner enters the account and asks."""

    path = "/api/v1/producers/{producer_id:uuid}"
    tags = ("payouts",)

    @get("/payouts", operation_id="GetPayouts")
    async def payouts(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
    ) -> ProducerPayouts:
        """Return the producer's account, its latest change and payout above the limit, and its payouts."""
        require_producer(actor, producer_id)
        async with db.connection() as conn:
            number = await GET_PRODUCER_NUMBER.one(conn, producer_id=producer_id)
            return ProducerPayouts(
                account=_present_account(await find_payout_account(conn, actor, producer_id)),
                change=_present_account(await find_account_change(conn, actor, producer_id)),
                large_payout=await find_large_payout(conn, actor, producer_id),
                payouts=[
                    _present_payout(each) for each in await list_payouts(conn, get_payee(number), limit=MAX_PAYOUTS)
                ],
            )

    @post("/payout-account", operation_id="EnterPayoutAccount", status_code=200)
    async def enter_account(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        data: JSONBody[PayoutAccountRequest],
    ) -> PayoutAccountView:
        """Enter the producer's account, which the provider checks, or change it.

        A changed account is used three days later or more, once a second person agreed.
        """
        account = await enter_payout_account(
            db, gateway, seal, actor, producer_id, kind=data.kind, number=data.number, now=clock.now()
        )
        return build_from(PayoutAccountView, account)

    @post("/payouts", operation_id="AskForPayout", idempotent=True, status_code=200)
    async def ask(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        producer_id: FromPath[UUID],
    ) -> PayoutView:
        """Pay out what the producer is owed, up to the limit of the day."""
        key = get_idempotency_key(request)
        payout = await ask_for_payout(
            db, gateway, actor, producer_id, key=key, hold=_get_hold(settings), now=clock.now()
        )
        return _present_payout(payout)

    @post("/large-payouts", operation_id="AskForLargePayout", status_code=201)
    async def ask_above_limit(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        producer_id: FromPath[UUID],
    ) -> LargePayout:
        """Ask for what the producer is owed above the limit of the day; one such payout waits at a time."""
        async with db.transaction() as conn:
            return await ask_for_large_payout(conn, actor, producer_id, hold=_get_hold(settings), now=clock.now())


@post(
    "/api/v1/payout-accounts/{account_id:uuid}/decision",
    operation_id="DecidePayoutAccount",
    status_code=200,
    tags=["payouts"],
)
async def decide_account(
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    clock: NamedDependency[Clock],
    account_id: FromPath[UUID],
    data: JSONBody[PayoutDecision],
) -> PayoutAccountView:
    """Agree to the change of an account or refuse it, as another person of the producer or as the county's finance."""
    async with db.transaction() as conn:
        decided = await decide_account_change(conn, seal, actor, account_id, consent=data.consent, now=clock.now())
    return build_from(PayoutAccountView, decided)


@post(
    "/api/v1/large-payouts/{payout_id:uuid}/decision",
    operation_id="DecideLargePayout",
    status_code=200,
    tags=["payouts"],
)
async def decide_payout(
    *,
    db: NamedDependency[Database],
    gateway: NamedDependency[GuardedGateway],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    payout_id: FromPath[UUID],
    data: JSONBody[PayoutDecision],
) -> LargePayout:
    """Agree to a payout above the limit, which is then made, or refuse it."""
    return await decide_large_payout(
        db,
        gateway,
        seal,
        actor,
        payout_id,
        consent=data.consent,
        note=data.note,
        hold=_get_hold(settings),
        now=clock.now(),
    )


def _get_hold(settings: Settings) -> PayoutHold:
    return PayoutHold(claim_hours=settings.claim_hours, return_days=settings.return_days)


def _present_account(account: PayoutAccount | None) -> PayoutAccountView | None:
    return None if account is None else build_from(PayoutAccountView, account)


def _present_payout(payout: Payout) -> PayoutView:
    return build_from(PayoutView, payout, amount_fen=Fen(payout.amount_minor))


ROUTES = [ProducerPayoutController, decide_account, decide_payout]
