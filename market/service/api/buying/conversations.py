"""Messages between the buyer and the seller of a suborder."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.complaints.complain import OpenedComplaint
from market.sales.complaints.models import ComplaintCategory
from market.sales.conversations.models import MAX_MESSAGE_PHOTOS, MAX_REPORT_LENGTH
from market.sales.conversations.views import (
    Conversation,
    ConversationMessage,
    list_conversations,
    list_messages,
    list_producer_conversations,
)
from market.sales.conversations.write import find_side, mark_read, report_message, write_message
from market.service.api.idempotency import run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """What is written; the photos were uploaded with the purpose `message`."""

    text: Annotated[str, Meta(max_length=1000)] = ""
    photo_ids: Annotated[list[UUID], Meta(max_length=MAX_MESSAGE_PHOTOS)] = []


class WrittenMessage(Struct, frozen=True):
    """The position of a message in its conversation, from 1 on."""

    position: int


class ReadMark(Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which position the conversation is read."""

    position: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class MessageReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a message is reported, which decides who answers by when."""

    category: ComplaintCategory
    text: Annotated[str, Meta(max_length=MAX_REPORT_LENGTH)] = ""


class ConversationController(Controller):
    """Conversations about sales."""

    path = "/api/v1"
    tags = ("conversations",)

    @post("/suborders/{suborder_id:uuid}/messages", operation_id="WriteMessage", idempotent=True)
    async def write(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[NewMessage],
    ) -> Response[WrittenMessage]:
        """Write to the seller of your suborder, or as the seller to its buyer."""

        async def work(conn: Connection) -> WrittenMessage:
            side = await find_side(conn, actor, suborder_id)
            return WrittenMessage(
                await write_message(
                    conn, seal, actor, suborder_id, side=side, text=data.text, photo_ids=data.photo_ids, now=clock.now()
                )
            )

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @get("/suborders/{suborder_id:uuid}/messages", operation_id="ListMessages")
    async def messages(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        suborder_id: FromPath[UUID],
        before: FromQuery[int | None] = None,
        limit: FromQuery[PageSize] = 50,
    ) -> Page[ConversationMessage]:
        """List the messages about a suborder of yours, latest first; this marks none as read."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            side = await find_side(conn, actor, suborder_id)
            return await list_messages(conn, seal, suborder_id, side=side, before=before, limit=limit)

    @post("/suborders/{suborder_id:uuid}/messages/read", operation_id="MarkMessagesRead", status_code=204)
    async def read(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        suborder_id: FromPath[UUID],
        data: JSONBody[ReadMark],
    ) -> None:
        """Mark the messages about a suborder as read up to a position, never back."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            side = await find_side(conn, actor, suborder_id)
            await mark_read(conn, actor, suborder_id, side=side, position=data.position)

    @post("/suborders/{suborder_id:uuid}/messages/{position:int}/report", operation_id="ReportMessage", idempotent=True)
    async def report(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        position: FromPath[int],
        data: JSONBody[MessageReport],
    ) -> Response[OpenedComplaint]:
        """Report a message of the other side with its words: as its buyer, or as the seller with `complaint_buyer`."""

        async def work(conn: Connection) -> OpenedComplaint:
            side = await find_side(conn, actor, suborder_id)
            return await report_message(
                conn, seal, actor, suborder_id, position, side=side, category=data.category, text=data.text,
                now=clock.now(),
            )  # fmt: skip

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @get("/conversations", operation_id="ListOwnConversations")
    async def own(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[Conversation]:
        """List your conversations with sellers, the one with the last words first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_conversations(conn, seal, actor.account_id, before=before, limit=limit)

    @get("/producers/{producer_id:uuid}/conversations", operation_id="ListProducerConversations")
    async def of_producer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[Conversation]:
        """List the conversations of a producer with its buyers."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_producer_conversations(conn, seal, [producer_id], before=before, limit=limit)


ROUTES = [ConversationController]
