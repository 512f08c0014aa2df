"""防骗提醒 on the desk: what the county warns of, for some days, on every farmer's page and by SMS to who consented."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.people.moderation.forbidden_words import ForbiddenWord
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import make_form_key, parse_id, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh
from market.villages.content.models import MAX_WARNING_LENGTH, FraudWarning, NewWarning, StoryInvalid, WarningReason
from market.villages.content.warnings import REASON_NAMES, end_warning, list_warnings, publish_warning

_DONE = {"published": "发了，农户的每一页下面都有", "ended": "停了"}


class WarningForm(Struct, frozen=True):
    """A warning as typed."""

    reason: str = ""
    text: str = ""
    first: str = ""
    last: str = ""
    sms: str = ""


def _describe(warning: FraudWarning, desk: DeskContext) -> list[str]:
    told = f"，短信 {warning.told} 人" if warning.told else ""
    days = f"{day_zh(warning.first)}到{day_zh(warning.last)}{told}"
    ended = "停了" if warning.ended else "过了" if warning.last < desk.today else ""
    return [REASON_NAMES[warning.reason], days, *([ended] if ended else [])]


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, form: WarningForm | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        warnings = await list_warnings(conn, desk.county)
    done = _DONE.get(request.query_params.get("done", ""))
    keeps = has_role_for(desk.actor, COUNTY_KEEPERS, desk.county)
    context = {
        "warnings": [
            (str(each.id), each.text, _describe(each, desk), keeps and not each.ended and each.last >= desk.today)
            for each in warnings
        ],
        "keeps": keeps,
        "reasons": [(each.value, words) for each, words in REASON_NAMES.items()],
        "form": form or WarningForm(first=desk.today.isoformat()),
        "errors": errors,
        "notice": PageNotice("ok", done) if done else None,
        "key": make_form_key(),
        "most": MAX_WARNING_LENGTH,
    }
    return render_desk_page(request, desk, "warnings.html", context, status=status)


@get("/warnings", include_in_schema=False)
async def show_warnings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List what the county warned of, with the form of another warning."""
    desk = await open_desk(request, db, actor, clock)
    return await _page(request, db, desk)


@post("/warnings", include_in_schema=False)
async def submit_warning(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Publish a warning, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    typed = form.fill(WarningForm)
    reason = next((each for each in WarningReason if each == typed.reason), None)
    first = form.read_day("first", fault="写哪天起")
    last = form.read_day("last", fault="写到哪天")
    if reason is None:
        form.add_fault("reason", "请选一条")
    if form.faults or reason is None or first is None or last is None:
        return await _page(request, db, desk, form=typed, errors=form.faults, status=StoryInvalid.status)
    new = NewWarning(reason=reason, text=typed.text[:200], first=first, last=last, sms=typed.sms == "1")

    async def publish(conn: Connection) -> str:
        await publish_warning(conn, seal, actor, desk.county, new, now=desk.now)
        return desk.to("/desk/warnings", done="published")

    try:
        return await submit_once(request, actor, form, publish, scope=desk.county)
    except (StoryInvalid, ForbiddenWord) as refusal:
        return await _page(request, db, desk, form=typed, errors=refusal.errors, status=refusal.status)


@post("/warnings/{warning_id:str}", include_in_schema=False)
async def submit_warning_end(
    request: HttpRequest,
    *,
    warning_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """End a warning."""
    await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    found = parse_id(warning_id)
    async with db.transaction(scope=desk.county) as conn:
        await end_warning(conn, actor, desk.county, found, now=desk.now)
    return redirect(desk.to("/desk/warnings", done="ended"))


ROUTES = [show_warnings, submit_warning, submit_warning_end]
