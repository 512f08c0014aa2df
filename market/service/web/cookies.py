"""Cookies of the pages: session, visitor, drafts that taken.js may delete; large type, band, currency, language."""

import re
from typing import Any

from litestar import Response

from market.service.http import HttpRequest
from market.service.web.services import get_services

SESSION_COOKIE = "session"
ELDER_COOKIE = "elder"
VISITOR_COOKIE = "visitor"
DRAFTS_COOKIE = "drafts"
DEMO_BAND_COOKIE = "band"
CURRENCY_COOKIE = "currency"
LANGUAGE_COOKIE = "lang"
YEAR_SECONDS = 31_536_000
ALL_DRAFTS = "*"
DRAFT_NAME = re.compile(r"[a-z0-9_-]{1,80}|\*")


def get_session_cookie_name(request: HttpRequest) -> str:
    """Return the name of the session cookie, prefixed with `__Host-` if the site is served over TLS."""
    return f"__Host-{SESSION_COOKIE}" if is_secure(request) else SESSION_COOKIE


def is_secure(request: HttpRequest) -> bool:
    """Return whether the site is served over TLS."""
    return get_services(request).settings.public_url.startswith("https://")


def set_cookie(request: HttpRequest, response: Response[Any], name: str, value: str, *, seconds: int) -> None:
    """Set a cookie that is hidden from scripts and not sent from other sites."""
    response.set_cookie(
        key=name, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_secure(request)
    )


def finish_drafts(response: Response[Any], name: str) -> None:
    """Let taken.js delete the draft of a form that was taken, or all drafts for `ALL_DRAFTS`; other names are ignored.

    Scripts read and delete this cookie; it holds the name of a form, never its contents.
    """
    if DRAFT_NAME.fullmatch(name):
        response.set_cookie(key=DRAFTS_COOKIE, value=name, path="/", samesite="lax")
