"""买家的话 on a seller's pages: the conversations with buyers, and the answer with one tap or in one's own words."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.complaints.models import ComplainedBefore, ComplaintCategory, InvalidComplaint, TooManyComplaints
from market.sales.complaints.views import find_buyer_report
from market.sales.conversations.models import MAX_REPORT_LENGTH, SET_ANSWERS, Side
from market.sales.conversations.views import list_producer_conversations
from market.sales.conversations.write import report_message, require_side
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.conversation_page import (
    build_thread_context,
    describe_conversation,
    load_thread,
    submit_message,
)
from market.service.web.farm.sellers import FarmRow
from market.service.web.forms import make_form_key, parse_integer, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.services import get_services

_MAX_POSITION = 10_000


class BuyerReportForm(Struct, frozen=True):
    """The form that reports a message of a buyer."""

    message: str = ""
    text: str = ""


@get("/farm/messages", include_in_schema=False)
async def show_farm_conversations(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """List the conversations of the producers that a person works for, the one with the last words first."""
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        page = await list_producer_conversations(conn, seal, actor.producers, before=before)
    context = {
        "rows": [
            FarmRow(
                f"/farm/messages/{each.suborder_id}", each.title, describe_conversation(each, today=clock.today()), "",
                "没看" if each.unread else "",
            )
            for each in page.items
        ],
        "more": f"/farm/messages?before={page.next}" if page.next else None,
    }  # fmt: skip
    return render_page(request, "farm/conversations.html", context, actor=actor)


async def _page(
    request: HttpRequest, actor: Actor, suborder_id: UUID, *, text: str = "", key: str,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    before = parse_integer(request.query_params.get("before", ""), maximum=_MAX_POSITION)
    path = f"/farm/messages/{suborder_id}"
    thread = await load_thread(request, actor, suborder_id, Side.SELLER, before)
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        reported = await find_buyer_report(conn, services.seal, suborder_id)
    report = "" if reported else f"{path}/report"
    context = build_thread_context(thread, Side.SELLER, path=path, report=report, text=text, errors=errors, key=key)
    context |= {
        "reported": reported,
        "said": request.query_params.get("said") == "sent",
        "answers": [(str(number), words) for number, words in enumerate(SET_ANSWERS, 1)],
        "answer_key": make_form_key(),
    }
    return render_page(request, "farm/conversation.html", context, actor=actor, status=status)


@get("/farm/messages/{suborder_id:uuid}", include_in_schema=False)
async def show_farm_conversation(
    request: HttpRequest, actor: NamedDependency[Actor], suborder_id: FromPath[UUID]
) -> Response[bytes]:
    """Show what was written about a sale, and the ways to answer; what is shown is read.

    Raises:
        NotFound: it is not a sale of a producer that the person works for.
    """
    return await _page(request, actor, suborder_id, key=make_form_key())


@post("/farm/messages/{suborder_id:uuid}", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_farm_message(
    request: HttpRequest, actor: NamedDependency[Actor], suborder_id: FromPath[UUID]
) -> Response[Any]:
    """Write to the buyer: a set answer, or one's own words; a form sent twice writes once.

    Raises:
        NotFound: it is not a sale of a producer that the person works for.
    """
    form = await read_form(request)
    chosen = parse_integer(form.get_text("answer"), maximum=len(SET_ANSWERS))
    text = SET_ANSWERS[chosen - 1] if chosen else form.get_text("text")
    path = f"/farm/messages/{suborder_id}"
    done = await submit_message(request, actor, form, suborder_id, side=Side.SELLER, text=text, path=path)
    if isinstance(done, Redirect):
        return done
    errors, status = done
    typed = "" if chosen else text
    return await _page(request, actor, suborder_id, text=typed, key=form.key, errors=errors, status=status)


async def _report_page(
    request: HttpRequest, actor: Actor, values: BuyerReportForm, *, key: str, errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    path = request.url.path
    context = {
        "action": path, "back": path.removesuffix("/report"), "most": MAX_REPORT_LENGTH, "values": values,
        "errors": errors, "key": key, "due": await load_due_words(request, ComplaintCategory.BUYER),
    }  # fmt: skip
    return render_page(request, "farm/report_buyer.html", context, actor=actor, status=status)


@get("/farm/messages/{suborder_id:uuid}/report", include_in_schema=False)
async def show_buyer_report_form(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor], suborder_id: FromPath[UUID]
) -> Response[bytes]:
    """Ask why a message of the buyer is reported.

    Raises:
        NotFound: it is not a sale of a producer that the person works for.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        await require_side(conn, actor, suborder_id, Side.SELLER)
    values = BuyerReportForm(request.query_params.get("message", ""))
    return await _report_page(request, actor, values, key=make_form_key())


@post("/farm/messages/{suborder_id:uuid}/report", include_in_schema=False)
async def submit_buyer_report(
    request: HttpRequest,
    *,
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Report a message of the buyer to the county; a form sent twice reports once.

    Raises:
        NotFound: it is not a sale of a producer that the person works for, or the buyer wrote no such message.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(BuyerReportForm)
    message = parse_integer(values.message, maximum=_MAX_POSITION) or 0

    async def work(conn: Connection) -> str:
        await report_message(
            conn, seal, actor, suborder_id, message, side=Side.SELLER, category=ComplaintCategory.BUYER,
            text=values.text, now=now,
        )  # fmt: skip
        return f"/farm/messages/{suborder_id}"

    try:
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvalidComplaint, ComplainedBefore, TooManyComplaints) as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _report_page(request, actor, values, key=form.key, errors=errors, status=refusal.status)


ROUTES = [
    show_farm_conversations,
    show_farm_conversation,
    submit_farm_message,
    show_buyer_report_form,
    submit_buyer_report,
]
