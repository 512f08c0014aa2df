"""The context of an official's page: the official, the county, its visible divisions, and the response."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from msgspec import Struct

from market.kernel import Database, Query, Refusal
from market.kernel.clock import Clock, get_business_day
from market.people.identity.access import (
    find_home_county,
    get_roles,
    get_visible_divisions,
    get_visible_scope,
    list_scopes,
    require_official,
    require_scope_in_county,
)
from market.people.identity.models import Actor, NotAllowed, NotFound, NotSignedIn, Role, SecondFactorRequired
from market.reports.month import find_county_name
from market.service.http import HttpRequest
from market.service.web.pages import redirect, render_page, render_refusal
from market.subsidies.month.cycles import read_county


class CountyChoice(Struct, frozen=True):
    """A county to choose from."""

    code: str
    name: str


LIST_COUNTIES = Query(
    CountyChoice,
    """
    SELECT truncate_code(code, 3) AS code, name FROM divisions
     WHERE level = 3 AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(code, scope))
     ORDER BY code
     LIMIT 400
    """,
)


GET_DIVISION_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:scope, 12, '0')")


class DeskContext(Struct, frozen=True):
    """An official at the desk of a county; only the `divisions` of its register are visible.

    `chosen`: the county comes from the URL, not from the official's role. For the platform's staff, whose roles
    are wider than a county, `county` is empty.
    """

    actor: Actor
    county: str
    name: str
    divisions: tuple[str, ...]
    chosen: bool
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return get_business_day(self.now)

    @property
    def whole(self) -> bool:
        """Whether the official sees the whole county."""
        return self.divisions == (self.county,)

    @property
    def sees_register(self) -> bool:
        """Whether the menu offers the register's pages: the platform's staff is refused them in every county."""
        return get_roles(self.actor) != {Role.PLATFORM}

    def to(self, path: str, **query: str | int) -> str:
        """Return a URL of the desk for this county."""
        values: dict[str, str | int] = {"county": self.county} if self.chosen else {}
        values.update({name: value for name, value in query.items() if value not in {"", 0}})
        return f"{path}?{urlencode(values)}" if values else path


class CountyNotChosen(Exception):
    """The official's roles are wider than a county: a county must be chosen."""

    def __init__(self, actor: Actor, now: datetime, counties: list[CountyChoice]) -> None:
        super().__init__("choose a county")
        self.actor, self.now, self.counties = actor, now, counties


async def open_desk(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, register: bool = True
) -> DeskContext:
    """Return the context of a page, for the county in the URL or the official's own.

    With `register=False` the page shows no register data, and the platform's staff may open it.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `get_visible_divisions`.
        BadCounty: the URL has an invalid county.
        CountyNotChosen: the official's roles are wider than a county and the URL has none.
    """
    require_official(actor)
    code = request.query_params.get("county", "")
    county = read_county(code) if code else find_home_county(actor)
    now = clock.now()
    async with db.connection() as conn:
        if county is None:
            if not register and get_roles(actor) == {Role.PLATFORM}:
                division_name = await GET_DIVISION_NAME.maybe(conn, scope=get_visible_scope(actor))
                return DeskContext(actor, "", division_name or "", (), chosen=False, now=now)
            raise CountyNotChosen(actor, now, await LIST_COUNTIES.all(conn, scopes=list_scopes(actor)))
        require_scope_in_county(actor, county)
        name = await find_county_name(conn, county)
    if name is None:
        raise NotFound
    try:
        divisions = get_visible_divisions(actor, county)
    except NotAllowed:
        if register:
            raise
        divisions = ()
    return DeskContext(actor, county, name, divisions, chosen=county != find_home_county(actor), now=now)


def render_desk_page(
    request: HttpRequest,
    desk: DeskContext,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> Response[bytes]:
    """Return a private page of the desk, which no cache may store."""
    return render_page(
        request,
        f"desk/{template}",
        {
            "county": desk.name,
            "today": desk.today,
            "desk": desk,
            "keep": build_county_query(desk),
            **(context or {}),
        },
        status=status,
        actor=desk.actor,
    )


def build_county_query(desk: DeskContext) -> str:
    """Return the query of a form's URL that keeps the county: `?county=130624` or nothing."""
    return f"?county={desk.county}" if desk.chosen else ""


def _add_security_headers[R: Response[Any]](response: R) -> R:
    """Add the headers of every response to the response of an exception handler."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def redirect_to_sign_in(request: HttpRequest, refusal: NotSignedIn) -> Response[Any]:
    """Redirect a GET request to sign-in and back; refuse a submitted form."""
    if request.method != "GET":
        return _add_security_headers(render_refusal(request, refusal))
    return _add_security_headers(redirect(f"/sign-in?{urlencode({'to': _current_address(request)})}"))


def redirect_to_second_factor(request: HttpRequest, refusal: SecondFactorRequired) -> Response[Any]:
    """Redirect a GET request to the second factor and back; refuse a submitted form."""
    if request.method != "GET":
        return _add_security_headers(render_refusal(request, refusal))
    return _add_security_headers(redirect(f"/sign-in/factor?{urlencode({'to': _current_address(request)})}"))


def show_counties(request: HttpRequest, error: CountyNotChosen) -> Response[Any]:
    """Show the counties from which an official chooses; who supervises them begins with all of them."""
    if request.url.path == "/desk" and Role.SUPERVISOR in get_roles(error.actor):
        return _add_security_headers(redirect("/desk/region"))
    context = {"counties": error.counties, "path": request.url.path, "today": get_business_day(error.now)}
    return _add_security_headers(render_page(request, "desk/counties.html", context, actor=error.actor))


def _current_address(request: HttpRequest) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def read_offset(request: HttpRequest, *, maximum: int = 100_000) -> int:
    """Return the offset of the requested page of a list, or 0 if it is invalid."""
    text = request.query_params.get("skip", "")
    return min(int(text), maximum) if text.isdecimal() and len(text) <= 7 else 0


class PageNotice(Struct, frozen=True):
    """A notice at the top of a page: `kind` is ok, warn or no (a refusal)."""

    kind: str
    title: str
    lines: tuple[str, ...] = ()


def build_refusal_notice(refusal: Refusal, title: str = "没有办成") -> PageNotice:
    """Return the notice of a refusal: its text and each fault."""
    faults = tuple(f"{fault.field}：{fault.message}" for fault in refusal.errors[:50])
    return PageNotice("no", title, (refusal.text("zh"), *faults))
