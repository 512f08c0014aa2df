"""The sandbox's routes: Stripe's interface as far as this library uses it, the payer's page, the tests' controls."""

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

from payments.sandbox import gives, intents, pages
from payments.sandbox.faults import Fault, Faults, FaultyGate
from payments.sandbox.hooks import Hooks
from payments.sandbox.wire import Refused, Thing, page, read_form
from payments.sandbox.world import World

Asked = Request[Any, Any, State]

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
    "Referrer-Policy": "no-referrer",
}


class Hook(Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go, and what they are signed with."""

    url: str | None
    secret: str = "whsec_sandbox"  # noqa: S105 - a sample, for a server that moves no money


class DisputeWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A payer's dispute over an intent."""

    payment_intent: str
    amount: int | None = None


class StatusWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a refund (pending, succeeded, failed) or a dispute (won, lost)."""

    status: str
    reason: str | None = None


def _world(request: Asked) -> World:
    return request.app.state["world"]


def _base(request: Asked) -> str:
    return str(request.base_url).rstrip("/")


def _authorize(request: Asked) -> None:
    if not request.headers.get("authorization", "").startswith("Bearer sk_"):
        raise Refused(401, "authentication_required", "You did not provide an API key.")


async def _write(request: Asked, make: Callable[[Thing], Thing]) -> Response[Thing]:
    """Carry out a POST once per idempotency key."""
    _authorize(request)
    body = (await request.body()).decode()
    params = read_form(body)
    status, answer = _world(request).once(
        request.headers.get("idempotency-key"), f"{request.url.path}\n{body}", lambda: make(params)
    )
    return Response(answer, status_code=status)


def _read(request: Asked) -> Thing:
    _authorize(request)
    return read_form(request.url.query)


@post("/v1/payment_intents")
async def create_intent(request: Asked) -> Response[Thing]:
    """Create an intent."""
    return await _write(request, lambda params: intents.create_intent(_world(request), params, _base(request)))


@post("/v1/payment_intents/{ref:str}/confirm")
async def confirm_intent(request: Asked, ref: FromPath[str]) -> Response[Thing]:
    """Confirm an intent."""
    return await _write(request, lambda params: intents.confirm_intent(_world(request), ref, params, _base(request)))


@post("/v1/payment_intents/{ref:str}/capture")
async def capture_intent(request: Asked, ref: FromPath[str]) -> Response[Thing]:
    """Capture an authorized intent."""
    return await _write(request, lambda params: intents.capture_intent(_world(request), ref, params))


@post("/v1/payment_intents/{ref:str}/cancel")
async def cancel_intent(request: Asked, ref: FromPath[str]) -> Response[Thing]:
    """Cancel an intent."""
    return await _write(request, lambda params: intents.cancel_intent(_world(request), ref, params))


@get("/v1/payment_intents/search")
async def search_intents(request: Asked) -> Thing:
    """Find intents by metadata."""
    return intents.search_intents(_world(request), _read(request))


@post("/v1/refunds")
async def create_refund(request: Asked) -> Response[Thing]:
    """Refund a charge."""
    return await _write(request, lambda params: gives.create_refund(_world(request), params))


@post("/v1/transfers")
async def create_transfer(request: Asked) -> Response[Thing]:
    """Hand money on."""
    return await _write(request, lambda params: gives.create_transfer(_world(request), params))


@get("/v1/balance_transactions")
async def list_moved(request: Asked) -> Thing:
    """List what moved."""
    return gives.statement(_world(request), _read(request))


_LISTED = {
    "payment_intents": "intents",
    "charges": "charges",
    "refunds": "refunds",
    "disputes": "disputes",
    "transfers": "transfers",
    "events": "events",
}


@get([f"/v1/{kind}" for kind in _LISTED])
async def list_things(request: Asked) -> Thing:
    """List the objects of a kind, those of one intent where that is asked for."""
    params = _read(request)
    kind = request.url.path.rsplit("/", 1)[1]
    intent = params.get("payment_intent")
    things = _world(request).newest(_LISTED[kind], lambda each: intent is None or each.get("payment_intent") == intent)
    return page(f"/v1/{kind}", things, params)


@get([f"/v1/{kind}/{{ref:str}}" for kind in _LISTED])
async def retrieve_thing(request: Asked, ref: FromPath[str]) -> Thing:
    """Return one object."""
    _read(request)
    return _world(request).get(_LISTED[request.url.path.split("/")[2]], ref)


def _html(text: str, status: int = 200) -> Response[str]:
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=PAGE_HEADERS)


@get("/")
async def home() -> Response[str]:
    """Say what this is."""
    return _html(pages.home_page())


@get("/pay/{ref:str}")
async def show_payment(request: Asked, ref: FromPath[str]) -> Response[str]:
    """Show the payer what there is to pay."""
    found = _world(request).things["intents"].get(ref)
    return _html(pages.missing_page(), 404) if found is None else _html(pages.pay_page(found))


@post("/pay/{ref:str}")
async def decide_payment(request: Asked, ref: FromPath[str]) -> Response[Any]:
    """Pay or give up, then send the payer back to the shop."""
    world = _world(request)
    if ref not in world.things["intents"]:
        return _html(pages.missing_page(), 404)
    pressed = read_form((await request.body()).decode()).get("action")
    intent = intents.pay(world, ref) if pressed == "pay" else intents.abandon(world, ref)
    if intent.get("method_type") == "wechat_pay" or not intent["return_url"]:
        return _html(pages.state_page(intent))
    status = "succeeded" if intent["status"] == "succeeded" else "failed"
    back = httpx.URL(str(intent["return_url"])).copy_merge_params({"payment_intent": ref, "redirect_status": status})
    return Response(None, status_code=303, headers={"Location": str(back)})


@get("/qr/{name:str}")
async def draw_code(request: Asked, name: FromPath[str]) -> Response[bytes]:
    """Draw the QR code that leads to the payer's page, as PNG or SVG."""
    ref, _, kind = name.partition(".")
    _world(request).get("intents", ref)
    out = io.BytesIO()
    segno.make_qr(f"{_base(request)}/pay/{ref}").save(out, kind="svg" if kind == "svg" else "png", scale=6, border=4)
    return Response(out.getvalue(), media_type="image/svg+xml" if kind == "svg" else "image/png")


@get("/favicon.ico", status_code=204)
async def no_icon() -> None:
    """Answer the browsers that ask for a picture of the site: there is none."""


@get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the sandbox runs."""
    return {"status": "ok"}


@get("/_state")
async def show_state(request: Asked) -> Thing:
    """List everything, for tests: above all the charges, as the provider counts them."""
    world: World = _world(request)
    hooks: Hooks = request.app.state["hooks"]
    listed = {kind: list(things.values()) for kind, things in world.things.items()}
    return {**listed, "delivered": hooks.delivered}


@post("/_faults", status_code=200)
async def set_faults(request: Asked, data: JSONBody[list[Fault]]) -> dict[str, int]:
    """Set faults behind those that are set; an empty list forgets all."""
    faults: Faults = request.app.state["faults"]
    if not data:
        faults.clear()
    for fault in data:
        faults.add(fault)
    return {"set": len(data)}


@post("/_webhooks", status_code=200)
async def set_hook(request: Asked, data: JSONBody[Hook]) -> Hook:
    """Set where messages go."""
    world = _world(request)
    world.hook = {"url": data.url, "secret": data.secret}
    world.keep()
    return data


@post("/_pay/{ref:str}", status_code=200)
async def pay_now(request: Asked, ref: FromPath[str]) -> Thing:
    """Pay an intent, as its payer would on the page."""
    return intents.pay(_world(request), ref)


@post("/_abandon/{ref:str}", status_code=200)
async def abandon_now(request: Asked, ref: FromPath[str]) -> Thing:
    """Give an intent up, as its payer would on the page."""
    return intents.abandon(_world(request), ref)


@post("/_intents/{ref:str}", status_code=200)
async def set_intent(request: Asked, ref: FromPath[str], data: JSONBody[StatusWanted]) -> Thing:
    """Let an unpaid intent be processing, or wait for its payer again."""
    return intents.set_intent(_world(request), ref, data.status)


@post("/_refunds/{ref:str}", status_code=200)
async def set_refund(request: Asked, ref: FromPath[str], data: JSONBody[StatusWanted]) -> Thing:
    """Let a refund become pending, succeed or fail."""
    return gives.set_refund(_world(request), ref, data.status, data.reason)


@post("/_disputes", status_code=200)
async def open_dispute(request: Asked, data: JSONBody[DisputeWanted]) -> Thing:
    """Let a payer dispute a charge."""
    return gives.open_dispute(_world(request), data.payment_intent, data.amount)


@post("/_disputes/{ref:str}", status_code=200)
async def close_dispute(request: Asked, ref: FromPath[str], data: JSONBody[StatusWanted]) -> Thing:
    """Let a dispute be won or lost."""
    return gives.close_dispute(_world(request), ref, data.status)


def _refused(_request: Asked, refused: Refused) -> Response[Thing]:
    return Response({"error": refused.error}, status_code=refused.status)


def create_app(folder: Path | None = None, *, hook_url: str | None = None, hook_secret: str | None = None) -> Litestar:
    """Make the sandbox; in `folder` it keeps its state over restarts. Messages go to `hook_url`, signed."""
    world, faults = World(folder), Faults()
    hooks = Hooks(world, faults)
    if hook_url is not None:
        world.hook["url"] = hook_url
    if hook_secret is not None:
        world.hook["secret"] = hook_secret

    @asynccontextmanager
    async def deliver(_app: Litestar) -> AsyncGenerator[None]:
        await hooks.open()
        try:
            yield
        finally:
            await hooks.close()

    provider = Router(
        "/",
        route_handlers=[
            create_intent,
            search_intents,
            confirm_intent,
            capture_intent,
            cancel_intent,
            create_refund,
            create_transfer,
            list_moved,
            list_things,
            retrieve_thing,
        ],
    )
    controls = [show_state, set_faults, set_hook, pay_now, abandon_now, set_intent, set_refund]
    return Litestar(
        route_handlers=[
            provider,
            home,
            show_payment,
            decide_payment,
            draw_code,
            no_icon,
            healthz,
            *controls,
            open_dispute,
            close_dispute,
        ],
        exception_handlers={Refused: _refused},
        middleware=[DefineMiddleware(FaultyGate, faults=faults)],
        lifespan=[deliver],
        state=State({"world": world, "hooks": hooks, "faults": faults}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
