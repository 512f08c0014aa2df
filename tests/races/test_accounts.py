"""What a person does while their account is closed or their name corrected."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from market.cases.casework.moves import get_account_scope, get_person_scope
from market.kernel import Connection, Database
from market.kernel.idempotency import begin_request, finish_request
from market.kernel.seal import Seal
from market.people.consents.give import give_consent
from market.people.consents.models import ConsentPurpose
from market.people.identity.close import CLOSED_NAME
from market.people.identity.models import AccountId, Actor, NotSignedIn, Role
from market.people.identity.sessions import START_SESSION
from market.people.identity.sign_in import get_phone, update_account
from market.people.notify.queue import queue_message
from market.privacy.close_account import close_account, erase_accounts_again
from market.privacy.request_models import DataRequestKind, NewDataRequest
from market.privacy.requests import ask_about_data
from market.sales.aftersales.receive import confirm_receipt
from market.sales.orders.cart import put_cart
from market.sales.payouts.correct_name import correct_name
from market.sales.pickup_points.models import PickupPointInvalid
from market.villages.services.models import NewSeat
from market.villages.services.seats import sign_up
from market.villages.services.slots import add_course
from tests.conftest import NOW
from tests.people.identity.support import a_code
from tests.sales.pickups.point import register
from tests.support.make import (
    SEAL,
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_phone,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.postgres import wait_for_blocked
from tests.support.shop import Shopping, make_october_nights
from tests.villages.services.test_seats import COURSE

Act = Callable[[Connection, Actor], Awaitable[object]]


async def choose_large_type(conn: Connection, actor: Actor) -> None:
    await update_account(conn, actor, name=actor.name, elder=True)


async def take_name(conn: Connection, actor: Actor) -> None:
    await update_account(conn, actor, name="样例新来的", elder=False)


async def ask(conn: Connection, actor: Actor) -> None:
    await ask_about_data(
        conn, SEAL, actor, NewDataRequest(kind=DataRequestKind.EXPLAIN, text="为什么要我的电话"), now=NOW
    )


async def act(database: Database, actor: Actor, does: Act) -> None:
    async with database.transaction(scope=get_person_scope(actor)) as conn:
        await does(conn, actor)


@pytest.mark.parametrize("does", [choose_large_type, take_name, ask])
async def test_nothing_of_a_person_comes_back_while_the_account_closes(
    database: Database, owner: Connection, does: Act
) -> None:
    async with database.transaction() as conn:
        actor = await load_actor(conn, await make_account(conn, name="样例要走的"))
    async with database.transaction(scope=get_person_scope(actor)) as conn:
        await close_account(conn, SEAL, AccountId(actor.account_id), by="test", now=NOW)
        acting = asyncio.create_task(act(database, actor, does))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(NotSignedIn):
        await acting
    row = await owner.fetchrow("SELECT name, elder FROM accounts WHERE id = $1", actor.account_id)
    assert tuple(row or ()) == (CLOSED_NAME, False)
    assert await owner.fetchval("SELECT count(*) FROM person_keys") == 0


async def test_a_corrected_name_outlasts_who_chooses_large_type_at_that_moment(
    database: Database, owner: Connection, seal: Seal
) -> None:
    async with database.transaction() as conn:
        actor = await load_owner(conn, await make_producer(conn))
    async with database.transaction() as conn:
        await correct_name(conn, seal, actor.account_id, name="样例改过的", reason="看了身份证", now=NOW)
        acting = asyncio.create_task(act(database, actor, choose_large_type))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    await acting
    row = await owner.fetchrow("SELECT name, elder FROM accounts WHERE id = $1", actor.account_id)
    assert tuple(row or ()) == ("样例改过的", True)


async def test_nobody_is_named_keeper_of_a_point_who_closes_the_account_at_that_moment(
    shopping: Shopping, owner: Connection
) -> None:
    w, phone = shopping, make_phone()
    async with w.db.transaction() as conn:
        keeper = await make_account(conn, name="样例守点的", phone=phone)
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    async with w.db.transaction() as conn:
        await close_account(conn, SEAL, keeper, by="test", now=NOW)
        naming = asyncio.create_task(register(w, official, phone))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(PickupPointInvalid):
        await naming
    assert await owner.fetchval("SELECT count(*) FROM pickup_points") == 0


async def answer_form(conn: Connection, actor: Actor) -> None:
    who = str(actor.account_id)
    await begin_request(conn, SEAL, actor=who, key="form", fingerprint=b"f")
    await finish_request(conn, SEAL, actor=who, key="form", status=303, response=b"13900009001")


async def fill_cart(conn: Connection, actor: Actor) -> None:
    stay = await conn.fetchval("SELECT id FROM listings")
    await put_cart(conn, actor.account_id, nights=[make_october_nights(stay)], now=NOW)


async def consent(conn: Connection, actor: Actor) -> None:
    await give_consent(conn, actor, ConsentPurpose.WARNING_SMS, now=NOW)


async def open_session(conn: Connection, actor: Actor) -> None:
    await START_SESSION.run(
        conn, token_hash=b"t" * 32, account_id=actor.account_id, expires_at=NOW + timedelta(days=1),
        second_factor=False, device="样例手机", device_key=None, now=NOW,
    )  # fmt: skip


COUNT_LEFT = """
    SELECT (SELECT count(*) FROM idempotency_keys WHERE actor = $1::uuid::text)
         + (SELECT count(*) FROM cart_nights WHERE owner_id = $1)
         + (SELECT count(*) FROM consents WHERE account_id = $1 AND upper_inf(valid_during))
         + (SELECT count(*) FROM sessions WHERE account_id = $1)
"""


@pytest.mark.parametrize("does", [answer_form, fill_cart, consent, open_session])
async def test_what_a_request_writes_after_the_account_was_closed_is_erased_an_hour_later(
    database: Database, owner: Connection, does: Act
) -> None:
    async with database.transaction() as conn:
        await make_stay(conn)
        actor = await load_actor(conn, await make_account(conn, name="样例要走的"))
    async with database.transaction(scope=get_person_scope(actor)) as conn:
        await close_account(conn, SEAL, AccountId(actor.account_id), by="test", now=NOW)
    await act(database, actor, does)
    assert await owner.fetchval(COUNT_LEFT, actor.account_id) == 1
    hour = NOW + timedelta(hours=1)
    assert await erase_accounts_again(database, SEAL, now=hour - timedelta(seconds=1)) == 0
    assert await erase_accounts_again(database, SEAL, now=hour) == 1
    assert await owner.fetchval(COUNT_LEFT, actor.account_id) == 0
    assert await erase_accounts_again(database, SEAL, now=hour) == 0


@pytest.mark.parametrize("taken", [False, True])
async def test_a_message_that_is_queued_while_the_account_closes_is_deleted_an_hour_later(
    database: Database, owner: Connection, taken: bool
) -> None:
    phone, later = make_phone(), NOW + timedelta(minutes=5)
    async with database.transaction() as conn:
        leaver = await make_account(conn, name="样例要走的", phone=phone)
    async with database.transaction(scope=get_account_scope(leaver)) as conn:
        await close_account(conn, SEAL, leaver, by="test", now=NOW)
    async with database.transaction() as conn:
        await queue_message(conn, SEAL, phone=phone, template="story_asked", facts={"title": "样例"}, now=NOW)
        if taken:
            await make_account(conn, name="样例新机主", phone=phone, now=later)
            await queue_message(conn, SEAL, phone=phone, template="story_asked", facts={"title": "样例"}, now=later)
    assert await erase_accounts_again(database, SEAL, now=NOW + timedelta(hours=1)) == 1
    left = await owner.fetch("SELECT queued_at FROM messages WHERE phone_index = $1", SEAL.index(phone))
    assert [row[0] for row in left] == ([later] if taken else [])
    assert await owner.fetchval("SELECT count(*) FROM accounts WHERE erased_phone_index IS NOT NULL") == 0


async def test_nothing_is_placed_for_an_account_that_closes_at_that_moment(
    shopping: Shopping, owner: Connection
) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        goods = await make_product(conn)
    before = await w.lots()
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        await close_account(conn, SEAL, w.buyer.account_id, by="test", now=NOW)
        placing = asyncio.create_task(w.place([(goods.variant_id, 1)]))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(NotSignedIn):
        await placing
    assert (await owner.fetchval("SELECT count(*) FROM orders"), await w.lots()) == (0, before)


async def test_who_locked_an_order_a_slot_or_a_code_may_refer_to_an_account_that_closes_at_that_moment(
    shopping: Shopping, owner: Connection
) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        goods = await make_product(conn)
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        slot = await add_course(conn, county, "130624", COURSE, now=NOW)
        await sign_up(conn, w.seal, w.buyer, slot, NewSeat(), now=NOW)
        phone = await get_phone(conn, SEAL, w.buyer.account_id)
        assert phone is not None
        await a_code(conn, w.seal, phone)
    order = await w.place([(goods.variant_id, 1)])
    await w.pay(order)
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, order.id, positions=[1], now=NOW)

    async def close() -> None:
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            await close_account(conn, SEAL, w.buyer.account_id, by="test", now=NOW)

    for lock, row in (
        ("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", order.id),
        ("SELECT FROM slots WHERE id = $1 FOR NO KEY UPDATE", slot),
        ("SELECT FROM sign_in_codes WHERE phone_index = $1 FOR NO KEY UPDATE", SEAL.index(phone)),
    ):
        async with owner.transaction():
            await owner.execute("SET LOCAL lock_timeout = '500ms'")
            await owner.execute(lock, row)
            closing = asyncio.create_task(close())
            async with w.db.connection() as watching:
                await wait_for_blocked(watching, await owner.fetchval("SELECT pg_backend_pid()"))
            await owner.execute("SELECT FROM accounts WHERE id = $1 FOR KEY SHARE", w.buyer.account_id)
            closing.cancel()
            with suppress(asyncio.CancelledError):
                await closing
