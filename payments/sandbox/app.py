"""The sandbox's routes: the part of Stripe's API that this library uses, the payer's page, and controls for tests."""

import io
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import segno
from litestar import Litestar, MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from payments.sandbox import balance, disputes, intents, pages, payouts, refunds
from payments.sandbox.faults import Fault, FaultMiddleware, FaultPlan
from payments.sandbox.state import SandboxState
from payments.sandbox.webhooks import WebhookSender
from payments.sandbox.wire import ApiError, JsonObject, paginate, read_form

HttpRequest = Request[Any, Any, State]

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
    "Referrer-Policy": "no-referrer",
}


class WebhookTarget(Struct, frozen=True, forbid_unknown_fields=True):
    """The address of the webhooks, and the secret that signs them."""

    url: str | None
    secret: str = "whsec_sandbox"


class DisputeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A dispute of a payer over an intent, or an inquiry before one."""

    payment_intent: str
    amount: int | None = None
    inquiry: bool = False


class StatusChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The new status of an intent, refund (pending, succeeded, failed), payout (in_transit, paid, failed) or dispute.

    That of a dispute is won, lost or warning_closed.
    """

    status: str
    reason: str | None = None


def _get_state(request: HttpRequest) -> SandboxState:
    return request.app.state["state"]


def _get_base_url(request: HttpRequest) -> str:
    return str(request.base_url).rstrip("/")


def _require_key(request: HttpRequest) -> None:
    if not request.headers.get("authorization", "").startswith("Bearer sk_"):
        raise ApiError(401, "authentication_required", "You did not provide an API key.")


async def _run_once(request: HttpRequest, make: Callable[[JsonObject], JsonObject]) -> Response[JsonObject]:
    """Run a POST once per idempotency key."""
    _require_key(request)
    body = (await request.body()).decode()
    params = read_form(body)
    status, answer = _get_state(request).run_once(
        request.headers.get("idempotency-key"), f"{request.url.path}\n{body}", lambda: make(params)
    )
    return Response(answer, status_code=status)


def _read_query(request: HttpRequest) -> JsonObject:
    _require_key(request)
    return read_form(request.url.query)


@post("/v1/payment_intents")
async def create_intent(request: HttpRequest) -> Response[JsonObject]:
    """Create an intent."""
    return await _run_once(
        request, lambda params: intents.create_intent(_get_state(request), params, _get_base_url(request))
    )


@post("/v1/payment_intents/{ref:str}/confirm")
async def confirm_intent(request: HttpRequest, ref: FromPath[str]) -> Response[JsonObject]:
    """Confirm an intent."""
    return await _run_once(
        request, lambda params: intents.confirm_intent(_get_state(request), ref, params, _get_base_url(request))
    )


@post("/v1/payment_intents/{ref:str}/capture")
async def capture_intent(request: HttpRequest, ref: FromPath[str]) -> Response[JsonObject]:
    """Capture an authorized intent."""
    return await _run_once(request, lambda params: intents.capture_intent(_get_state(request), ref, params))


@post("/v1/payment_intents/{ref:str}/cancel")
async def cancel_intent(request: HttpRequest, ref: FromPath[str]) -> Response[JsonObject]:
    """Cancel an intent."""
    return await _run_once(request, lambda params: intents.cancel_intent(_get_state(request), ref, params))


@get("/v1/payment_intents/search")
async def search_intents(request: HttpRequest) -> JsonObject:
    """Find intents by metadata."""
    return intents.search_intents(_get_state(request), _read_query(request))


@post("/v1/refunds")
async def create_refund(request: HttpRequest) -> Response[JsonObject]:
    """Refund a charge."""
    return await _run_once(request, lambda params: refunds.create_refund(_get_state(request), params))


@post("/v1/transfers")
async def create_transfer(request: HttpRequest) -> Response[JsonObject]:
    """Transfer money to a connected account."""
    return await _run_once(request, lambda params: payouts.create_transfer(_get_state(request), params))


@post("/v1/transfers/{ref:str}/reversals")
async def reverse_transfer(request: HttpRequest, ref: FromPath[str]) -> Response[JsonObject]:
    """Take a transfer back."""
    return await _run_once(request, lambda params: payouts.reverse_transfer(_get_state(request), ref, params))


@post("/v1/accounts")
async def create_account(request: HttpRequest) -> Response[JsonObject]:
    """Create a connected account."""
    return await _run_once(request, lambda params: payouts.create_account(_get_state(request), params))


@post("/v1/payouts")
async def create_payout(request: HttpRequest) -> Response[JsonObject]:
    """Pay out from a connected account."""
    account = request.headers.get("stripe-account")
    return await _run_once(request, lambda params: payouts.create_payout(_get_state(request), account, params))


@get("/v1/payouts")
async def list_payouts(request: HttpRequest) -> JsonObject:
    """List the payouts of a connected account."""
    return payouts.list_payouts(_get_state(request), request.headers.get("stripe-account"), _read_query(request))


@get("/v1/payouts/{ref:str}")
async def retrieve_payout(request: HttpRequest, ref: FromPath[str]) -> JsonObject:
    """Return a payout of a connected account."""
    _read_query(request)
    return payouts.retrieve_payout(_get_state(request), request.headers.get("stripe-account"), ref)


@get("/v1/balance_transactions")
async def list_balance_transactions(request: HttpRequest) -> JsonObject:
    """List balance transactions."""
    return balance.list_balance_transactions(_get_state(request), _read_query(request))


_COLLECTIONS = {
    "payment_intents": "intents",
    "charges": "charges",
    "refunds": "refunds",
    "disputes": "disputes",
    "transfers": "transfers",
    "events": "events",
}


@get([f"/v1/{kind}" for kind in _COLLECTIONS])
async def list_objects(request: HttpRequest) -> JsonObject:
    """List the objects of a kind, optionally those of one intent or of one connected account."""
    params = _read_query(request)
    kind = request.url.path.rsplit("/", 1)[1]
    wanted = {name: params[name] for name in ("payment_intent", "destination") if name in params}
    objects = _get_state(request).list_newest(
        _COLLECTIONS[kind], lambda each: all(each.get(name) == value for name, value in wanted.items())
    )
    return paginate(f"/v1/{kind}", objects, params)


@get([f"/v1/{kind}/{{ref:str}}" for kind in _COLLECTIONS])
async def retrieve_object(request: HttpRequest, ref: FromPath[str]) -> JsonObject:
    """Return one object."""
    _read_query(request)
    return _get_state(request).get(_COLLECTIONS[request.url.path.split("/")[2]], ref)


def _html(text: str, status: int = 200) -> Response[str]:
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=PAGE_HEADERS)


@get("/")
async def home() -> Response[str]:
    """Show what this server is for."""
    return _html(pages.render_home())


@get("/pay/{ref:str}")
async def show_payment(request: HttpRequest, ref: FromPath[str]) -> Response[str]:
    """Show the payer the payment."""
    intent = _get_state(request).objects["intents"].get(ref)
    return _html(pages.render_not_found(), 404) if intent is None else _html(pages.render_payment(intent))


@post("/pay/{ref:str}")
async def submit_payment(request: HttpRequest, ref: FromPath[str]) -> Response[Any]:
    """Pay or abandon the intent, then redirect the payer to the shop."""
    state = _get_state(request)
    if ref not in state.objects["intents"]:
        return _html(pages.render_not_found(), 404)
    pressed = read_form((await request.body()).decode()).get("action")
    intent = intents.pay_intent(state, ref) if pressed == "pay" else intents.abandon_intent(state, ref)
    if intents.shows_code(intent) or not intent["return_url"]:
        return _html(pages.render_status(intent))
    status = "succeeded" if intent["status"] == "succeeded" else "failed"
    back = httpx.URL(str(intent["return_url"])).copy_merge_params({"payment_intent": ref, "redirect_status": status})
    return Response(None, status_code=303, headers={"Location": str(back)})


@get("/qr/{name:str}")
async def render_qr_code(request: HttpRequest, name: FromPath[str]) -> Response[bytes]:
    """Return the QR code of the payer's page, as PNG or SVG."""
    ref, _, kind = name.partition(".")
    _get_state(request).get("intents", ref)
    out = io.BytesIO()
    segno.make_qr(f"{_get_base_url(request)}/pay/{ref}").save(
        out, kind="svg" if kind == "svg" else "png", scale=6, border=4
    )
    return Response(out.getvalue(), media_type="image/svg+xml" if kind == "svg" else "image/png")


@get("/favicon.ico", status_code=204)
async def favicon() -> None:
    """Answer browsers that ask for an icon with an empty response."""


@get("/healthz")
async def healthz() -> dict[str, str]:
    """Return that the sandbox is running."""
    return {"status": "ok"}


@get("/_state")
async def show_state(request: HttpRequest) -> JsonObject:
    """Return every object, for tests."""
    state: SandboxState = _get_state(request)
    sender: WebhookSender = request.app.state["sender"]
    listed = {kind: list(objects.values()) for kind, objects in state.objects.items()}
    return {**listed, "delivered": sender.delivered}


@post("/_faults", status_code=200)
async def set_faults(request: HttpRequest, data: JSONBody[list[Fault]]) -> dict[str, int]:
    """Add faults after those that are set; an empty list clears all."""
    faults: FaultPlan = request.app.state["faults"]
    if not data:
        faults.clear()
    for fault in data:
        faults.add(fault)
    return {"set": len(data)}


@post("/_webhooks", status_code=200)
async def set_webhook(request: HttpRequest, data: JSONBody[WebhookTarget]) -> WebhookTarget:
    """Set the webhook's address."""
    state = _get_state(request)
    state.webhook = {"url": data.url, "secret": data.secret}
    state.schedule_write()
    return data


@post("/_pay/{ref:str}", status_code=200)
async def pay(request: HttpRequest, ref: FromPath[str]) -> JsonObject:
    """Pay an intent, as its payer does on the page."""
    return intents.pay_intent(_get_state(request), ref)


@post("/_abandon/{ref:str}", status_code=200)
async def abandon(request: HttpRequest, ref: FromPath[str]) -> JsonObject:
    """Abandon an intent, as its payer does on the page."""
    return intents.abandon_intent(_get_state(request), ref)


@post("/_intents/{ref:str}", status_code=200)
async def set_intent_status(request: HttpRequest, ref: FromPath[str], data: JSONBody[StatusChange]) -> JsonObject:
    """Set an unpaid intent to processing or requires_action."""
    return intents.set_intent_status(_get_state(request), ref, data.status)


@post("/_refunds/{ref:str}", status_code=200)
async def set_refund_status(request: HttpRequest, ref: FromPath[str], data: JSONBody[StatusChange]) -> JsonObject:
    """Set a refund's status."""
    return refunds.set_refund_status(_get_state(request), ref, data.status, data.reason)


@post("/_payouts/{ref:str}", status_code=200)
async def set_payout_status(request: HttpRequest, ref: FromPath[str], data: JSONBody[StatusChange]) -> JsonObject:
    """Set a payout's status."""
    return payouts.set_payout_status(_get_state(request), ref, data.status, data.reason)


@post("/_disputes", status_code=200)
async def open_dispute(request: HttpRequest, data: JSONBody[DisputeRequest]) -> JsonObject:
    """Open a dispute, as a payer does at their bank."""
    return disputes.open_dispute(_get_state(request), data.payment_intent, data.amount, inquiry=data.inquiry)


@post("/_disputes/{ref:str}", status_code=200)
async def close_dispute(request: HttpRequest, ref: FromPath[str], data: JSONBody[StatusChange]) -> JsonObject:
    """Close a dispute as won, lost or warning_closed."""
    return disputes.close_dispute(_get_state(request), ref, data.status)


def _handle_error(_request: HttpRequest, refused: ApiError) -> Response[JsonObject]:
    return Response({"error": refused.error}, status_code=refused.status)


def create_app(
    folder: Path | None = None, *, webhook_url: str | None = None, webhook_secret: str | None = None
) -> Litestar:
    """Make the sandbox; in `folder` it keeps its state over restarts. Messages go to `webhook_url`, signed."""
    state, faults = SandboxState(folder), FaultPlan()
    sender = WebhookSender(state, faults)
    if webhook_url is not None:
        state.webhook["url"] = webhook_url
    if webhook_secret is not None:
        state.webhook["secret"] = webhook_secret

    @asynccontextmanager
    async def deliver(_app: Litestar) -> AsyncGenerator[None]:
        await sender.open()
        try:
            yield
        finally:
            await sender.close()

    provider = Router(
        "/",
        route_handlers=[
            create_intent,
            search_intents,
            confirm_intent,
            capture_intent,
            cancel_intent,
            create_refund,
            create_account,
            create_transfer,
            reverse_transfer,
            create_payout,
            list_payouts,
            retrieve_payout,
            list_balance_transactions,
            list_objects,
            retrieve_object,
        ],
    )
    controls = [show_state, set_faults, set_webhook, pay, abandon, set_intent_status, set_refund_status]
    controls += [set_payout_status, open_dispute, close_dispute]
    return Litestar(
        route_handlers=[
            provider,
            home,
            show_payment,
            submit_payment,
            render_qr_code,
            favicon,
            healthz,
            *controls,
        ],
        exception_handlers={ApiError: _handle_error},
        middleware=[DefineMiddleware(FaultMiddleware, faults=faults)],
        lifespan=[deliver],
        state=State({"state": state, "sender": sender, "faults": faults}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
