"""Write to the other side of a sale, read what it wrote, and report it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import require_allowed_words
from market.people.moderation.off_platform import require_on_platform
from market.people.notify.notifications import format_month_day, notify_account, notify_producer
from market.sales.complaints.complain import OpenedComplaint, complain, report_buyer
from market.sales.complaints.models import ComplaintCategory, InvalidComplaint
from market.sales.conversations.models import (
    MAX_DAILY_MESSAGES,
    MAX_MESSAGE_LENGTH,
    MAX_MESSAGE_PHOTOS,
    MAX_MESSAGES,
    MAX_REPORT_LENGTH,
    TELL_AGAIN_AFTER,
    InvalidMessage,
    NotBought,
    Side,
    TooManyMessages,
)
from market.sales.orders.address import open_address

TEXT_CONTEXT = "conversation_messages.text"
_REPORTS = {
    Side.BUYER: "卖家 {day}给我发的：“{text}”。{reason}",
    Side.SELLER: "买家 {day}给我发的：“{text}”。{reason}",
}
"""What is reported, by the side that reports it."""


class _Sale(Struct, frozen=True, kw_only=True):
    buyer_id: UUID
    producer_id: UUID
    order_number: int
    code: str
    paid: bool
    address_sealed: bytes


class _LockedConversation(Struct, frozen=True, kw_only=True):
    messages: int
    buyer_told_at: datetime | None
    seller_told_at: datetime | None
    wrote_today: int


class _ReportedMessage(Struct, frozen=True):
    text_sealed: bytes | None
    at: datetime


GET_SALE = Query(
    _Sale,
    """
    SELECT buyer_id, producer_id, orders.number AS order_number, orders.number || '-' || position AS code,
           orders.paid_at IS NOT NULL
           OR EXISTS (SELECT FROM deposits WHERE deposits.order_id = orders.id AND deposited_at IS NOT NULL) AS paid,
           address_sealed
      FROM suborders JOIN orders ON orders.id = order_id
     WHERE suborders.id = :suborder_id
    """,
)
OPEN_CONVERSATION = Query(
    None,
    """
    INSERT INTO conversations (suborder_id, producer_id, buyer_id, last_at)
    VALUES (:suborder_id, :producer_id, :buyer_id, :now)
    ON CONFLICT (suborder_id) DO NOTHING
    """,
)
LOCK_CONVERSATION = Query(
    None, "SELECT suborder_id FROM conversations WHERE suborder_id = :suborder_id FOR NO KEY UPDATE"
)
# After the lock, and in a statement of its own: it sees what the one before wrote.
GET_CONVERSATION = Query(
    _LockedConversation,
    """
    SELECT messages, buyer_told_at, seller_told_at,
           (SELECT count(*) FROM conversation_messages m
             WHERE m.suborder_id = c.suborder_id AND from_buyer = :from_buyer AND at > :since::timestamptz)::integer
               AS wrote_today
      FROM conversations c
     WHERE suborder_id = :suborder_id
    """,
)
ADD_CONVERSATION_MESSAGE = Query(
    None,
    """
    INSERT INTO conversation_messages (suborder_id, position, from_buyer, account_id, text_sealed, at)
    VALUES (:suborder_id, :position, :from_buyer, :account_id, :text_sealed, :now)
    """,
)
# Only photos that the writer uploaded for messages, and that no other message has.
ADD_MESSAGE_PHOTOS = Query(
    UUID,
    """
    INSERT INTO conversation_photos (suborder_id, position, ordinal, photo_id)
    SELECT :suborder_id, :position, ordinal, id
      FROM unnest(:photo_ids::uuid[]) WITH ORDINALITY AS sent (photo_id, ordinal) JOIN photos ON id = sent.photo_id
     WHERE owner_id = :owner_id AND purpose = 'message'
       AND NOT EXISTS (SELECT FROM conversation_photos used WHERE used.photo_id = photos.id)
    RETURNING photo_id
    """,
)
# Who writes has read what was there.
RECORD_MESSAGE = Query(
    None,
    """
    UPDATE conversations
       SET messages = :position, last_at = greatest(last_at, :now::timestamptz),
           buyer_wrote = CASE WHEN :from_buyer THEN :position ELSE buyer_wrote END,
           seller_wrote = CASE WHEN :from_buyer THEN seller_wrote ELSE :position END,
           buyer_read = CASE WHEN :from_buyer THEN :position ELSE buyer_read END,
           seller_read = CASE WHEN :from_buyer THEN seller_read ELSE :position END,
           buyer_told_at = CASE WHEN :told AND NOT :from_buyer THEN :now ELSE buyer_told_at END,
           seller_told_at = CASE WHEN :told AND :from_buyer THEN :now ELSE seller_told_at END
     WHERE suborder_id = :suborder_id
    """,
)
MARK_READ = Query(
    int,
    """
    UPDATE conversations
       SET buyer_read = CASE WHEN :as_buyer THEN greatest(buyer_read, least(:position, messages)) ELSE buyer_read END,
           seller_read = CASE WHEN :as_buyer THEN seller_read ELSE greatest(seller_read, least(:position, messages)) END
     WHERE suborder_id = :suborder_id AND CASE WHEN :as_buyer THEN buyer_read ELSE seller_read END < :position
    RETURNING messages
    """,
)
GET_REPORTED_MESSAGE = Query(
    _ReportedMessage,
    """
    SELECT text_sealed, at
      FROM conversation_messages
     WHERE suborder_id = :suborder_id AND position = :position AND from_buyer = :from_buyer
    """,
)


async def _get_sale(conn: Connection, actor: Actor, suborder_id: UUID, side: Side) -> _Sale:
    """Return a sale of which the actor is one side.

    Raises:
        NotFound: the actor is not that side of it.
    """
    sale = await GET_SALE.maybe(conn, suborder_id=suborder_id)
    if sale is None:
        raise NotFound
    allowed = sale.buyer_id == actor.account_id if side is Side.BUYER else sale.producer_id in actor.producers
    if not allowed:
        raise NotFound
    return sale


async def require_side(conn: Connection, actor: Actor, suborder_id: UUID, side: Side) -> None:
    """Require that the actor is one side of a sale.

    Raises:
        NotFound: the actor is not.
    """
    await _get_sale(conn, actor, suborder_id, side)


async def find_side(conn: Connection, actor: Actor, suborder_id: UUID) -> Side:
    """Return which side of a sale the actor is; who buys from their own shop is its buyer.

    Raises:
        NotFound: the actor is neither.
    """
    sale = await GET_SALE.maybe(conn, suborder_id=suborder_id)
    if sale is not None and sale.buyer_id == actor.account_id:
        return Side.BUYER
    if sale is not None and sale.producer_id in actor.producers:
        return Side.SELLER
    raise NotFound


def check_message(text: str, *, photos: int) -> str:
    """Return the cleaned text of a message with `photos` photos.

    Raises:
        InvalidMessage: it has neither text nor a photo, or too much of one.
    """
    cleaned = clean_text(text)
    faults: list[FieldFault] = []
    if not cleaned and not photos:
        faults.append(FieldFault("text", say("写一句话，或者拍张照片")))
    if len(cleaned) > MAX_MESSAGE_LENGTH:
        faults.append(FieldFault("text", say("最多 {0} 字，现在 {1} 字", MAX_MESSAGE_LENGTH, len(cleaned))))
    if photos > MAX_MESSAGE_PHOTOS:
        faults.append(FieldFault("photo", say("一次最多发 {0} 张照片", MAX_MESSAGE_PHOTOS)))
    if faults:
        raise InvalidMessage(errors=tuple(faults))
    return cleaned


async def write_message(
    conn: Connection,
    seal: Seal,
    writer: Actor,
    suborder_id: UUID,
    *,
    side: Side,
    text: str,
    photo_ids: Sequence[UUID] = (),
    now: datetime,
) -> int:
    """Write to the other side of a sale, in the caller's transaction with the writer's scope; return the position.

    The other side gets a text message that there is one, at most every `TELL_AGAIN_AFTER`, without its contents.

    Raises:
        NotFound: the writer is not that side of the sale.
        InvalidMessage: see `check_message`; or a photo was not uploaded by the writer for a message.
        OffPlatformContact: the text has a link or a telephone that is not the recipient's, or asks for a code.
        ForbiddenWord: a seller's text appeals to pity, or promises to cure.
        NotBought: the order was never paid.
        TooManyMessages: the side wrote 20 within 24 hours, or there are 200.
    """
    cleaned = check_message(text, photos=len(photo_ids))
    sale = await _get_sale(conn, writer, suborder_id, side)
    _require_allowed(seal, sale, cleaned, side)
    from_buyer = side is Side.BUYER
    await OPEN_CONVERSATION.run(
        conn, suborder_id=suborder_id, producer_id=sale.producer_id, buyer_id=sale.buyer_id, now=now
    )
    # The lock lets the messages of a conversation wait for each other: positions and limits are exact.
    await LOCK_CONVERSATION.run(conn, suborder_id=suborder_id)
    since = now - timedelta(days=1)
    conversation = await GET_CONVERSATION.one(conn, suborder_id=suborder_id, from_buyer=from_buyer, since=since)
    if conversation.wrote_today >= MAX_DAILY_MESSAGES or conversation.messages >= MAX_MESSAGES:
        raise TooManyMessages
    position = conversation.messages + 1
    told_at = conversation.seller_told_at if from_buyer else conversation.buyer_told_at
    told = told_at is None or now - told_at >= TELL_AGAIN_AFTER
    await ADD_CONVERSATION_MESSAGE.run(
        conn,
        suborder_id=suborder_id,
        position=position,
        from_buyer=from_buyer,
        account_id=writer.account_id,
        text_sealed=seal.seal(cleaned, TEXT_CONTEXT),
        now=now,
    )
    await _add_photos(conn, writer, suborder_id, position, photo_ids)
    await RECORD_MESSAGE.run(
        conn, suborder_id=suborder_id, position=position, from_buyer=from_buyer, told=told, now=now
    )
    if told:
        await _tell(conn, seal, sale, side, now=now)
    return position


def _require_allowed(seal: Seal, sale: _Sale, text: str, side: Side) -> None:
    """Require that a text may be written about a sale by one side.

    Raises:
        OffPlatformContact, ForbiddenWord, NotBought: see `write_message`.
    """
    address = open_address(seal, sale.address_sealed)
    require_on_platform(text=text, own_phones=() if address is None else (address.phone,))
    if side is Side.SELLER:
        require_allowed_words(text=text)
    if not sale.paid:
        raise NotBought


async def _tell(conn: Connection, seal: Seal, sale: _Sale, side: Side, *, now: datetime) -> None:
    """Tell the other side that one side wrote, without what it wrote."""
    if side is Side.BUYER:
        await notify_producer(conn, seal, sale.producer_id, "message_seller", {"order": sale.code}, now=now)
    else:
        order = {"order": str(sale.order_number)}
        await notify_account(conn, seal, sale.buyer_id, "message_buyer", order, now=now)


async def _add_photos(
    conn: Connection, writer: Actor, suborder_id: UUID, position: int, photo_ids: Sequence[UUID]
) -> None:
    ids = list(dict.fromkeys(photo_ids))
    if not ids:
        return
    stored = await ADD_MESSAGE_PHOTOS.all(
        conn, suborder_id=suborder_id, position=position, photo_ids=ids, owner_id=writer.account_id
    )
    if len(stored) != len(ids):
        raise InvalidMessage(errors=(FieldFault("photo", say("这张照片不能用，请再拍一张")),))


async def mark_read(conn: Connection, reader: Actor, suborder_id: UUID, *, side: Side, position: int) -> None:
    """Mark a conversation as read by one side up to a position, never back; in a transaction with the reader's scope.

    Raises:
        NotFound: the reader is not that side of the sale.
    """
    await _get_sale(conn, reader, suborder_id, side)
    await MARK_READ.maybe(conn, suborder_id=suborder_id, as_buyer=side is Side.BUYER, position=max(0, position))


async def report_message(
    conn: Connection,
    seal: Seal,
    reporter: Actor,
    suborder_id: UUID,
    position: int,
    *,
    side: Side = Side.BUYER,
    category: ComplaintCategory,
    text: str,
    now: datetime,
) -> OpenedComplaint:
    """Report what the other side wrote, with its words, in the caller's transaction with the reporter's scope.

    A buyer complains in a category; a seller reports in the category `BUYER`, which goes to the county.

    Raises:
        NotFound: the reporter is not that side of the sale, or got no such message.
        InvalidComplaint: the reason is too long, or the category is for the other side.
        ComplainedBefore, TooManyComplaints: see `complain` and `report_buyer`.
    """
    reason = clean_text(text)
    if len(reason) > MAX_REPORT_LENGTH:
        raise InvalidComplaint(errors=(FieldFault("text", say("最多 {0} 字", MAX_REPORT_LENGTH)),))
    await _get_sale(conn, reporter, suborder_id, side)
    by_seller = side is Side.SELLER
    message = await GET_REPORTED_MESSAGE.maybe(conn, suborder_id=suborder_id, position=position, from_buyer=by_seller)
    if message is None:
        raise NotFound
    written = seal.open(message.text_sealed, TEXT_CONTEXT) if message.text_sealed else ""
    day = format_month_day(get_business_day(message.at))
    quoted = _REPORTS[side].format(day=day, text=written or "照片", reason=reason).strip()
    if not by_seller:
        return await complain(conn, seal, reporter, suborder_id, category=category, text=quoted, now=now)
    if category is not ComplaintCategory.BUYER:
        raise InvalidComplaint(errors=(FieldFault("category", "卖家举报买家写 complaint_buyer"),))
    return await report_buyer(conn, seal, reporter, suborder_id, text=quoted, now=now)
