"""Responses of the pages: rendering, redirects, and the page of a refusal."""

import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Response
from litestar.response import Redirect
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from market.kernel import Refusal
from market.kernel.language import ENGLISH, get_language, say
from market.kernel.refusal_numbers import get_refusal_number
from market.people.identity.models import Actor, NotSignedIn
from market.service.http import HttpRequest, find_page_above, get_path, is_translated, make_retry_headers
from market.service.web.cookies import (
    DEMO_BAND_COOKIE,
    ELDER_COOKIE,
    VISITOR_COOKIE,
    YEAR_SECONDS,
    finish_drafts,
    get_session_cookie_name,
    set_cookie,
)
from market.service.web.csrf import get_token_subject, make_form_token
from market.service.web.services import get_services
from market.service.web.ui.renderer import make_content_security_policy
from market.villages.content.warnings import get_daily_warning

PRIVATE_CACHE = "private, no-cache"
"""The Cache-Control of a public page with a token of the person who asks."""
NO_STORE = "private, no-store"
"""The Cache-Control of every other private page."""


class RenderedPage(Response[bytes]):
    """A page as bytes, sent as it is: the framework converts, encodes and looks up each header of other responses."""

    __slots__ = ()

    def __init__(self, html: bytes, status: int, headers: dict[str, str]) -> None:
        """Create the response of a page; `headers` are added to afterwards."""
        self.content = html
        self.background = None
        self.cookies = []
        self.encoding = "utf-8"
        self.headers = headers
        self.media_type = "text/html"
        self.status_code = status
        self.response_type_encoders = {}

    def to_asgi_response(self, *_: Any, **_of_the_route: Any) -> Any:
        """Return the application that sends the page."""
        return self._send

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(_encode_name(name), value.encode("latin-1")) for name, value in self.headers.items()]
        headers.append((b"content-type", b"text/html; charset=utf-8"))
        headers.append((b"content-length", b"%d" % len(self.content)))
        headers += [cookie.to_encoded_header() for cookie in self.cookies]
        await send({"type": "http.response.start", "status": self.status_code or 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.content, "more_body": False})


@lru_cache(maxsize=64)
def _encode_name(name: str) -> bytes:
    return name.lower().encode("latin-1")


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    actor: Actor | None = None,
    cart: int = 0,
    cache: str = NO_STORE,
    pay_origins: tuple[str, ...] = (),
) -> Response[bytes]:
    """Render a page with its own nonce, its Cache-Control header, and the token of its forms (`csrf` in templates).

    `cache` is the whole Cache-Control value; pages with personal data keep the default. A public page is private for
    a visitor with a token, because its forms hold it.
    """
    subject = get_token_subject(request)
    if cache.startswith("public") and subject:
        cache = PRIVATE_CACHE
    nonce = secrets.token_urlsafe(12)
    elder = (actor.elder if actor else False) or request.cookies.get(ELDER_COOKIE) == "1"
    if request.cookies.get(ELDER_COOKIE) == "0":
        elder = False
    visitor = secrets.token_urlsafe(18) if not subject and cache.startswith("private") else None
    renderer = get_services(request).renderer
    html = renderer.page(
        template,
        {
            "csrf": make_form_token(request, visitor),
            "actor": actor,
            "daily_warning": get_daily_warning(get_services(request).clock.today()),
            **(context or {}),
        },
        nonce=nonce,
        lang="en" if get_language() == ENGLISH else "zh-Hans",
        elder=elder,
        path=get_path(request),
        query=request.query_params.get("q", ""),
        cart=cart,
        user=actor.name if actor else None,
        owner=get_draft_owner(request, actor),
        band=request.cookies.get(DEMO_BAND_COOKIE) != "0",
        translated=is_translated(request),
    )
    response = RenderedPage(
        html,
        status,
        {
            "Content-Security-Policy": make_content_security_policy(nonce, pay_origins),
            "Cache-Control": cache,
            "Vary": "Cookie, Accept-Language",
        },
    )
    if cache.startswith("public"):
        response.headers["ETag"] = renderer.make_etag(html, nonce)
    if visitor is not None:
        set_cookie(request, response, VISITOR_COOKIE, visitor, seconds=YEAR_SECONDS)
    return response


def redirect(path: str, *, draft: str = "") -> Redirect:
    """Redirect with 303, so that the browser follows with GET after posting a form; `draft` is that of a form taken."""
    response = Redirect(path, status_code=303, headers={"Cache-Control": NO_STORE})
    finish_drafts(response, draft)
    return response


def get_draft_owner(request: HttpRequest, actor: Actor | None) -> str:
    """Return whose drafts a page may restore: a keyed hash of the account, empty for a visitor."""
    if actor is None:
        return ""
    return get_services(request).seal.index(f"draft owner {actor.account_id}").hex()[:16]


def get_local_path(text: str, otherwise: str = "/") -> str:
    """Return `text` if it is a path on this site, else `otherwise`, to prevent open redirects."""
    parts = urlsplit(text)
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if fine and "\n" not in text and "\r" not in text else otherwise


def redirect_to_sign_in(request: HttpRequest, refusal: NotSignedIn) -> Response[Any]:
    """Redirect a visitor of a personal page to sign-in and back; refuse a posted form."""
    sign_in = f"/sign-in?{urlencode({'to': get_path(request)})}"
    response: Response[Any] = redirect(sign_in) if request.method == "GET" else render_refusal(request, refusal)
    # Responses to exceptions bypass the hook that sets these headers on all others.
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def _find_page(request: HttpRequest) -> str:
    """Return the path of the page that was asked for, or that a form was posted from."""
    if request.method == "GET":
        return get_path(request)
    sent_from = urlsplit(request.headers.get("referer", ""))
    own = sent_from.netloc == request.headers.get("host", "")
    return get_local_path(sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")) if own else "/"


class WayBack(Struct, frozen=True):
    """Where the page of a refusal leads back to, and what may be wrong with an address that does not exist there."""

    path: str
    words: str
    missing: str


_WAYS_BACK = {
    "desk": WayBack("/desk", "回等我办的", "可能是地址写错了，或者这里还没有，或者不归您管。"),
    "farm": WayBack("/farm", "回我的小店", "可能是地址写错了，或者这一样已经没有了。"),
}
_HOME = WayBack("/", "回首页", "可能是地址写错了，或者东西已经下架。")


def _list_words(refusal: Refusal) -> list[str]:
    """Return what is wrong with a request, each once; a malformed one (400) has words for programs only."""
    return [] if refusal.status == 400 else list(dict.fromkeys(fault.message for fault in refusal.errors))


def render_refusal(request: HttpRequest, refusal: Refusal) -> Response[Any]:
    """Render the page of a refusal: what happened, why, what to do, whom to call.

    A form whose session has ended leads to sign-in, and from there back to its page; a browser that goes back to it
    after signing in shows what was typed. The address of a form is no page: after signing in, by a switch of the page
    or from the history, it leads to the one above.
    """
    if refusal.status == 405 and request.method == "GET":
        return redirect(find_page_above(request))
    ended = refusal.code == "foreign_form" and not request.cookies.get(get_session_cookie_name(request))
    signed_out = refusal.status == 401 or ended
    back = _WAYS_BACK.get(request.url.path.split("/")[1], _HOME)
    response = render_page(
        request,
        "refusal.html",
        {
            "text": say("您已经退出登录了，登录后再来一次。") if ended else refusal.text(get_language()),
            "number": get_refusal_number(refusal.code),
            "status": refusal.status,
            "back": WayBack(back.path, say(back.words), say(back.missing)),
            "faults": _list_words(refusal),
            "posted": request.method == "POST",
            "sign_in": f"/sign-in?{urlencode({'to': _find_page(request)})}" if signed_out else "",
        },
        status=refusal.status,
    )
    response.headers.update(make_retry_headers(refusal))
    return response
