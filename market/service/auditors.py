"""Auditors read: every request of one is recorded before it is answered, and none that changes something is answered.

This is the one place of both, for all routes, before a handler, its body and its dependencies.
"""

from typing import Any, cast
from urllib.parse import parse_qsl

from litestar.handlers import BaseRouteHandler

from market.people.audit.readings import record_reading
from market.people.identity.access import find_home_county, is_auditor
from market.people.identity.actors import find_actor_by_token, hash_token
from market.people.identity.models import Actor, AuditorReads
from market.service.http import HttpRequest
from market.service.web.cookies import get_session_cookie_name
from market.service.web.services import get_services

_READ_METHODS = frozenset({"GET", "HEAD"})
_KNOWS_ACTOR = frozenset({"actor", "visitor"})
"""The dependencies of a handler that acts for an account."""
_VISITOR_KEY = "market.visitor"


def is_by_cookie(request: HttpRequest) -> bool:
    """Return whether the request has no bearer token, so that a browser may have sent it from any site."""
    return not request.headers.get("authorization", "").lower().startswith("bearer ")


def read_token(request: HttpRequest) -> str:
    """Return the session token of the bearer header, or else of the cookie; empty if there is none."""
    if is_by_cookie(request):
        return request.cookies.get(get_session_cookie_name(request), "")
    return request.headers["authorization"].partition(" ")[2].strip()


async def find_visitor(request: HttpRequest) -> Actor | None:
    """Return the signed-in actor by bearer token or session cookie, or None; found once in a request."""
    scope = cast("dict[str, Any]", request.scope)
    if _VISITOR_KEY not in scope:
        scope[_VISITOR_KEY] = await _find(request)
    return scope[_VISITOR_KEY]


async def _find(request: HttpRequest) -> Actor | None:
    token = read_token(request)
    if not token:
        return None
    services = get_services(request)
    async with services.db.connection() as conn:
        actor = await find_actor_by_token(conn, token, now=services.clock.now())
    if actor is not None:
        services.rate_limiter.remember_session(hash_token(token), str(actor.account_id))
    return actor


async def keep_auditors_reading(request: HttpRequest, handler: BaseRouteHandler) -> None:
    """Record what an auditor is about to read; refuse what would change something.

    A route that is no GET may state `auditor="reads"`, if it only posts what it asks for, or `auditor="acts"`: it is
    what an auditor does, or belongs to the own session. Routes that do not know the actor are left out: they act for
    no account.

    Raises:
        AuditorReads: the request would change something.
    """
    if not _KNOWS_ACTOR & handler.parsed_fn_signature.parameters.keys():
        return
    actor = await find_visitor(request)
    if actor is None or not is_auditor(actor):
        return
    stated = "reads" if request.method in _READ_METHODS else handler.opt.get("auditor")
    if stated is None:
        raise AuditorReads
    if stated == "acts":
        return
    services = get_services(request)
    async with services.db.transaction() as conn:
        query = "&".join(f"{name}={value}" for name, value in parse_qsl(request.url.query or ""))
        named = request.path_params.get("county") or request.query_params.get("county")
        await record_reading(
            conn,
            account_id=actor.account_id,
            county=named or find_home_county(actor) or "",
            read=f"{request.method} {request.url.path}{'?' if query else ''}{query}",
            now=services.clock.now(),
        )
