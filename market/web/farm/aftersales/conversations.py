"""买家的话 on a seller's pages: the conversations with buyers, and the answer with one tap or in one's own words."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from market.casework.moves import get_person_scope
from market.conversations.models import SET_ANSWERS, Side
from market.conversations.views import list_producer_conversations
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.rate_limits import RateClass
from market.web.conversation_page import build_thread_context, describe_conversation, load_thread, submit_message
from market.web.farm.sellers import FarmRow
from market.web.forms import make_form_key, parse_integer, parse_uuid, read_form
from market.web.pages import render_page

_MAX_POSITION = 10_000


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
    context = build_thread_context(thread, Side.SELLER, path=path, text=text, errors=errors, key=key)
    context |= {
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


ROUTES = [show_farm_conversations, show_farm_conversation, submit_farm_message]
