"""Protection of forms against cross-site requests: a token bound to the visitor, and a check of the origin."""

import hashlib
import hmac
from functools import lru_cache
from urllib.parse import urlsplit

from market.kernel import Refusal
from market.kernel.seal import Seal
from market.service.http import HttpRequest
from market.service.web.cookies import VISITOR_COOKIE, get_session_cookie_name
from market.service.web.services import get_services


class ForeignForm(Refusal):
    """The form was not posted from a page of this site, or the page has expired."""

    code = "foreign_form"
    status = 403
    zh = "页面已过期，请返回上一页再试一次。"
    en = "This page has expired; go back and try again."


def get_token_subject(request: HttpRequest) -> str:
    """Return the cookie that form tokens are bound to: the session, else the visitor, else empty."""
    return request.cookies.get(get_session_cookie_name(request)) or request.cookies.get(VISITOR_COOKIE) or ""


def make_form_token(request: HttpRequest, subject: str | None = None) -> str:
    """Return the token of this visitor's forms; `subject` overrides the cookie that it is bound to."""
    key = _derive_key(get_services(request).seal)
    who = get_token_subject(request) if subject is None else subject
    return hmac.digest(key, who.encode(), hashlib.sha256).hex()[:32]


@lru_cache(maxsize=4)
def _derive_key(seal: Seal) -> bytes:
    return seal.index("form token")


def check_form_token(request: HttpRequest, token: object) -> None:
    """Require this visitor's token in a form.

    Raises:
        ForeignForm: the token is missing or belongs to another visitor.
    """
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), make_form_token(request).encode()):
        raise ForeignForm


def check_origin(request: HttpRequest) -> None:
    """Require that a request comes from a page of this site, by Fetch Metadata if the browser sends it, else by Origin.

    A request with neither header does not come from a browser that another site could use.

    Raises:
        ForeignForm: another site sent the request, or a page without an origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site in {"same-origin", "none"}:
        return
    origin = request.headers.get("origin")
    if site is not None or (origin and origin not in _get_own_origins(request)):
        raise ForeignForm


def _get_own_origins(request: HttpRequest) -> set[str]:
    """Return the origin of PUBLIC_URL; without one, and in the demo, also that which the request names as its host."""
    settings = get_services(request).settings
    own: set[str] = set()
    if settings.public_url:
        public = urlsplit(settings.public_url)
        own.add(f"{public.scheme}://{public.netloc}".lower())
    if settings.demo or not settings.public_url:
        own.add(f"{request.url.scheme}://{request.headers.get('host', '')}".lower())
    return own
