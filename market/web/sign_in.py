"""Signing in by phone and one-time code, the second factor of officials, signing out."""

import base64
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Struct

from market.identity import (
    Actor,
    BadPhone,
    CodeLimits,
    NotSignedIn,
    SignedIn,
    TooManyCodes,
    WrongCode,
    WrongSecondFactor,
    actor_by_token,
    caller_of,
    network_of,
    request_code,
    show_second_factor,
    sign_in,
    sign_out,
)
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal, Unsealable
from market.kernel.text import clean_phone, mask_phone
from market.settings import Settings
from market.web.demo import home_of
from market.web.plumbing import fields, local_path, page, see_other, session_cookie, set_cookie

PENDING = "pending"
_PENDING_CONTEXT = "web.pending"
_PENDING_SECONDS = 900

Asked = Request[Any, Any, Any]


class PhoneValues(Struct, frozen=True):
    """What the first page was given."""

    phone: str = ""
    to: str = ""


def _keep_phone(request: Asked, seal: Seal, response: Response[Any], phone: str) -> None:
    """Remember, sealed, which phone was asked for, so that no address and no log holds it."""
    sealed = base64.urlsafe_b64encode(seal.seal(phone, _PENDING_CONTEXT)).decode()
    set_cookie(request, response, PENDING, sealed, seconds=_PENDING_SECONDS)


def _kept_phone(request: Asked, seal: Seal) -> str | None:
    try:
        return seal.open(base64.urlsafe_b64decode(request.cookies.get(PENDING, "")), _PENDING_CONTEXT)
    except (Unsealable, ValueError):
        return None


def _keep_session(request: Asked, response: Response[Any], signed: SignedIn, clock: Clock) -> None:
    seconds = int((signed.expires_at - clock.now()).total_seconds())
    set_cookie(request, response, session_cookie(request), signed.token, seconds=seconds)
    set_cookie(request, response, PENDING, "", seconds=0)


def _device(request: Asked) -> str:
    return request.headers.get("user-agent", "")[:80]


@get("/sign-in", include_in_schema=False)
async def ask_phone(request: Asked, visitor: NamedDependency[Actor | None], to: FromQuery[str] = "") -> Response[Any]:
    """Ask for the phone number; who is signed in already goes on."""
    if visitor is not None:
        return see_other(local_path(to, home_of(visitor)))
    return page(request, "account/sign_in.html", {"values": PhoneValues(to=local_path(to, "")), "errors": ()})


@post("/sign-in", include_in_schema=False)
async def send_code(
    request: Asked,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Send a one-time code and ask for it on the next page."""
    found = await fields(request)
    values = PhoneValues(str(found.get("phone", "")), local_path(str(found.get("to", "")), ""))
    phone = clean_phone(values.phone) or clean_phone(_kept_phone(request, seal) or "") or values.phone
    limits = CodeLimits(settings.codes_a_phone, settings.codes_a_network, settings.codes_a_day)
    peer = request.client.host if request.client else ""
    network = network_of(caller_of(peer, request.headers.get("x-forwarded-for", "")))
    try:
        async with db.transaction() as conn:
            await request_code(conn, seal, limits, phone=phone, network=network, now=clock.now())
    except (BadPhone, TooManyCodes) as refusal:
        errors = refusal.errors or (FieldFault("phone", refusal.text("zh")),)
        return page(request, "account/sign_in.html", {"values": values, "errors": errors}, status=refusal.status)
    response = see_other(f"/sign-in/code?to={quote(values.to)}" if values.to else "/sign-in/code")
    _keep_phone(request, seal, response, phone)
    return response


def _code_page(request: Asked, phone: str, to: str, errors: list[FieldFault], status: int = 200) -> Response[Any]:
    context = {"values": PhoneValues(to=to), "masked": mask_phone(phone), "errors": errors}
    return page(request, "account/code.html", context, status=status)


@get("/sign-in/code", include_in_schema=False)
async def ask_code(request: Asked, seal: NamedDependency[Seal], to: FromQuery[str] = "") -> Response[Any]:
    """Ask for the code that was sent."""
    phone = _kept_phone(request, seal)
    return see_other("/sign-in") if phone is None else _code_page(request, phone, local_path(to, ""), [])


@post("/sign-in/code", include_in_schema=False)
async def take_code(
    request: Asked, db: NamedDependency[Database], seal: NamedDependency[Seal], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Take the code; an official goes on to the second factor, others to where they wanted to go."""
    found = await fields(request)
    phone, to, now = _kept_phone(request, seal), local_path(str(found.get("to", "")), ""), clock.now()
    if phone is None:
        return see_other("/sign-in")
    async with db.transaction() as conn:
        signed = await sign_in(
            conn,
            seal,
            phone=phone,
            code=str(found.get("code", "")),
            device=_device(request),
            earlier_token=request.cookies.get(session_cookie(request)),
            now=now,
        )
        actor = await actor_by_token(conn, signed.token, now=now) if isinstance(signed, SignedIn) else None
    if not isinstance(signed, SignedIn) or actor is None:
        refusal = signed if isinstance(signed, WrongCode) else WrongCode()
        return _code_page(request, phone, to, [FieldFault("code", refusal.text("zh"))], refusal.status)
    home = local_path(to, home_of(actor))
    response = see_other(f"/sign-in/factor?to={quote(home)}" if signed.second_factor_needed else home)
    _keep_session(request, response, signed, clock)
    return response


def _factor_page(
    request: Asked, actor: Actor, to: str, errors: tuple[FieldFault, ...], *, status: int = 200
) -> Response[Any]:
    context = {"values": PhoneValues(to=to), "errors": errors, "name": actor.name}
    return page(request, "account/factor.html", context, actor=actor, status=status)


@get("/sign-in/factor", include_in_schema=False)
async def ask_factor(request: Asked, actor: NamedDependency[Actor], to: FromQuery[str] = "") -> Response[Any]:
    """Ask an official for the second factor."""
    return _factor_page(request, actor, local_path(to, home_of(actor)), ())


@post("/sign-in/factor", include_in_schema=False)
async def take_factor(
    request: Asked,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Take the second factor: the session begins anew with it."""
    found = await fields(request)
    to = local_path(str(found.get("to", "")), home_of(actor))
    token = request.cookies.get(session_cookie(request), "")
    async with db.transaction() as conn:
        signed = await show_second_factor(
            conn, seal, token, code=str(found.get("code", "")).replace(" ", ""), now=clock.now()
        )
    if isinstance(signed, WrongSecondFactor):
        return _factor_page(request, actor, to, (FieldFault("code", signed.text("zh")),), status=signed.status)
    response = see_other(to)
    _keep_session(request, response, signed, clock)
    return response


@post("/sign-out", include_in_schema=False)
async def leave(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], visitor: NamedDependency[Actor | None]
) -> Redirect:
    """End the session of this device."""
    await fields(request)
    if visitor is None:
        raise NotSignedIn
    async with db.transaction() as conn:
        await sign_out(conn, request.cookies.get(session_cookie(request), ""), now=clock.now())
    response = see_other("/")
    set_cookie(request, response, session_cookie(request), "", seconds=0)
    return response


ROUTES = [ask_phone, send_code, ask_code, take_code, ask_factor, take_factor, leave]
