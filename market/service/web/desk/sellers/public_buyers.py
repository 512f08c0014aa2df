"""公家单位: the accounts that buy for a public unit at its price, verified by the platform's staff."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_platform_staff
from market.people.identity.models import Actor
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import (
    NewPublicBuyer,
    PublicBuyer,
    PublicBuyerInvalid,
    list_public_buyers,
    save_public_buyer,
)
from market.sales.procurement.views import DUTY_NAMES
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.ui.format import day_zh

_DONE = "记好了，登录后就按公家单位的价"
_MAX_PHONE_LENGTH, _MAX_NAME_LENGTH, _MAX_CODE_LENGTH = 20, 200, 40


class PublicBuyerForm(Struct, frozen=True):
    """The form as it was typed."""

    phone: str = ""
    unit_name: str = ""
    credit_code: str = ""
    ends_on: str = ""
    duty: str = ""


def _describe_buyer(buyer: PublicBuyer, today: date) -> tuple[str, list[str]]:
    until = f"到{day_zh(buyer.ends_on)}" if buyer.ends_on >= today else f"{day_zh(buyer.ends_on)}过期了，按平常的价"
    return f"{buyer.unit_name}，{DUTY_NAMES[buyer.duty]}", [
        buyer.credit_code,
        f"{until}；{day_zh(buyer.verified_at)}核的",
    ]


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, form: PublicBuyerForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        buyers = await list_public_buyers(conn, desk.actor)
    context = {
        "rows": [_describe_buyer(each, desk.today) for each in buyers],
        "form": form,
        "duties": [(each.value, words) for each, words in DUTY_NAMES.items()],
        "errors": errors,
        "key": make_form_key(),
        "notice": PageNotice("ok", _DONE) if request.query_params.get("done") == "1" else None,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "public_buyers.html", context, status=status)


@get("/public-buyers", include_in_schema=False)
async def show_public_buyers(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the public units that buy, with the form that verifies another one."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _page(request, db, desk, PublicBuyerForm())


@post("/public-buyers", include_in_schema=False)
async def submit_public_buyer(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Verify a unit, or change the unit and the last day of an account, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    require_platform_staff(actor)
    values = form.fill(PublicBuyerForm)
    ends_on = form.read_day("ends_on", fault="最后一天写成 2027-12-31 这样")
    if ends_on is None:
        return await _page(request, db, desk, values, errors=form.faults, status=PublicBuyerInvalid.status)
    new = NewPublicBuyer(
        phone=values.phone[:_MAX_PHONE_LENGTH],
        unit_name=values.unit_name[:_MAX_NAME_LENGTH],
        credit_code=values.credit_code[:_MAX_CODE_LENGTH],
        ends_on=ends_on,
        duty=next((each for each in UnitDuty if each == values.duty), UnitDuty.REQUESTER),
    )

    async def save(conn: Connection) -> str:
        await save_public_buyer(conn, seal, actor, new, now=desk.now)
        return desk.to("/desk/public-buyers", done=1)

    try:
        return await submit_once(request, actor, form, save)
    except PublicBuyerInvalid as refusal:
        return await _page(request, db, desk, values, errors=refusal.errors, status=refusal.status)


ROUTES = [show_public_buyers, submit_public_buyer]
