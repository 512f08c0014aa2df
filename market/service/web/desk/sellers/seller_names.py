"""Correct the verified name of somebody who sells, with the document seen and the reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Actor, NameReserved, NotFound, PersonRenamed
from market.sales.payouts.correct_name import MAX_REASON_LENGTH, CorrectionReasonNeeded
from market.sales.payouts.correct_seller_name import correct_seller_name, list_seller_names
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.sellers.producers import parse_path_id
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.services import get_services


class NameForm(Struct, frozen=True):
    """The form of a corrected name as typed; `account` is whose, `seen` the name that the page showed."""

    account: str = ""
    seen: str = ""
    name: str = ""
    reason: str = ""


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, producer_id: UUID,
    *, form: NameForm | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        producer, sellers = await list_seller_names(conn, desk.actor, producer_id, now=desk.now)
    context = {
        "producer": producer,
        "sellers": sellers,
        "form": form or NameForm(),
        "errors": errors,
        "notice": notice,
        "max_reason": MAX_REASON_LENGTH,
    }
    return render_desk_page(request, desk, "seller_names.html", context, status=status)


@get("/producers/{producer_id:str}/name", include_in_schema=False)
async def show_seller_names(
    request: HttpRequest,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the people who sell for a producer, each with the form to correct the name."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _page(request, db, desk, parse_path_id(producer_id))


@post("/producers/{producer_id:str}/name", include_in_schema=False)
async def submit_seller_name(
    request: HttpRequest,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Correct the name of somebody who sells for a producer; the person gets an SMS."""
    posted = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    producer, typed = parse_path_id(producer_id), posted.fill(NameForm)
    account_id = parse_uuid(typed.account)
    if account_id is None:
        raise NotFound
    try:
        async with db.transaction() as conn:
            corrected = await correct_seller_name(
                conn, seal, actor, producer, AccountId(account_id), seen=typed.seen, name=typed.name,
                reason=typed.reason, help_phone=get_services(request).settings.help_phone, now=desk.now,
            )  # fmt: skip
    except NameReserved as refusal:
        return await _page(request, db, desk, producer, form=typed, errors=refusal.errors, status=refusal.status)
    except CorrectionReasonNeeded as refusal:
        errors = [FieldFault("reason", refusal.text("zh"))]
        return await _page(request, db, desk, producer, form=typed, errors=errors, status=refusal.status)
    except PersonRenamed as refusal:
        notice = build_refusal_notice(refusal, "没有改")
        return await _page(request, db, desk, producer, form=typed, notice=notice, status=refusal.status)
    done = "same" if not corrected.changed else "unpaid" if corrected.ended_accounts else "named"
    return redirect(desk.to(f"/desk/producers/{producer}", done=done))


ROUTES = [show_seller_names, submit_seller_name]
