"""The context of an operator's page: whose files, and of which county."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock, get_business_day
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import get_operator_seat, require_operator
from market.people.identity.models import Actor, NotFound
from market.reports.month import find_county_name
from market.service.http import HttpRequest
from market.service.web.desk.presenters import get_operator_name
from market.service.web.forms import PostedForm
from market.service.web.pages import render_page
from market.subsidies.month.cycles import read_county
from market.subsidies.names import Operator

_COUNTY_DIGITS = 6
_FORMATS = {"csv": FileFormat.CSV, "xlsx": FileFormat.XLSX}


class OperatorRoom(Struct, frozen=True):
    """An operator's account in a county; `chosen`: the county comes from the URL."""

    actor: Actor
    operator: Operator
    county: str
    name: str
    chosen: bool
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return get_business_day(self.now)

    @property
    def operator_name(self) -> str:
        """The operator's name."""
        return get_operator_name(self.operator)

    def to(self, path: str, **query: str | int) -> str:
        """Return a URL of the operator's pages for this county."""
        values: dict[str, str | int] = {"county": self.county} if self.chosen else {}
        values.update({name: value for name, value in query.items() if value not in {"", 0}})
        return f"{path}?{urlencode(values)}" if values else path


async def open_room(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> OperatorRoom | None:
    """Return the context of a page, for the county in the URL or the account's only one; None if one must be chosen.

    Raises:
        NotAllowed, SecondFactorRequired: the account is none of an operator, or has no second factor in this session.
        NotFound: it does not serve the county.
        BadCounty: the URL has an invalid county.
    """
    seat = get_operator_seat(actor)
    code = request.query_params.get("county", "")
    only = seat.scopes[0] if len(seat.scopes) == 1 and len(seat.scopes[0]) == _COUNTY_DIGITS else None
    county = read_county(code) if code else only
    if county is None:
        return None
    operator = Operator(require_operator(actor, county))
    async with db.connection() as conn:
        name = await find_county_name(conn, county)
    if name is None:
        raise NotFound
    return OperatorRoom(actor, operator, county, name, chosen=county != only, now=clock.now())


async def require_room(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> OperatorRoom:
    """Return the context of a page that needs a county.

    Raises:
        NotFound: the URL has none, and the account serves several.
        Refusal: see `open_room`.
    """
    room = await open_room(request, db, actor, clock)
    if room is None:
        raise NotFound
    return room


def render_room(
    request: HttpRequest, room: OperatorRoom, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Response[bytes]:
    """Return a private page of an operator."""
    return render_page(request, f"operators/{template}", {"room": room, **context}, status=status, actor=room.actor)


def read_format(form: PostedForm) -> FileFormat:
    """Return the format of a download that the button chose."""
    return _FORMATS.get(form.get_text("format"), FileFormat.XLSX)
