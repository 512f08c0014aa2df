"""Read conversations, each side its own; the transaction has the reader's scope (`get_person_scope`)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.people.storage.photos import PAGE_WIDTHS, PhotoFormat, PhotoPurpose, get_file_name
from market.sales.conversations.models import Side
from market.sales.conversations.write import TEXT_CONTEXT

MAX_COUNTED = 99
"""Up to how many conversations with something new are counted."""
_MAX_POSITION = 2**31 - 1


class _MessageFields(Struct, frozen=True, kw_only=True):
    position: int
    side: Side
    writer: str
    photo_ids: list[UUID]
    at: datetime


class ConversationMessage(_MessageFields, frozen=True, kw_only=True):
    """A message; `writer` is who of the seller's team wrote it, for the team alone.

    The text of a buyer whose account is closed is `erased`.
    """

    text: str
    erased: bool


class _MessageRow(_MessageFields, frozen=True, kw_only=True):
    text_sealed: bytes | None


class _ConversationFields(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    order_number: int
    position: int
    code: str
    producer: str
    title: str
    messages: int
    unread: bool
    last_at: datetime


class Conversation(_ConversationFields, frozen=True, kw_only=True):
    """A conversation about a suborder, with its last words; `unread`: the other side wrote something new."""

    text: str


class _ConversationRow(_ConversationFields, frozen=True, kw_only=True):
    text_sealed: bytes | None


class SaleHeading(Struct, frozen=True, kw_only=True):
    """What a conversation is about, also before its first message."""

    order_number: int
    position: int
    code: str
    producer: str
    title: str


class Unread(Struct, frozen=True):
    """A suborder of an order about which the seller wrote something new."""

    suborder_id: UUID


_HEADING = """
    SELECT orders.number AS order_number, suborders.position, orders.number || '-' || suborders.position AS code,
           producers.name AS producer,
           (SELECT o.title FROM order_lines o
             WHERE o.suborder_id = suborders.id ORDER BY o.position LIMIT 1) AS title"""
_SALES = """
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = suborders.producer_id
"""
GET_HEADING = Query(SaleHeading, _HEADING + " FROM suborders" + _SALES + " WHERE suborders.id = :suborder_id")
LIST_MESSAGES = Query(
    _MessageRow,
    """
    SELECT m.position, CASE WHEN from_buyer THEN 'buyer' ELSE 'seller' END AS side,
           CASE WHEN from_buyer OR :as_buyer THEN '' ELSE a.name END AS writer,
           ARRAY(SELECT photo_id FROM conversation_photos p
                  WHERE (p.suborder_id, p.position) = (m.suborder_id, m.position) ORDER BY ordinal) AS photo_ids,
           at, text_sealed
      FROM conversation_messages m JOIN accounts a ON a.id = account_id
     WHERE m.suborder_id = :suborder_id AND m.position < :before
     ORDER BY m.position DESC
     LIMIT :limit
    """,
)
_CONVERSATIONS = (
    _HEADING
    + """,
           c.suborder_id, c.messages, c.last_at,
           CASE WHEN :as_buyer THEN seller_wrote > buyer_read ELSE buyer_wrote > seller_read END AS unread,
           (SELECT text_sealed FROM conversation_messages m
             WHERE (m.suborder_id, m.position) = (c.suborder_id, c.messages)) AS text_sealed
      FROM conversations c JOIN suborders ON suborders.id = c.suborder_id"""
    + _SALES
)
_NEWEST_FIRST = """
       AND (:before_at::timestamptz IS NULL OR (c.last_at, c.suborder_id) < (:before_at, :before_id::uuid))
     ORDER BY c.last_at DESC, c.suborder_id DESC
     LIMIT :limit
"""
LIST_BUYER_CONVERSATIONS = Query(
    _ConversationRow, _CONVERSATIONS + " WHERE c.buyer_id = :account_id AND :as_buyer" + _NEWEST_FIRST
)
# The latest of each producer, by its index.
LIST_SELLER_CONVERSATIONS = Query(
    _ConversationRow,
    _CONVERSATIONS
    + """
     WHERE c.suborder_id = ANY(ARRAY(
               SELECT latest.suborder_id
                 FROM unnest(:producer_ids::uuid[]) AS own (producer_id)
                CROSS JOIN LATERAL (SELECT suborder_id FROM conversations c
                                     WHERE producer_id = own.producer_id"""
    + _NEWEST_FIRST
    + """) AS latest))
       AND NOT :as_buyer
     ORDER BY c.last_at DESC, c.suborder_id DESC
     LIMIT :limit
    """,
)
GET_LAST_AT = Query(datetime, "SELECT last_at FROM conversations WHERE suborder_id = :suborder_id")
COUNT_BUYER_UNREAD = Query(
    int,
    """
    SELECT count(*)
      FROM (SELECT FROM conversations WHERE buyer_id = :account_id AND seller_wrote > buyer_read LIMIT :most) AS unread
    """,
)
COUNT_SELLER_UNREAD = Query(
    int,
    """
    SELECT count(*)
      FROM (SELECT FROM conversations
             WHERE producer_id = ANY(:producer_ids::uuid[]) AND buyer_wrote > seller_read LIMIT :most) AS unread
    """,
)
LIST_UNREAD = Query(
    Unread,
    """
    SELECT suborder_id
      FROM conversations JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id AND seller_wrote > buyer_read
     LIMIT 100
    """,
)
FIND_MESSAGE_PHOTO = Query(
    str,
    """
    SELECT f.name
      FROM conversation_photos p
      JOIN conversations c ON c.suborder_id = p.suborder_id
      JOIN photos f ON f.id = p.photo_id
     WHERE p.photo_id = :photo_id AND (c.buyer_id = :account_id OR c.producer_id = ANY(:producer_ids::uuid[]))
     LIMIT 1
    """,
)


async def get_heading(conn: Connection, suborder_id: UUID) -> SaleHeading:
    """Return what a conversation is about; the caller has checked the reader's side."""
    return await GET_HEADING.one(conn, suborder_id=suborder_id)


async def list_messages(
    conn: Connection, seal: Seal, suborder_id: UUID, *, side: Side, before: int | None = None, limit: int = 50
) -> Page[ConversationMessage]:
    """Return 1 to 100 messages of a conversation that the person of the transaction sees, latest first.

    `before` is the position of the last one of the previous page.
    """
    size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_MESSAGES.all(
        conn,
        suborder_id=suborder_id,
        as_buyer=side is Side.BUYER,
        before=_MAX_POSITION if before is None else max(0, min(before, _MAX_POSITION)),
        limit=size + 1,
    )
    messages = [
        build_from(ConversationMessage, row, text=_open(seal, row.text_sealed), erased=row.text_sealed is None)
        for row in rows
    ]
    return make_page(messages, size, lambda each: each.position)


async def list_conversations(
    conn: Connection, seal: Seal, buyer_id: UUID, *, before: UUID | None = None, limit: int = 20
) -> Page[Conversation]:
    """Return the conversations of a buyer, the one with the last words first.

    `before` is the suborder of the last one of the previous page.
    """
    size = max(1, min(limit, MAX_PAGE_SIZE))
    before_at = None if before is None else await GET_LAST_AT.maybe(conn, suborder_id=before)
    rows = await LIST_BUYER_CONVERSATIONS.all(
        conn, as_buyer=True, account_id=buyer_id, before_at=before_at, before_id=before, limit=size + 1
    )
    return _make_page(seal, rows, size)


async def list_producer_conversations(
    conn: Connection, seal: Seal, producer_ids: Sequence[UUID], *, before: UUID | None = None, limit: int = 20
) -> Page[Conversation]:
    """Return the conversations of producers, the one with the last words first; the caller checks who reads."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    before_at = None if before is None else await GET_LAST_AT.maybe(conn, suborder_id=before)
    rows = await LIST_SELLER_CONVERSATIONS.all(
        conn, as_buyer=False, producer_ids=list(producer_ids), before_at=before_at, before_id=before, limit=size + 1
    )
    return _make_page(seal, rows, size)


def _make_page(seal: Seal, rows: list[_ConversationRow], size: int) -> Page[Conversation]:
    conversations = [build_from(Conversation, row, text=_open(seal, row.text_sealed)) for row in rows]
    return make_page(conversations, size, lambda each: each.suborder_id)


def _open(seal: Seal, sealed: bytes | None) -> str:
    return seal.open(sealed, TEXT_CONTEXT) if sealed else ""


async def count_unread(conn: Connection, actor: Actor, *, side: Side) -> int:
    """Return in how many conversations the other side wrote something new, at most 99."""
    if side is Side.BUYER:
        return await COUNT_BUYER_UNREAD.one(conn, account_id=actor.account_id, most=MAX_COUNTED)
    return await COUNT_SELLER_UNREAD.one(conn, producer_ids=list(actor.producers), most=MAX_COUNTED)


async def list_unread_suborders(conn: Connection, order_id: UUID) -> set[UUID]:
    """Return the suborders of an order about which the seller wrote something that its buyer has not read."""
    return {each.suborder_id for each in await LIST_UNREAD.all(conn, order_id=order_id)}


async def get_message_photo_name(conn: Connection, reader: Actor, photo_id: UUID, *, small: bool = False) -> str:
    """Return the store name of a message's photo, large or `small`, in a transaction with the reader's scope.

    Raises:
        NotFound: there is no such photo, or the reader is on neither side of its sale.
    """
    name = await FIND_MESSAGE_PHOTO.maybe(
        conn, photo_id=photo_id, account_id=reader.account_id, producer_ids=list(reader.producers)
    )
    if name is None:
        raise NotFound
    return get_file_name(PhotoPurpose.MESSAGE, name, PhotoFormat.WEBP, PAGE_WIDTHS[0 if small else -1])
