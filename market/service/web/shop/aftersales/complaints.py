"""投诉 on a buyer's pages: the form of a complaint, and what came of those about the same purchase."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.models import SELLER, CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.complaints.complain import check_complaint_text, complain
from market.sales.complaints.models import (
    COMPLAINT_NAMES,
    MAX_COMPLAINT_LENGTH,
    ComplainedBefore,
    ComplaintCategory,
    InvalidComplaint,
    NothingToComplain,
    TooManyComplaints,
)
from market.sales.complaints.views import Complaint, list_suborder_complaints
from market.sales.orders.queries import SuborderView, get_order, get_order_id
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.forms import make_form_key, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.ui.format import deadline

_WHO = {SELLER: "卖家", "county": "县里", "platform": "平台"}
OUTCOME_NAMES = {
    CaseOutcome.SOLVED: "办好了",
    CaseOutcome.UNSOLVED: "没有办成",
    CaseOutcome.NOT_OURS: "不归这里管",
    CaseOutcome.DUPLICATE: "跟另一件一样",
    CaseOutcome.WITHDRAWN: "撤回了",
}


class ComplaintForm(Struct, frozen=True):
    """The form of a complaint as it was typed."""

    category: str = ""
    text: str = ""


def describe_complaint(complaint: Complaint) -> str:
    """Describe who answers a complaint until when, or what came of it."""
    name = f"{say(complaint.name)} {complaint.number}"
    if complaint.state is not CaseState.CLOSED or complaint.outcome is None:
        return say(
            "{0}：等{1}答复，{2}前。", name, say(_WHO.get(complaint.assignee, "县里")), deadline(complaint.due_at)
        )
    return say("{0}：{1}。{2}", name, say(OUTCOME_NAMES[complaint.outcome]), complaint.answer)


async def _load(
    db: Database, seal: Seal, actor: Actor, number: int, position: int
) -> tuple[SuborderView, list[Complaint]]:
    """Return a part of the buyer's order and its complaints.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
        suborder = next((each for each in order.suborders if each.position == position), None)
        if suborder is None:
            raise NotFound
        return suborder, await list_suborder_complaints(conn, seal, actor, suborder.id)


async def _page(
    request: HttpRequest, actor: Actor, loaded: tuple[SuborderView, list[Complaint]], values: ComplaintForm,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    suborder, complaints = loaded
    path = request.url.path
    context = {
        "action": path,
        "back": path.partition("/complaint/")[0],
        "seller": suborder.producer,
        "said": request.query_params.get("said") == "1",
        "complaints": [(f"/cases/{each.case_id}", describe_complaint(each)) for each in complaints],
        "categories": [(each.value, say(words)) for each, words in COMPLAINT_NAMES.items()],
        "due": await load_due_words(request, ComplaintCategory.GOODS),
        "due_fraud": await load_due_words(request, ComplaintCategory.FRAUD),
        "most": MAX_COMPLAINT_LENGTH,
        "values": values,
        "errors": errors,
        "key": key,
    }
    return render_page(request, "shop/complaint.html", context, actor=actor, status=status)


@get("/orders/{number:int}/complaint/{position:int}", include_in_schema=False, english=True)
async def show_complaint_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Show the complaints about a purchase, and the form of another one.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    loaded = await _load(db, seal, actor, number, position)
    return await _page(request, actor, loaded, ComplaintForm(), key=make_form_key())


@post("/orders/{number:int}/complaint/{position:int}", include_in_schema=False, english=True)
async def submit_complaint(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Complain about a purchase; a form sent twice complains once.

    Raises:
        NotFound: the order belongs to someone else, or has no such part.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(ComplaintForm)
    loaded = await _load(db, seal, actor, number, position)
    category = next((each for each in ComplaintCategory if each == values.category), None)

    async def work(conn: Connection) -> str:
        assert category is not None, "checked below"
        await complain(conn, seal, actor, loaded[0].id, category=category, text=values.text, now=now)
        return f"/orders/{number}/complaint/{position}?said=1"

    if category is None:
        errors = [FieldFault("category", say("请选一条"))]
        return await _page(request, actor, loaded, values, key=form.key, errors=errors, status=422)
    try:
        check_complaint_text(values.text, field="text", missing=say("请写发生了什么"))
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvalidComplaint, ComplainedBefore, TooManyComplaints, NothingToComplain) as refusal:
        errors = rename_faults(refusal, {}, otherwise="category")
        return await _page(request, actor, loaded, values, key=form.key, errors=errors, status=refusal.status)


ROUTES = [show_complaint_form, submit_complaint]
