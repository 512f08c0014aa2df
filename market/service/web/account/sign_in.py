"""Sign-in by phone and one-time code, the second factor of officials, sign-out."""

import base64
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect
from msgspec import Struct

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import get_language
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal, UnsealError
from market.kernel.settings import Settings
from market.kernel.text import mask_phone, normalize_phone
from market.people.identity.actors import find_actor_by_token
from market.people.identity.codes import CodeLimits, request_code
from market.people.identity.models import (
    Actor,
    CodeJustSent,
    Device,
    InvalidPhone,
    NewSession,
    NotSignedIn,
    TooManyCodes,
    WrongCode,
    WrongSecondFactor,
)
from market.people.identity.second_factor import STEP_SECONDS
from market.people.identity.sessions import sign_out, verify_second_factor
from market.people.identity.sign_in import sign_in
from market.service.http import HttpRequest, get_client_network, make_retry_headers
from market.service.web.account.demo_sign_in import get_home_path
from market.service.web.cookies import ALL_DRAFTS, VISITOR_COOKIE, get_session_cookie_name, set_cookie
from market.service.web.forms import read_form
from market.service.web.pages import get_local_path, redirect, render_page
from market.service.web.shop.buying.device_cart import CART_COOKIE, move_device_cart
from market.service.web.shop.favourites import clear_wanted, keep_wanted

PENDING_COOKIE = "pending"
_PENDING_CONTEXT = "web.pending"
_PENDING_SECONDS = 900


class PhoneForm(Struct, frozen=True):
    """The phone form as it was typed."""

    phone: str = ""
    to: str = ""


def _store_phone(request: HttpRequest, seal: Seal, response: Response[Any], phone: str) -> None:
    """Store the phone number in a sealed cookie, so that no URL and no log contains it."""
    sealed = base64.urlsafe_b64encode(seal.seal(phone, _PENDING_CONTEXT)).decode()
    set_cookie(request, response, PENDING_COOKIE, sealed, seconds=_PENDING_SECONDS)


def _load_phone(request: HttpRequest, seal: Seal) -> str | None:
    try:
        return seal.open(base64.urlsafe_b64decode(request.cookies.get(PENDING_COOKIE, "")), _PENDING_CONTEXT)
    except (UnsealError, ValueError):
        return None


def _store_session(request: HttpRequest, response: Response[Any], signed: NewSession, clock: Clock) -> None:
    seconds = int((signed.expires_at - clock.now()).total_seconds())
    set_cookie(request, response, get_session_cookie_name(request), signed.token, seconds=seconds)
    set_cookie(request, response, PENDING_COOKIE, "", seconds=0)


def get_device(request: HttpRequest) -> Device:
    """Return the device that a request comes from."""
    return Device(request.headers.get("user-agent", ""), request.cookies.get(VISITOR_COOKIE, ""))


def get_code_limits(settings: Settings) -> CodeLimits:
    """Return the configured limits of one-time codes."""
    return CodeLimits(
        per_phone=settings.codes_a_phone, per_network=settings.codes_a_network, per_day=settings.codes_a_day
    )


@get("/sign-in", include_in_schema=False, english=True)
async def show_phone_form(
    request: HttpRequest, visitor: NamedDependency[Actor | None], to: FromQuery[str] = ""
) -> Response[Any]:
    """Ask for the phone number; redirect a person who is signed in."""
    if visitor is not None:
        return redirect(get_local_path(to, get_home_path(visitor)))
    return render_page(request, "account/sign_in.html", {"values": PhoneForm(to=get_local_path(to, "")), "errors": ()})


@post("/sign-in", include_in_schema=False, english=True, rate=RateClass.SIGN_IN)
async def send_code(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Send a one-time code and ask for it on the next page."""
    form = await read_form(request)
    values = PhoneForm(form.get_text("phone"), get_local_path(form.get_text("to"), ""))
    phone = normalize_phone(values.phone) or normalize_phone(_load_phone(request, seal) or "") or values.phone
    limits = get_code_limits(settings)
    try:
        async with db.transaction() as conn:
            await request_code(
                conn,
                seal,
                limits,
                phone=phone,
                network=get_client_network(request),
                device=get_device(request),
                now=clock.now(),
            )
    except CodeJustSent as refusal:
        response = _code_page(
            request, phone, values.to, [FieldFault("code", refusal.text(get_language()))], refusal.status
        )
        response.headers.update(make_retry_headers(refusal))
        _store_phone(request, seal, response, phone)
        return response
    except (InvalidPhone, TooManyCodes) as refusal:
        errors = refusal.errors or (FieldFault("phone", refusal.text(get_language())),)
        response = render_page(
            request, "account/sign_in.html", {"values": values, "errors": errors}, status=refusal.status
        )
        response.headers.update(make_retry_headers(refusal))
        return response
    response = redirect(f"/sign-in/code?to={quote(values.to)}" if values.to else "/sign-in/code")
    _store_phone(request, seal, response, phone)
    return response


def _code_page(request: HttpRequest, phone: str, to: str, errors: list[FieldFault], status: int = 200) -> Response[Any]:
    context = {"values": PhoneForm(to=to), "masked": mask_phone(phone), "errors": errors}
    return render_page(request, "account/code.html", context, status=status)


@get("/sign-in/code", include_in_schema=False, english=True)
async def show_code_form(request: HttpRequest, seal: NamedDependency[Seal], to: FromQuery[str] = "") -> Response[Any]:
    """Ask for the code that was sent."""
    phone = _load_phone(request, seal)
    return redirect("/sign-in") if phone is None else _code_page(request, phone, get_local_path(to, ""), [])


@post("/sign-in/code", include_in_schema=False, english=True, rate=RateClass.SIGN_IN)
async def submit_code(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Sign in with the code; redirect officials to the second factor, others to the requested page."""
    form = await read_form(request)
    phone, to, now = _load_phone(request, seal), get_local_path(form.get_text("to"), ""), clock.now()
    if phone is None:
        return redirect("/sign-in")
    async with db.transaction() as conn:
        signed = await sign_in(
            conn,
            seal,
            phone=phone,
            code=form.get_text("code"),
            device=get_device(request),
            earlier_token=request.cookies.get(get_session_cookie_name(request)),
            help_phone=settings.help_phone,
            network=get_client_network(request),
            now=now,
        )
        actor = await find_actor_by_token(conn, signed.token, now=now) if isinstance(signed, NewSession) else None
        if actor is not None:
            await move_device_cart(conn, request, actor.account_id)
            await keep_wanted(conn, request, actor.account_id, now=now)
    if not isinstance(signed, NewSession) or actor is None:
        refusal = signed if isinstance(signed, WrongCode) else WrongCode()
        return _code_page(request, phone, to, [FieldFault("code", refusal.text(get_language()))], refusal.status)
    home = get_local_path(to, get_home_path(actor))
    response = redirect(f"/sign-in/factor?to={quote(home)}" if signed.second_factor_needed else home)
    _store_session(request, response, signed, clock)
    set_cookie(request, response, CART_COOKIE, "", seconds=0)
    clear_wanted(request, response)
    return response


def _second_factor_page(
    request: HttpRequest, actor: Actor, to: str, errors: tuple[FieldFault, ...], *, status: int = 200
) -> Response[Any]:
    context = {"values": PhoneForm(to=to), "errors": errors, "name": actor.name, "step_seconds": STEP_SECONDS}
    return render_page(request, "account/factor.html", context, actor=actor, status=status)


@get("/sign-in/factor", include_in_schema=False, english=True)
async def show_second_factor_form(
    request: HttpRequest, actor: NamedDependency[Actor], to: FromQuery[str] = ""
) -> Response[Any]:
    """Ask an official for the second factor."""
    return _second_factor_page(request, actor, get_local_path(to, get_home_path(actor)), ())


@post("/sign-in/factor", include_in_schema=False, english=True, rate=RateClass.SIGN_IN, auditor="acts")
async def submit_second_factor(
    request: HttpRequest,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Check the second factor, and start a new session."""
    form = await read_form(request)
    to = get_local_path(form.get_text("to"), get_home_path(actor))
    token = request.cookies.get(get_session_cookie_name(request), "")
    async with db.transaction() as conn:
        signed = await verify_second_factor(conn, seal, token, code=form.get_text("code"), now=clock.now())
    if isinstance(signed, WrongSecondFactor):
        return _second_factor_page(
            request, actor, to, (FieldFault("code", signed.text(get_language())),), status=signed.status
        )
    response = redirect(to)
    _store_session(request, response, signed, clock)
    return response


@post("/sign-out", include_in_schema=False, english=True, auditor="acts")
async def sign_out_device(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Redirect:
    """End this device's session, and delete what was typed on it."""
    await read_form(request)
    if visitor is None:
        raise NotSignedIn
    async with db.transaction() as conn:
        await sign_out(conn, request.cookies.get(get_session_cookie_name(request), ""), now=clock.now())
    response = redirect("/", draft=ALL_DRAFTS)
    response.headers["Clear-Site-Data"] = '"storage"'
    set_cookie(request, response, get_session_cookie_name(request), "", seconds=0)
    return response


ROUTES = [
    show_phone_form,
    send_code,
    show_code_form,
    submit_code,
    show_second_factor_form,
    submit_second_factor,
    sign_out_device,
]
