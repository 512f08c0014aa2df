"""Whose desk it is: the official, the county, what of it may be seen, and how its pages are answered."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from msgspec import Struct

from market.identity import Actor, NotAllowed, NotFound, NotSignedIn, Role, SecondFactorNeeded
from market.kernel import Database, Query, Refusal
from market.kernel.clock import Clock, day_of
from market.reports.desk.months import county_name
from market.reports.desk.sight import home_county, places_in
from market.subsidies.cycles import read_county
from market.web.plumbing import page, refusal_page, see_other

Asked = Request[Any, Any, Any]


class County(Struct, frozen=True):
    """A county to choose from."""

    code: str
    name: str


COUNTIES_UNDER = Query(
    County,
    """
    SELECT left(code, 6) AS code, name FROM divisions
     WHERE level = 3 AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(code, scope))
     ORDER BY code
     LIMIT 400
    """,
)


PLACE_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:scope, 12, '0')")


class Office(Struct, frozen=True):
    """The desk of one official in one county; `places` is what of its register may be seen, empty for none of it.

    The platform's own people, whose roles are wider than a county, have a desk without one: `county` is empty.
    """

    actor: Actor
    county: str
    name: str
    places: tuple[str, ...]
    chosen: bool
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return day_of(self.now)

    @property
    def whole(self) -> bool:
        """Whether the official sees the whole county."""
        return self.places == (self.county,)

    def to(self, path: str, **query: str | int) -> str:
        """Return an address of the desk that stays in this county."""
        given: dict[str, str | int] = {"county": self.county} if self.chosen else {}
        given.update({name: value for name, value in query.items() if value not in {"", 0}})
        return f"{path}?{urlencode(given)}" if given else path


class ChooseCounty(Exception):  # noqa: N818 - leads to a page
    """The official's roles are wider than a county: a county must be chosen."""

    def __init__(self, actor: Actor, now: datetime, counties: list[County]) -> None:
        super().__init__("choose a county")
        self.actor, self.now, self.counties = actor, now, counties


async def enter(request: Asked, db: Database, actor: Actor, clock: Clock, *, register: bool = True) -> Office:
    """Open the desk: of the county in the address, or of the official's own.

    With `register` unset the page shows nothing of the register, and the platform's own people may enter.

    Raises:
        NotAllowed, SecondFactorNeeded, NotFound: see `places_in`.
        BadCounty: the address names no county.
        ChooseCounty: the official's roles are wider than a county and the address names none.
    """
    if not actor.grants:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded
    asked = request.query_params.get("county", "")
    county = read_county(asked) if asked else home_county(actor)
    now = clock.now()
    async with db.connection() as conn:
        if county is None:
            scopes = [grant.scope for grant in actor.grants]
            if not register and all(grant.role is Role.PLATFORM for grant in actor.grants):
                place = await PLACE_NAME.maybe(conn, scope=min(scopes, key=len))
                return Office(actor, "", place or "", (), chosen=False, now=now)
            raise ChooseCounty(actor, now, await COUNTIES_UNDER.all(conn, scopes=scopes))
        if not any(grant.scope.startswith(county) or county.startswith(grant.scope) for grant in actor.grants):
            raise NotFound
        name = await county_name(conn, county)
    if name is None:
        raise NotFound
    try:
        places = places_in(actor, county)
    except NotAllowed:
        if register:
            raise
        places = ()
    return Office(actor, county, name, places, chosen=county != home_county(actor), now=now)


def show(
    request: Asked, office: Office, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> Response[bytes]:
    """Answer with a page of the desk; it is the official's alone and kept nowhere."""
    return page(
        request,
        f"desk/{template}",
        {"county": office.name, "today": office.today, "office": office, "keep": keep(office), **(context or {})},
        status=status,
        actor=office.actor,
    )


def keep(office: Office) -> str:
    """Return what an address of a form carries so that it stays in the county: `?county=130624` or nothing."""
    return f"?county={office.county}" if office.chosen else ""


def _careful[R: Response[Any]](response: R) -> R:
    """Give an answer to an exception the headers that the application gives every other."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def lead_to_sign_in(request: Asked, refusal: NotSignedIn) -> Response[Any]:
    """Lead who opens a page of the desk to signing in, and back; a form that was sent is refused."""
    if request.method != "GET":
        return _careful(refusal_page(request, refusal))
    return _careful(see_other(f"/sign-in?{urlencode({'to': _here(request)})}"))


def lead_to_factor(request: Asked, refusal: SecondFactorNeeded) -> Response[Any]:
    """Lead an official to the second factor, and back; a form that was sent is refused."""
    if request.method != "GET":
        return _careful(refusal_page(request, refusal))
    return _careful(see_other(f"/sign-in/factor?{urlencode({'to': _here(request)})}"))


def lead_to_county(request: Asked, asked: ChooseCounty) -> Response[Any]:
    """Show the counties among which an official chooses."""
    context = {"counties": asked.counties, "path": request.url.path, "today": day_of(asked.now)}
    return _careful(page(request, "desk/counties.html", context, actor=asked.actor))


def _here(request: Asked) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def skip_of(request: Asked, *, most: int = 100_000) -> int:
    """Return how many rows of a list come before the page that is asked for."""
    text = request.query_params.get("skip", "")
    return min(int(text), most) if text.isdecimal() and len(text) <= 7 else 0  # noqa: PLR2004 - seven digits


class Said(Struct, frozen=True):
    """What stands on top of a page after a step: done, a reminder, or a refusal."""

    kind: str
    title: str
    lines: tuple[str, ...] = ()


def said_of(refusal: Refusal, title: str = "没有办成") -> Said:
    """Return a refusal as the desk says it: what happened, and each single fault."""
    faults = tuple(f"{fault.field}：{fault.message}" for fault in refusal.errors[:50])
    return Said("no", title, (refusal.text("zh"), *faults))
