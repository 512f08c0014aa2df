"""`market payments …`: money that went wrong, and its repairs."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter
from msgspec import Struct, to_builtins

from market.people.identity.models import NotSignedIn
from market.sales.aftersales.decide_refund import decide_refund_request
from market.sales.orders.money.money_problems import (
    close_open_discrepancy,
    dismiss_stuck_message,
    load_money_problems,
    reconcile_day,
    record_suspense_returned,
    requeue_stuck_message,
    retry_failed_refund,
)
from market.sales.orders.money.record_transfers import record_repaid, record_transfer
from market.service.app import make_gateway
from market.service.commands.options import As, Json
from market.service.commands.runtime import Runtime, open_runtime, run
from payments.stripe import Stripe

app = App(name="payments")

type Reference = Annotated[str, Parameter(help="The bank's number of the transfer.")]


class PaymentRuntime(Struct, frozen=True):
    """The dependencies of a command that calls the payment provider."""

    runtime: Runtime
    gateway: Stripe


@asynccontextmanager
async def _open(as_: str | None) -> AsyncGenerator[PaymentRuntime]:
    async with open_runtime(as_) as runtime, make_gateway(runtime.settings) as gateway:
        yield PaymentRuntime(runtime, gateway)


def _run(as_: str | None, work: Callable[[PaymentRuntime], Awaitable[object]], *, as_json: bool) -> int:
    async def opened() -> object:
        async with _open(as_) as context:
            return to_builtins(await work(context))

    return run(opened, as_json=as_json)


@app.command
def problems(*, as_: As = None, json: Json = False) -> int:
    """List everything about money that a person has to look at."""

    async def work(context: PaymentRuntime) -> object:
        async with context.runtime.db.transaction() as conn:
            return await load_money_problems(conn, context.runtime.actor)

    return _run(as_, work, as_json=json)


@app.command(name="retry-refund")
def retry_refund(refund: UUID, /, *, as_: As = None, json: Json = False) -> int:
    """Send a failed refund to the provider again."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        ctx.settings.require_provider_key()
        return await retry_failed_refund(ctx.db, context.gateway, ctx.actor, refund, now=ctx.clock.now())

    return _run(as_, work, as_json=json)


@app.command(name="record-repaid")
def record_repaid_(refund: UUID, /, *, reference: Reference, as_: As = None, json: Json = False) -> int:
    """Record that a failed refund was paid by bank transfer; it counts once another person recorded the same number."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            return await record_repaid(conn, ctx.actor, refund, reference=reference, now=ctx.clock.now())

    return _run(as_, work, as_json=json)


@app.command(name="decide-refund")
def decide_refund_(
    request: UUID,
    /,
    *,
    consent: Annotated[bool, Parameter(name="--consent", negative="--refuse", help="Consent, or refuse.")],
    note: Annotated[str, Parameter(help="The reason.")] = "",
    as_: As = None,
    json: Json = False,
) -> int:
    """Decide on a refund by a seller that waits for a second person."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        if ctx.actor is None:
            raise NotSignedIn
        return await decide_refund_request(
            ctx.db, context.gateway, ctx.actor, request, consent=consent, note=note, now=ctx.clock.now()
        )

    return _run(as_, work, as_json=json)


@app.command
def requeue(message: str, /, *, as_: As = None, json: Json = False) -> int:
    """Queue a dead message of the provider again, after its cause was removed."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            await requeue_stuck_message(conn, context.gateway, ctx.actor, message, now=ctx.clock.now())
        return {"outcome": "ok", "message": message}

    return _run(as_, work, as_json=json)


@app.command
def dismiss(
    message: str,
    /,
    *,
    note: Annotated[str, Parameter(help="The reason.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Close a dead message of the provider that concerns nothing of ours, or was settled otherwise."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            await dismiss_stuck_message(conn, context.gateway, ctx.actor, message, note=note, now=ctx.clock.now())
        return {"outcome": "ok", "message": message}

    return _run(as_, work, as_json=json)


@app.command(name="close-discrepancy")
def close_discrepancy(
    discrepancy: UUID,
    /,
    *,
    note: Annotated[str, Parameter(help="The reason.")],
    key: Annotated[str | None, Parameter(help="Key of the ledger transaction that corrects it.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Close a discrepancy between statement and ledger."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            await close_open_discrepancy(conn, ctx.actor, discrepancy, note=note, key=key, now=ctx.clock.now())
        return {"outcome": "ok", "discrepancy": str(discrepancy)}

    return _run(as_, work, as_json=json)


@app.command(name="return-suspense")
def return_suspense_(charge: str, /, *, reference: Reference, as_: As = None, json: Json = False) -> int:
    """Record that money in suspense went back to its payer."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            await record_suspense_returned(conn, ctx.actor, charge, reference=reference, now=ctx.clock.now())
        return {"outcome": "ok", "charge": charge}

    return _run(as_, work, as_json=json)


@app.command(name="record-transfer")
def record_transfer_(order: int, /, *, reference: Reference, as_: As = None, json: Json = False) -> int:
    """Record that the bank transfer for an order arrived; it counts once another person recorded the same number."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        async with ctx.db.transaction() as conn:
            return await record_transfer(conn, ctx.actor, order, reference=reference, now=ctx.clock.now())

    return _run(as_, work, as_json=json)


@app.command
def reconcile(
    day: Annotated[date | None, Parameter(help="The day, such as 2026-11-25; by default yesterday.")] = None,
    /,
    *,
    json: Json = False,
) -> int:
    """Compare the provider's statement of a day with the ledger; prints the new discrepancies."""

    async def work(context: PaymentRuntime) -> object:
        ctx = context.runtime
        ctx.settings.require_provider_key()
        chosen = day or date.fromordinal(ctx.clock.today().toordinal() - 1)
        found = await reconcile_day(ctx.db, context.gateway, chosen, now=ctx.clock.now())
        return {"outcome": "ok", "day": chosen.isoformat(), "discrepancies": found}

    return _run(None, work, as_json=json)
