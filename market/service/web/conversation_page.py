"""What the conversation pages of buyers and sellers share: the thread, and the form of the next message."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar.response import Redirect
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, FieldFault
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.page import Page
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.moderation.off_platform import OffPlatformContact
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.sales.conversations.models import (
    MAX_MESSAGE_LENGTH,
    MAX_MESSAGE_PHOTOS,
    TELL_AGAIN_AFTER,
    InvalidMessage,
    NotBought,
    Side,
    TooManyMessages,
)
from market.sales.conversations.views import Conversation, ConversationMessage, SaleHeading, get_heading, list_messages
from market.sales.conversations.write import check_message, mark_read, write_message
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, label_photos, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh, day_zh

PAGE_SIZE = 50
_PHOTO_FIELDS = tuple(f"photo{number or ''}" for number in (0, *range(2, MAX_MESSAGE_PHOTOS + 1)))
_MAX_EXCERPT = 24


class MessageView(Struct, frozen=True):
    """A message for display: who wrote it when, its photos, and where to report it."""

    who: str
    text: str
    photos: list[tuple[str, str]]
    report: str


class Thread(Struct, frozen=True):
    """A conversation as one side sees it, oldest message first."""

    heading: SaleHeading
    page: Page[ConversationMessage]


async def load_thread(request: HttpRequest, actor: Actor, suborder_id: UUID, side: Side, before: int | None) -> Thread:
    """Return a conversation of one side of a sale, and mark what is shown as read.

    Raises:
        NotFound: the person is not that side of the sale.
    """
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        # Also the check of who reads; an older page marks nothing, as the mark is further on.
        await mark_read(conn, actor, suborder_id, side=side, position=0)
        heading = await get_heading(conn, suborder_id)
        page = await list_messages(conn, services.seal, suborder_id, side=side, before=before, limit=PAGE_SIZE)
        if page.items:
            await mark_read(conn, actor, suborder_id, side=side, position=page.items[0].position)
    return Thread(heading, page)


def build_thread_context(
    thread: Thread,
    side: Side,
    *,
    path: str,
    report: str = "",
    text: str = "",
    errors: Sequence[FieldFault] = (),
    key: str,
) -> dict[str, Any]:
    """Return what shop/conversation.html and farm/conversation.html show of a conversation."""
    return {
        "heading": thread.heading,
        "messages": [_present(each, thread.heading, side, report) for each in reversed(thread.page.items)],
        "older": f"{path}?before={thread.page.next}" if thread.page.next else None,
        "action": path,
        "photos": label_photos(_PHOTO_FIELDS),
        "most": MAX_MESSAGE_LENGTH,
        "hours": TELL_AGAIN_AFTER // timedelta(hours=1),
        "draft": f"message-{thread.heading.code}",
        "text": text,
        "errors": errors,
        "key": key,
    }


def _present(message: ConversationMessage, heading: SaleHeading, side: Side, report: str) -> MessageView:
    own = message.side is side
    who = say("我") if own else say("买家")
    if message.side is Side.SELLER:
        who = message.writer or (say("我") if own else heading.producer)
    text = say("这个人注销了账号，写的删掉了。") if message.erased else message.text
    return MessageView(
        say("{0}，{1}", who, clock_zh(message.at)),
        text,
        [(f"/message-photos/{each}", say("照片 {0}", number)) for number, each in enumerate(message.photo_ids, 1)],
        f"{report}?message={message.position}" if report and not own and not message.erased else "",
    )


async def submit_message(
    request: HttpRequest, actor: Actor, form: PostedForm, suborder_id: UUID, *, side: Side, text: str, path: str
) -> Redirect | tuple[list[FieldFault], int]:
    """Write the message of a form once; return the faults and the status if it is refused.

    Raises:
        NotFound: the person is not that side of the sale.
    """
    services = get_services(request)
    now = services.clock.now()
    ids = await form.store_photos(request, actor, _PHOTO_FIELDS, PhotoPurpose.MESSAGE)
    if form.faults:
        return form.faults, 422

    async def work(conn: Connection) -> str:
        await write_message(conn, services.seal, actor, suborder_id, side=side, text=text, photo_ids=ids, now=now)
        return f"{path}?said=sent"

    try:
        check_message(text, photos=len(ids))
        return await submit_once(request, actor, form, work, scope=get_person_scope(actor))
    except (InvalidMessage, OffPlatformContact, ForbiddenWord, NotBought, TooManyMessages, BadPhoto) as refusal:
        otherwise = "photo" if isinstance(refusal, BadPhoto) else "text"
        return rename_faults(refusal, {}, otherwise=otherwise), refusal.status


def describe_conversation(conversation: Conversation, *, today: date) -> list[str]:
    """Return the lines of a row of a list: what was said last, and when."""
    text = conversation.text.replace("\n", " ") or say("照片")
    excerpt = text if len(text) <= _MAX_EXCERPT else f"{text[:_MAX_EXCERPT]}…"
    day = get_business_day(conversation.last_at)
    when = clock_zh(conversation.last_at) if day == today else day_zh(day)
    return [excerpt, say("{0}，订单 {1}", when, conversation.code)]
