"""问卖家: a buyer's messages to the seller of a part of an order, the list of them, and reporting one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.complaints.models import (
    COMPLAINT_NAMES,
    ComplainedBefore,
    ComplaintCategory,
    InvalidComplaint,
    TooManyComplaints,
)
from market.sales.conversations.models import MAX_REPORT_LENGTH, Side
from market.sales.conversations.views import list_conversations
from market.sales.conversations.write import report_message
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
from market.service.web.shop.cards import ShortNumber

_REPORTABLE = (ComplaintCategory.FRAUD, ComplaintCategory.SERVICE)
_MAX_POSITION = 10_000

FIND_OWN_SUBORDER = Query(
    UUID,
    """
    SELECT suborders.id FROM suborders JOIN orders ON orders.id = order_id
     WHERE number = :number AND position = :position AND buyer_id = :buyer_id
    """,
)


class ReportForm(Struct, frozen=True):
    """The form of a report as it was typed."""

    message: str = ""
    category: str = ""
    text: str = ""


async def _find_suborder(db: Database, actor: Actor, number: int, position: int) -> UUID:
    async with db.connection() as conn:
        suborder_id = await FIND_OWN_SUBORDER.maybe(conn, number=number, position=position, buyer_id=actor.account_id)
    if suborder_id is None:
        raise NotFound
    return suborder_id


async def _page(
    request: HttpRequest, actor: Actor, suborder_id: UUID, path: str, *, text: str = "", key: str,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    before = parse_integer(request.query_params.get("before", ""), maximum=_MAX_POSITION)
    thread = await load_thread(request, actor, suborder_id, Side.BUYER, before)
    context = build_thread_context(
        thread, Side.BUYER, path=path, report=f"{path}/report", text=text, errors=errors, key=key
    )
    context["said"] = request.query_params.get("said") == "sent"
    return render_page(request, "shop/conversation.html", context, actor=actor, status=status)


@get("/orders/{number:int}/messages/{position:int}", include_in_schema=False, english=True)
async def show_conversation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Show what was written about a part of an order, and the form of the next message; what is shown is read.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    suborder_id = await _find_suborder(db, actor, number, position)
    return await _page(request, actor, suborder_id, f"/orders/{number}/messages/{position}", key=make_form_key())


@post("/orders/{number:int}/messages/{position:int}", include_in_schema=False, english=True, rate=RateClass.UPLOAD)
async def submit_question(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Write to the seller; a form sent twice writes once.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    form = await read_form(request)
    suborder_id = await _find_suborder(db, actor, number, position)
    path, text = f"/orders/{number}/messages/{position}", form.get_text("text")
    done = await submit_message(request, actor, form, suborder_id, side=Side.BUYER, text=text, path=path)
    if isinstance(done, Redirect):
        return done
    errors, status = done
    return await _page(request, actor, suborder_id, path, text=text, key=form.key, errors=errors, status=status)


async def _report_page(
    request: HttpRequest, actor: Actor, values: ReportForm, *, key: str, errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    path = request.url.path
    context = {
        "action": path,
        "back": path.removesuffix("/report"),
        "categories": [(each.value, say(COMPLAINT_NAMES[each])) for each in _REPORTABLE],
        "due": await load_due_words(request, ComplaintCategory.FRAUD),
        "most": MAX_REPORT_LENGTH,
        "values": values,
        "errors": errors,
        "key": key,
    }
    return render_page(request, "shop/report_message.html", context, actor=actor, status=status)


@get("/orders/{number:int}/messages/{position:int}/report", include_in_schema=False, english=True)
async def show_report_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Ask why a message of the seller is reported.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    await _find_suborder(db, actor, number, position)
    values = ReportForm(request.query_params.get("message", ""))
    return await _report_page(request, actor, values, key=make_form_key())


@post("/orders/{number:int}/messages/{position:int}/report", include_in_schema=False, english=True)
async def submit_report(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Complain about a message of the seller; a form sent twice complains once.

    Raises:
        NotFound: the order belongs to someone else, or the seller wrote no such message.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(ReportForm)
    suborder_id = await _find_suborder(db, actor, number, position)
    message = parse_integer(values.message, maximum=_MAX_POSITION) or 0
    category = next((each for each in _REPORTABLE if each == values.category), None)
    if category is None:
        errors = [FieldFault("category", say("请选一条"))]
        return await _report_page(request, actor, values, key=form.key, errors=errors, status=422)

    async def work(conn: Connection) -> str:
        await report_message(conn, seal, actor, suborder_id, message, category=category, text=values.text, now=now)
        return f"/orders/{number}/complaint/{position}?said=1"

    try:
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvalidComplaint, ComplainedBefore, TooManyComplaints) as refusal:
        errors = rename_faults(refusal, {}, otherwise="category")
        return await _report_page(request, actor, values, key=form.key, errors=errors, status=refusal.status)


@get("/me/messages", include_in_schema=False, english=True)
async def show_own_conversations(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """List a buyer's conversations, the one with the last words first."""
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        page = await list_conversations(conn, seal, actor.account_id, before=before)
    context = {
        "rows": [
            FarmRow(
                f"/orders/{each.order_number}/messages/{each.position}", say("{0}：{1}", each.producer, each.title),
                describe_conversation(each, today=clock.today()), "", say("有新话") if each.unread else "",
            )
            for each in page.items
        ],
        "more": f"/me/messages?before={page.next}" if page.next else None,
    }  # fmt: skip
    return render_page(request, "shop/conversations.html", context, actor=actor)


ROUTES = [
    show_conversation, submit_question, show_report_form, submit_report, show_own_conversations,
]  # fmt: skip
