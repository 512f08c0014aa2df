"""The devices on which an account is signed in, with one button to sign each of them out."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.language import say
from market.people.identity.models import Actor, NotFound
from market.people.identity.sessions import list_sessions, revoke_other_sessions, revoke_session
from market.service.http import HttpRequest
from market.service.web.cookies import get_session_cookie_name
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import clock_zh

PATH = "/me/devices"
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("HarmonyOS", "鸿蒙手机"),
    ("iPhone", "苹果手机"),
    ("iPad", "苹果平板"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Mac OS", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)
"""What a browser's description of itself says about the device, the most telling part first."""


def describe_device(name: str) -> str:
    """Return what to call a device on a page."""
    return say(next((shown for part, shown in _BROWSERS if part in name), "别的设备"))


def _get_token(request: HttpRequest) -> str:
    return request.cookies.get(get_session_cookie_name(request), "")


@get(PATH, include_in_schema=False, english=True)
async def show_devices(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the open sessions of the account."""
    async with db.connection() as conn:
        sessions = await list_sessions(conn, actor.account_id, _get_token(request), now=clock.now())
    rows = [
        {
            "id": str(session.id),
            "name": describe_device(session.device),
            "since": clock_zh(session.created_at),
            "seen": clock_zh(session.seen_at),
            "current": session.current,
        }
        for session in sessions
    ]
    return render_page(request, "account/devices.html", {"rows": rows}, actor=actor)


@post(PATH, include_in_schema=False, english=True, auditor="acts")
async def end_sessions(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Redirect:
    """Sign one device out, or every device but this one."""
    form = await read_form(request)
    session_id = form.get_text("session")
    async with db.transaction() as conn:
        if session_id == "others":
            await revoke_other_sessions(conn, actor.account_id, _get_token(request), now=clock.now())
        else:
            await revoke_session(conn, actor.account_id, _read_id(session_id), now=clock.now())
    return redirect(PATH)


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


ROUTES = [show_devices, end_sessions]
