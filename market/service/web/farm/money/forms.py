"""The forms of the page 我的钱: the account, its change, payouts, and what a second person decides."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.sales.payouts.account import enter_payout_account
from market.sales.payouts.account_change import decide_account_change
from market.sales.payouts.large_payouts import LargePayoutState, ask_for_large_payout, decide_large_payout
from market.sales.payouts.models import PayoutAccountKindUnknown, PayoutAccountNumberInvalid, PayoutAccountUnchanged
from market.sales.payouts.pay_out import ask_for_payout
from market.service.http import HttpRequest
from market.service.web.farm.money.page import render_money
from market.service.web.forms import make_form_key, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.services import get_payout_hold, get_services
from payments import AccountKind

_MAX_KEY = 60
_NOBODY = UUID(int=0)


@post("/farm/money/account", include_in_schema=False)
async def submit_account(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Enter the account to which a producer is paid, or change it."""
    form = await read_form(request)
    services = get_services(request)
    try:
        kind = form.get_text("kind") or AccountKind.BANK
        if kind not in set(AccountKind):
            raise PayoutAccountKindUnknown
        account = await enter_payout_account(
            db,
            services.gateway,
            services.seal,
            actor,
            parse_uuid(form.get_text("producer")) or _NOBODY,
            kind=AccountKind(kind),
            number=form.get_text("number"),
            now=clock.now(),
        )
    except (PayoutAccountNumberInvalid, PayoutAccountUnchanged) as refusal:
        typed = {form.get_text("producer"): (form.get_text("kind"), form.get_text("number"))}
        return await render_money(request, db, actor, clock, refusal=refusal, typed=typed)
    except Refusal as refusal:
        return await render_money(request, db, actor, clock, refusal=refusal)
    return redirect(f"/farm/money?said={account.state}")


@post("/farm/money/changes/{change_id:uuid}", include_in_schema=False)
async def submit_change_decision(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    change_id: FromPath[UUID],
) -> Response[Any]:
    """Agree to a change of the account, or refuse it; pressing twice changes nothing."""
    form = await read_form(request)
    consent = form.get_text("decision") == "consent"
    try:
        async with db.transaction() as conn:
            seal = get_services(request).seal
            await decide_account_change(conn, seal, actor, change_id, consent=consent, now=clock.now())
    except Refusal as refusal:
        return await render_money(request, db, actor, clock, refusal=refusal)
    return redirect(f"/farm/money?said={'agreed' if consent else 'kept'}")


@post("/farm/money/payout", include_in_schema=False)
async def submit_payout(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Pay out what a producer is owed; pressing twice pays once."""
    form = await read_form(request)
    producer_id = parse_uuid(form.get_text("producer")) or _NOBODY
    key = form.get_text("key")[:_MAX_KEY] or make_form_key()
    gateway = get_services(request).gateway
    try:
        await ask_for_payout(db, gateway, actor, producer_id, key=key, hold=get_payout_hold(request), now=clock.now())
    except Refusal as refusal:
        return await render_money(request, db, actor, clock, refusal=refusal)
    return redirect("/farm/money?said=asked")


@post("/farm/money/large", include_in_schema=False)
async def submit_large_payout(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Ask for what is owed above the limit of the day; one such payout waits at a time."""
    form = await read_form(request)
    producer_id = parse_uuid(form.get_text("producer")) or _NOBODY
    try:
        async with db.transaction() as conn:
            await ask_for_large_payout(conn, actor, producer_id, hold=get_payout_hold(request), now=clock.now())
    except Refusal as refusal:
        return await render_money(request, db, actor, clock, refusal=refusal)
    return redirect("/farm/money?said=large")


@post("/farm/money/large/{payout_id:uuid}", include_in_schema=False)
async def submit_large_payout_decision(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    payout_id: FromPath[UUID],
) -> Response[Any]:
    """Agree to a payout above the limit, or refuse it; pressing twice pays once."""
    form = await read_form(request)
    services = get_services(request)
    try:
        decided = await decide_large_payout(
            db,
            services.gateway,
            services.seal,
            actor,
            payout_id,
            consent=form.get_text("decision") == "consent",
            hold=get_payout_hold(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        return await render_money(request, db, actor, clock, refusal=refusal)
    consented = decided.state is LargePayoutState.CONSENTED
    return redirect(f"/farm/money?said={'consented' if consented else 'refused'}")


ROUTES = [
    submit_account,
    submit_change_decision,
    submit_payout,
    submit_large_payout,
    submit_large_payout_decision,
]
