"""What a person does while their account is closed or their name corrected."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from market.casework.moves import get_person_scope
from market.identity.close import CLOSED_NAME
from market.identity.models import AccountId, Actor, NotSignedIn, Role
from market.identity.sign_in import update_account
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.payouts.correct_name import correct_name
from market.pickup_points.models import PickupPointInvalid
from market.privacy.close_account import close_account
from market.privacy.request_models import DataRequestKind, NewDataRequest
from market.privacy.requests import ask_about_data
from tests.conftest import NOW
from tests.pickups.point import register
from tests.support.make import SEAL, load_actor, load_owner, make_account, make_official, make_phone, make_producer
from tests.support.postgres import wait_for_blocked
from tests.support.shop import Shopping

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
