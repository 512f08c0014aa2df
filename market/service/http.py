"""What the API and the pages share of HTTP: a request, its session and network, and the answer to HEAD."""

import re
from functools import lru_cache
from typing import Any

from litestar import Litestar, Request
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from market.kernel import Busy, Refusal
from market.kernel.language import CHINESE, ENGLISH, answer_in, use_language
from market.people.identity.codes import get_network, resolve_client_address

HttpRequest = Request[Any, Any, Any]
"""A request whose user, session and state are not typed: handlers receive these as dependencies."""


def get_session_token(request: HttpRequest) -> str:
    """Return the session token of a request, from the bearer header or a cookie; empty if there is none."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    return request.cookies.get("__Host-session") or request.cookies.get("session") or ""


def get_path(request: HttpRequest) -> str:
    """Return the path of a request with its query."""
    scope = request.scope
    root = scope["root_path"] if "root_path" in scope else ""  # noqa: SIM401 - `get` has no type for this key
    path, query = root + scope["path"], scope["query_string"].decode("utf-8", "replace")
    return f"{path}?{query}" if query else path


IMPERSONAL_COOKIES = frozenset({"elder", "band", "currency", "lang", "drafts"})
"""Cookies that choose a mode of a page, or that only scripts read. Any other belongs to somebody."""


def is_impersonal(request: HttpRequest) -> bool:
    """Return whether a request shows nothing of a person: it has no bearer token and no cookie of anybody."""
    return "authorization" not in request.headers and request.cookies.keys() <= IMPERSONAL_COOKIES


def get_client_network(request: HttpRequest) -> str:
    """Return the network that limits count the client's requests by: an IPv4 address, or the /64 of an IPv6 address."""
    peer = request.client.host if request.client else ""
    return get_network(resolve_client_address(peer, request.headers.get("x-forwarded-for", "")))


def choose_language(accepted: str) -> str:
    """Return `en` if an Accept-Language header starts with English, else `zh`."""
    return "en" if accepted.lower().startswith("en") else "zh"


def is_translated(request: HttpRequest) -> bool:
    """Return whether a page is there in English too: of a route with `english=True`, or of a path without a route."""
    try:
        handler = request.route_handler
    except KeyError:
        return True
    return bool(handler.opt.get("english"))


def use_visitor_language(request: HttpRequest) -> None:
    """Answer in the language of the visitor if the page is there in it.

    The visitor's choice, the cookie `lang`, stands before Accept-Language.
    """
    chosen = request.cookies.get("lang") or choose_language(request.headers.get("accept-language", ""))
    if chosen == ENGLISH and is_translated(request):
        use_language(ENGLISH)


def choose_page_language(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that answers in the language of the visitor, on routes with `english=True`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            use_visitor_language(Request(scope))
        await app(scope, receive, send)

    return answer


def make_retry_headers(refusal: Refusal) -> dict[str, str]:
    """Return the Retry-After header of a refusal, if a retry may succeed."""
    seconds = refusal.facts.get("retry_after", 2 if refusal.status == Busy.status else None)
    return {} if seconds is None else {"Retry-After": str(seconds)}


@lru_cache(maxsize=1)
def _compile_routes(app: Litestar) -> list[tuple[re.Pattern[str], frozenset[str]]]:
    """Return the pattern of the path of each route, and its methods."""
    return [
        (re.compile(re.sub(r"{[^}]*}", "[^/]+", route.path_format)), frozenset(map(str, route.methods)))
        for route in app.routes
        if isinstance(route, HTTPRoute)
    ]


def _find_methods(request: HttpRequest, path: str) -> set[str]:
    """Return the methods of the routes of a path."""
    found = (methods for pattern, methods in _compile_routes(request.app) if pattern.fullmatch(path))
    return set[str]().union(*found)


def list_allowed_methods(request: HttpRequest) -> str:
    """Return the value of Allow: the methods of the routes of a request's path."""
    methods = _find_methods(request, request.scope["path"].rstrip("/") or "/")
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def find_page_above(request: HttpRequest) -> str:
    """Return the nearest path above that of a request which answers GET, with the query of the request."""
    path, query = request.scope["path"].rstrip("/").rpartition("/")[0], request.url.query
    while path and "GET" not in _find_methods(request, path):
        path = path.rpartition("/")[0]
    return (path or "/") + (f"?{query}" if query else "")


def answer_head_requests(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that answers HEAD as GET, with the same status and headers and an empty body.

    It wraps the whole application, because Litestar chooses the route by the method before it runs its middleware.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET"}, receive, send_without_body)

    return answer


def begin_in_chinese(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that begins each request in Chinese, and leaves the caller's language as it was."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with answer_in(CHINESE):
            await app(scope, receive, send)

    return answer
