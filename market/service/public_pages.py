"""Pages that anybody may GET, answered in front of the framework by the same handlers and the same rules.

The framework's routing, injection and writing of a response cost a third of such a page beside its statement. What is
unusual about a request, such as an address in another spelling, is left to the framework.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from litestar import Litestar, Response
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec import Struct

from market.service.http import HttpRequest, use_visitor_language
from market.service.metrics import count_response

_HOST = re.compile(rb"[0-9A-Za-z.:\-\[\]]+")
_INTEGER = re.compile(r"[1-9][0-9]{0,14}")
_WORD = re.compile(r"[0-9a-z_\-]+")
_SPELLINGS: Mapping[type, re.Pattern[str]] = {int: _INTEGER, str: _WORD}
"""Values of a path in their usual spelling: short numbers from 1, and words. No route refuses any of them."""

type _Guard = Callable[[HttpRequest, HTTPRouteHandler], Awaitable[None]]
type _Complete = Callable[[Response[Any]], Response[Any]]


class _Page(Struct, frozen=True):
    """A route: its handler, the names of what it takes, and the value in its path with its type, if there is one."""

    handler: HTTPRouteHandler
    template: str
    provided: tuple[tuple[str, Provide], ...]
    typed: tuple[str, ...]
    value: tuple[str, type] | None


class PublicPages:
    """ASGI application that answers a GET of a route with `shared=…` itself, and passes everything else to `app`.

    The rules of such a request are those of the framework's middleware: `guard` limits and records it, `complete` sets
    the headers that a response lacks. Languages, metrics and the handlers of exceptions are the same too.
    """

    def __init__(self, app: ASGIApp, litestar: Litestar, *, guard: _Guard, complete: _Complete) -> None:
        self._app = app
        self._guard = guard
        self._complete = complete
        self._literal: dict[str, _Page] = {}
        self._with_value: dict[tuple[str, str], _Page] = {}
        self._others: set[str] = set()
        for route in litestar.routes:
            if not route.path_parameters:
                self._others.add(route.path)
            if isinstance(route, HTTPRoute) and "GET" in route.route_handler_map:
                self._add(route)

    def _add(self, route: HTTPRoute) -> None:
        page = _read_page(route)
        if page is None:
            return
        if page.value is None:
            self._literal[route.path] = page
            return
        head, _, rest = route.path_format[1:].partition("/")
        _, _, end = rest.partition("/")
        if "{" not in head + end:
            self._with_value[head, end] = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        found = self.find_page(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        page, values = found
        scope = cast("HTTPScope", scope)
        routed = {"path_params": values, "route_handler": page.handler, "path_template": page.template}
        cast("dict[str, Any]", scope).update(routed)
        request: HttpRequest = HttpRequest(scope, receive, send)
        started, status = time.perf_counter(), 500
        try:
            response = await self._respond(request, page, values)
            status = response.status_code or 200
            answer = cast("Any", response).to_asgi_response(
                app=None, request=request, media_type=page.handler.media_type, status_code=page.handler.status_code
            )
            await answer(scope, receive, send)
        finally:
            count_response("GET", page.template, status, time.perf_counter() - started)

    def find_page(self, scope: HTTPScope) -> tuple[_Page, dict[str, object]] | None:
        """Return the page of a request with the value in its path, or None for the framework's."""
        path = scope["path"]
        page = self._literal.get(path)
        value = ""
        if page is None:
            if path in self._others:
                return None
            head, _, rest = path[1:].partition("/")
            value, slash, end = rest.partition("/")
            page = self._with_value.get((head, end))
            if page is None or (slash and not end) or path[:1] != "/":
                return None
        if cast("dict[str, Any]", scope).get("root_path") or not _is_usual(scope, page.typed):
            return None
        if page.value is None:
            return page, {}
        name, kind = page.value
        return (page, {name: kind(value)}) if _SPELLINGS[kind].fullmatch(value) else None

    async def _respond(self, request: HttpRequest, page: _Page, values: Mapping[str, object]) -> Response[Any]:
        try:
            use_visitor_language(request)
            await self._guard(request, page.handler)
            given = dict(values)
            for name, provide in page.provided:
                found = provide.dependency(request)
                given[name] = found if provide.has_sync_callable else await found
            for name in page.typed:
                given[name] = request.query_params.get(name, "")
            return self._complete(await page.handler.fn(request=request, **given))
        except Exception as error:  # noqa: BLE001 - as the framework does
            handlers: Mapping[Any, Any] = cast("Any", page.handler).resolve_exception_handlers()
            kind = next(each for each in type(error).__mro__ if each in handlers)
            return handlers[kind](request, error)


def _read_page(route: HTTPRoute) -> _Page | None:
    """Return the page of a route with `shared=…`, or None if it takes what only the framework can give."""
    handler, _ = route.route_handler_map["GET"]
    if "shared" not in handler.opt or len(route.path_parameters) > 1:
        return None
    value = next(((name, each.type) for name, each in route.path_parameters.items()), None)
    dependencies = handler.resolve_dependencies()
    provided: list[tuple[str, Provide]] = []
    typed: list[str] = []
    for name, field in handler.parsed_fn_signature.parameters.items():
        if name in dependencies:
            provided.append((name, dependencies[name]))
        elif value is not None and name == value[0]:
            if value[1] not in _SPELLINGS:
                return None
        elif name != "request":
            if field.annotation is not str or field.default != "":
                return None
            typed.append(name)
    return _Page(handler, route.path_format, tuple(provided), tuple(typed), value)


def _is_usual(scope: HTTPScope, typed: tuple[str, ...]) -> bool:
    """Return whether the host is spelled as usual, and each of the values typed into the address comes once at most."""
    for name, value in scope["headers"]:
        if name == b"host" and not _HOST.fullmatch(value):
            return False
    query = scope["query_string"]
    return all(query.count(b"%s=" % name.encode()) <= 1 for name in typed)
