"""Messages about a sale: who writes and reads them, what the other side is told, limits, reports and erasure."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from market.cases.casework.models import CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.people.identity.models import Actor, NotFound, Role
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.moderation.off_platform import OffPlatformContact
from market.privacy.close_account import close_account
from market.privacy.personal_data import load_personal_data
from market.sales.complaints.complain import answer_complaint, complain
from market.sales.complaints.models import ComplainedBefore, ComplaintCategory, InvalidComplaint
from market.sales.complaints.views import get_complaint
from market.sales.conversations.erase import delete_old_conversations
from market.sales.conversations.models import (
    CONVERSATION_LIFETIME,
    MAX_DAILY_MESSAGES,
    MAX_MESSAGES,
    SET_ANSWERS,
    TELL_AGAIN_AFTER,
    InvalidMessage,
    NotBought,
    Side,
    TooManyMessages,
)
from market.sales.conversations.views import (
    Conversation,
    ConversationMessage,
    count_unread,
    get_message_photo_name,
    list_conversations,
    list_messages,
    list_producer_conversations,
    list_unread_suborders,
)
from market.sales.conversations.write import find_side, mark_read, report_message, write_message
from market.sales.orders.cancel import cancel_order
from tests.conftest import NOW
from tests.support.make import add_member, load_actor, load_owner, make_official, make_product
from tests.support.postgres import as_owner
from tests.support.shop import BUYER_ADDRESS, Shopping, make_buyer

BUYER, SELLER = Side.BUYER, Side.SELLER


class Sold(Struct, frozen=True):
    """A paid parcel with its buyer, the owner and a helper of its seller, and others."""

    shopping: Shopping
    order_id: UUID
    suborder_id: UUID
    producer_id: UUID
    owner: Actor
    helper: Actor
    strangers: list[Actor]

    async def write(
        self, text: str = "什么时候发？", *, side: Side = BUYER, by: Actor | None = None, now: datetime = NOW,
        photo_ids: list[UUID] | None = None,
    ) -> int:  # fmt: skip
        w = self.shopping
        writer = by or (w.buyer if side is BUYER else self.owner)
        async with w.db.transaction(scope=get_person_scope(writer)) as conn:
            return await write_message(
                conn, w.seal, writer, self.suborder_id, side=side, text=text, photo_ids=photo_ids or [], now=now
            )

    async def read(self, reader: Actor, side: Side) -> list[ConversationMessage]:
        async with self.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            return (await list_messages(conn, self.shopping.seal, self.suborder_id, side=side)).items

    async def mark(self, position: int, *, side: Side) -> None:
        reader = self.shopping.buyer if side is BUYER else self.helper
        async with self.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            await mark_read(conn, reader, self.suborder_id, side=side, position=position)

    async def count(self, reader: Actor, side: Side) -> int:
        async with self.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            return await count_unread(conn, reader, side=side)

    async def list_told(self) -> list[str]:
        return [name for name, _ in await self.shopping.messages() if name.startswith("message_")]

    async def add_photo(self, owner: Actor, *, purpose: str = "message") -> UUID:
        async with self.shopping.db.transaction() as conn, as_owner(conn):
            return await conn.fetchval(
                "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
                " VALUES ($1, $2, sha256(uuidv7()::text::bytea), 9, 9, 'webp', $3) RETURNING id",
                owner.account_id, purpose, NOW,
            )  # fmt: skip


@pytest.fixture
async def sold(shopping: Shopping) -> Sold:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        owner = await load_owner(conn, product.producer_id)
        helper = await add_member(conn, product.producer_id, "样例代办")
        other = await make_product(conn)
        strangers = [
            await make_buyer(conn),
            await load_owner(conn, other.producer_id),
            await load_actor(conn, await make_official(conn, Role.COUNTY, "130624")),
        ]
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    suborder = (await shopping.see(order)).suborders[0]
    return Sold(shopping, order.id, suborder.id, product.producer_id, owner, helper, strangers)


async def test_the_team_of_the_seller_and_the_buyer_read_what_they_write_and_nobody_else(sold: Sold) -> None:
    assert await sold.write() == 1
    assert await sold.write(SET_ANSWERS[1], side=SELLER, by=sold.helper) == 2
    seen = await sold.read(sold.shopping.buyer, BUYER)
    assert [(each.side, each.text, each.writer) for each in seen] == [
        (SELLER, SET_ANSWERS[1], ""), (BUYER, "什么时候发？", ""),
    ]  # fmt: skip
    assert [each.writer for each in await sold.read(sold.owner, SELLER)] == ["样例代办", ""]
    for stranger in sold.strangers:
        for side in Side:
            assert await sold.read(stranger, side) == []
            with pytest.raises(NotFound):
                await sold.write(side=side, by=stranger)
            async with sold.shopping.db.transaction(scope=get_person_scope(stranger)) as conn:
                with pytest.raises(NotFound):
                    await mark_read(conn, stranger, sold.suborder_id, side=side, position=1)
                with pytest.raises(NotFound):
                    await find_side(conn, stranger, sold.suborder_id)
    with pytest.raises(NotFound):
        await sold.write(side=SELLER, by=sold.shopping.buyer)
    with pytest.raises(NotFound):
        await sold.write(side=BUYER, by=sold.owner)


async def test_what_is_written_is_sealed(sold: Sold) -> None:
    await sold.write("枣甜不甜")
    async with sold.shopping.db.transaction() as conn, as_owner(conn):
        assert "枣甜".encode() not in await conn.fetchval("SELECT text_sealed FROM conversation_messages")


async def test_new_words_are_counted_until_they_are_read_and_never_unread_again(sold: Sold) -> None:
    buyer = sold.shopping.buyer
    await sold.write()
    await sold.write("还有吗")
    assert (await sold.count(sold.owner, SELLER), await sold.count(sold.helper, SELLER)) == (1, 1)
    assert await sold.count(buyer, BUYER) == 0
    await sold.mark(1, side=SELLER)
    assert await sold.count(sold.owner, SELLER) == 1
    await sold.mark(2, side=SELLER)
    await sold.mark(1, side=SELLER)
    assert await sold.count(sold.owner, SELLER) == 0
    await sold.write("有", side=SELLER)
    async with sold.shopping.db.transaction(scope=get_person_scope(buyer)) as conn:
        assert await list_unread_suborders(conn, sold.order_id) == {sold.suborder_id}
        page = await list_conversations(conn, sold.shopping.seal, buyer.account_id)
        assert [(each.unread, each.text, each.messages) for each in page.items] == [(True, "有", 3)]
    async with sold.shopping.db.transaction(scope=get_person_scope(sold.owner)) as conn:
        page = await list_producer_conversations(conn, sold.shopping.seal, [sold.producer_id])
        assert [each.unread for each in page.items] == [False]


async def test_the_schema_keeps_marks_that_are_lowered(sold: Sold) -> None:
    await sold.write()
    await sold.mark(1, side=SELLER)
    async with sold.shopping.db.transaction() as conn, as_owner(conn):
        for change in ("seller_read = 0", "messages = 0, buyer_wrote = 0, buyer_read = 0, seller_read = 0"):
            with pytest.raises(asyncpg.PostgresError, match="stays so"):
                async with conn.transaction():
                    await conn.execute(f"UPDATE conversations SET {change}")
        with pytest.raises(asyncpg.CheckViolationError, match="conversations_read"):
            async with conn.transaction():
                await conn.execute("UPDATE conversations SET seller_read = 2")


async def test_marks_sent_at_once_end_at_the_highest(sold: Sold) -> None:
    for _ in range(5):
        await sold.write()
    await asyncio.gather(*(sold.mark(position, side=SELLER) for position in (3, 5, 1, 4, 2, 5, 99)))
    async with sold.shopping.db.transaction() as conn, as_owner(conn):
        assert await conn.fetchval("SELECT seller_read FROM conversations") == 5


async def test_the_other_side_is_told_without_the_words_and_at_most_every_six_hours(sold: Sold) -> None:
    await sold.write("枣")
    await sold.write("枣", now=NOW + timedelta(hours=1))
    assert await sold.list_told() == ["message_seller"]
    await sold.write("在", side=SELLER, now=NOW + timedelta(hours=2))
    assert await sold.list_told() == ["message_seller", "message_buyer"]
    await sold.write("枣", now=NOW + TELL_AGAIN_AFTER - timedelta(seconds=1))
    await sold.write("枣", now=NOW + TELL_AGAIN_AFTER)
    assert sorted(await sold.list_told()) == ["message_buyer", "message_seller", "message_seller"]
    assert all("枣" not in facts for name, facts in await sold.shopping.messages() if name.startswith("message_"))


async def test_a_message_has_words_or_photos_within_limits(sold: Sold) -> None:
    for text, fields in (("", ["text"]), ("  ", ["text"]), ("话" * 301, ["text"])):
        with pytest.raises(InvalidMessage) as caught:
            await sold.write(text)
        assert [each.field for each in caught.value.errors] == fields
    for text in ("打 17010008803", "加微信", "看 www.abc"):
        for side in Side:
            with pytest.raises(OffPlatformContact):
                await sold.write(text, side=side)
    await sold.write(f"打 {BUYER_ADDRESS.phone} 就行", side=SELLER)
    with pytest.raises(ForbiddenWord):
        await sold.write("滞销了，帮帮忙", side=SELLER)
    await sold.write("是不是滞销的")


async def test_photos_are_of_the_writer_for_messages_three_at_most_and_private(sold: Sold) -> None:
    buyer = sold.shopping.buyer
    own = [await sold.add_photo(buyer) for _ in range(4)]
    review, others = await sold.add_photo(buyer, purpose="review"), await sold.add_photo(sold.owner)
    for photos in ([review], [others], own):
        with pytest.raises(InvalidMessage):
            await sold.write(photo_ids=photos)
    await sold.write("", photo_ids=own[:3])
    with pytest.raises(InvalidMessage):
        await sold.write(photo_ids=own[:1])
    assert (await sold.read(buyer, BUYER))[0].photo_ids == own[:3]
    for reader in (buyer, sold.helper):
        async with sold.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            assert (await get_message_photo_name(conn, reader, own[0], small=True)).endswith("-240.webp")
    for reader in sold.strangers:
        async with sold.shopping.db.transaction(scope=get_person_scope(reader)) as conn:
            with pytest.raises(NotFound):
                await get_message_photo_name(conn, reader, own[0])


async def test_of_many_messages_at_once_no_more_than_the_limit_of_a_day_is_written(sold: Sold) -> None:
    outcomes = await asyncio.gather(
        *(sold.write(f"第 {number} 句") for number in range(MAX_DAILY_MESSAGES + 6)), return_exceptions=True
    )
    assert sorted(each for each in outcomes if isinstance(each, int)) == list(range(1, MAX_DAILY_MESSAGES + 1))
    assert sum(isinstance(each, TooManyMessages) for each in outcomes) == 6
    assert await sold.list_told() == ["message_seller"]
    assert await sold.write("在", side=SELLER) == MAX_DAILY_MESSAGES + 1
    assert await sold.write(now=NOW + timedelta(days=1)) == MAX_DAILY_MESSAGES + 2


async def test_a_conversation_is_bounded(sold: Sold) -> None:
    await sold.write()
    async with sold.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE conversations SET messages = $1, buyer_wrote = $1", MAX_MESSAGES)
    with pytest.raises(TooManyMessages):
        await sold.write(side=SELLER)


async def test_only_what_was_paid_is_talked_about_and_still_after_it_was_cancelled(sold: Sold) -> None:
    w = sold.shopping
    async with w.db.transaction() as conn:
        product = await make_product(conn)
    unpaid = await w.place([(product.variant_id, 1)])
    suborder_id = (await w.see(unpaid)).suborders[0].id
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        with pytest.raises(NotBought):
            await write_message(conn, w.seal, w.buyer, suborder_id, side=BUYER, text="在吗", now=NOW)
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, sold.order_id, now=NOW)
    assert await sold.write("钱退到哪里") == 1


async def test_a_reported_message_is_a_complaint_with_its_words(sold: Sold) -> None:
    w = sold.shopping
    await sold.write()
    await sold.write("枣坏了别来找我", side=SELLER)

    async def report(position: int, text: str = "骂人", *, by: Actor = w.buyer) -> UUID:
        async with w.db.transaction(scope=get_person_scope(by)) as conn:
            opened = await report_message(
                conn, w.seal, by, sold.suborder_id, position, category=ComplaintCategory.FRAUD, text=text, now=NOW
            )
        return opened.case_id

    for position, by in ((1, w.buyer), (3, w.buyer), (2, sold.owner), (2, sold.strangers[0])):
        with pytest.raises(NotFound):
            await report(position, by=by)
    with pytest.raises(InvalidComplaint):
        await report(2, "话" * 151)
    case_id = await report(2)
    with pytest.raises(ComplainedBefore):
        await report(2)
    async with w.db.transaction(scope=get_person_scope(sold.strangers[2])) as conn:
        complaint = await get_complaint(conn, w.seal, case_id)
    assert complaint is not None
    assert "“枣坏了别来找我”。骂人" in complaint.text


async def test_a_seller_reports_a_buyer_to_the_county_and_the_buyer_does_not_learn_of_it(sold: Sold) -> None:
    w = sold.shopping
    await sold.write("再不便宜就写差评")
    await sold.write("好的", side=SELLER)

    async def report(
        position: int, category: ComplaintCategory = ComplaintCategory.BUYER, *, by: Actor = sold.owner
    ) -> UUID:
        async with w.db.transaction(scope=get_person_scope(by)) as conn:
            opened = await report_message(
                conn, w.seal, by, sold.suborder_id, position, side=SELLER, category=category, text="威胁", now=NOW
            )
        return opened.case_id

    for position, by in ((2, sold.owner), (3, sold.owner), (1, w.buyer), (1, sold.strangers[0])):
        with pytest.raises(NotFound):
            await report(position, by=by)
    with pytest.raises(InvalidComplaint):
        await report(1, ComplaintCategory.FRAUD)
    case_id = await report(1)
    with pytest.raises(ComplainedBefore):
        await report(1)
    for reader, seen in ((sold.owner, True), (sold.strangers[2], True), (w.buyer, False), (sold.strangers[0], False)):
        async with w.db.transaction(scope=get_person_scope(reader)) as conn:
            complaint = await get_complaint(conn, w.seal, case_id)
        assert (complaint is not None) is seen
        if complaint is not None:
            assert (complaint.assignee, complaint.category) == ("county", ComplaintCategory.BUYER)
            assert "“再不便宜就写差评”。威胁" in complaint.text
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        with pytest.raises(InvalidComplaint):
            await complain(
                conn, w.seal, w.buyer, sold.suborder_id, category=ComplaintCategory.BUYER, text="反咬", now=NOW
            )
    async with w.db.transaction(scope=get_person_scope(sold.strangers[2])) as conn:
        await answer_complaint(
            conn, w.seal, sold.strangers[2], case_id, outcome=CaseOutcome.SOLVED, text="跟买家谈过了", now=NOW
        )
    told = [name for name, _ in await w.messages()]
    assert (told.count("case_assigned"), told.count("report_answered"), told.count("complaint_answered")) == (1, 1, 0)


async def test_what_a_buyer_wrote_is_in_their_copy_and_erased_with_the_account(sold: Sold) -> None:
    w = sold.shopping
    photo = await sold.add_photo(w.buyer)
    await sold.write("枣甜吗", photo_ids=[photo])
    await sold.write("甜", side=SELLER)
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, sold.order_id, now=NOW)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        data = await load_personal_data(conn, w.seal, w.buyer.account_id)
    assert [(each.text, each.photo_ids) for each in data.messages] == [("枣甜吗", [photo])]
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE payments.refunds SET state = 'succeeded'")
    async with w.db.transaction() as conn:
        await close_account(conn, w.seal, w.buyer.account_id, by="test", now=NOW)
    seen = await sold.read(sold.owner, SELLER)
    assert [(each.text, each.erased, each.photo_ids) for each in seen] == [("甜", False, []), ("", True, [])]


async def test_a_conversation_is_deleted_three_years_after_its_last_message(sold: Sold) -> None:
    await sold.write(photo_ids=[await sold.add_photo(sold.shopping.buyer)])
    ends = NOW + CONVERSATION_LIFETIME
    assert await delete_old_conversations(sold.shopping.db, ends - CONVERSATION_LIFETIME) == 0
    assert await delete_old_conversations(sold.shopping.db, NOW + timedelta(seconds=1)) == 1
    assert await sold.read(sold.owner, SELLER) == []


async def test_pages_of_conversations_show_each_once(sold: Sold) -> None:
    w = sold.shopping
    async with w.db.transaction() as conn:
        products = [await make_product(conn) for _ in range(3)]
    expected: list[UUID] = []
    for minutes, product in enumerate(products):
        order = await w.place([(product.variant_id, 1)])
        await w.pay(order)
        expected.append((await w.see(order)).suborders[0].id)
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            now = NOW + timedelta(minutes=minutes // 2)
            await write_message(conn, w.seal, w.buyer, expected[-1], side=BUYER, text="在吗", now=now)
    seen: list[Conversation] = []
    before: UUID | None = None
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        while True:
            page = await list_conversations(conn, w.seal, w.buyer.account_id, before=before, limit=1)
            seen += page.items
            if page.next is None:
                break
            before = UUID(str(page.next))
    assert {each.suborder_id for each in seen} == set(expected)
    assert len(seen) == len(expected)
    assert seen[0].suborder_id == expected[2]
