"""Pages that are the same for everybody, or for everybody who has not signed in, but for the token of their forms."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import HTTPScope

from market.service.http import HttpRequest
from market.service.web.cookies import SESSION_COOKIE
from market.service.web.csrf import make_form_token

_SESSION_COOKIES = frozenset({SESSION_COOKIE, f"__Host-{SESSION_COOKIE}"})
_PARAMETER = re.compile(r"\\\{[^}]*\\\}")


class Audience(StrEnum):
    """Who sees the same page: the value of `shared` of a route."""

    ALL = "all"
    GUESTS = "guests"


class PagesForAll:
    """The routes with `shared=Audience.…`; see `market.service.response_cache`."""

    def __init__(self, app: Litestar) -> None:
        found: dict[Audience, list[str]] = {audience: [] for audience in Audience}
        for route in app.routes:
            if isinstance(route, HTTPRoute) and "GET" in route.route_handler_map:
                audience = route.route_handler_map["GET"][0].opt.get("shared")
                if audience is not None:
                    found[Audience(audience)].append(route.path_format)
        self._for_all = _compile(found[Audience.ALL])
        self._for_guests = _compile(found[Audience.GUESTS])

    def covers(self, path: str, cookies: Mapping[str, str]) -> bool:
        """Return whether the page of a path shows nothing of the person whose cookies these are."""
        if self._for_all.fullmatch(path):
            return True
        return _SESSION_COOKIES.isdisjoint(cookies) and self._for_guests.fullmatch(path) is not None

    def get_tokens(self, scope: HTTPScope) -> tuple[bytes, bytes]:
        """Return the form token of a visitor without cookies, and that of the request."""
        request: HttpRequest = HttpRequest(scope)
        return make_form_token(request, "").encode(), make_form_token(request).encode()


def _compile(formats: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of the paths of routes; without any it matches none."""
    return re.compile("|".join(_PARAMETER.sub("[^/]+", re.escape(each)) for each in formats) or r"(?!)")
