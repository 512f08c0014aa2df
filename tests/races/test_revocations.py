"""What ends or changes a session holds for every request that begins after it, in each process.

Meanwhile the session is used on both servers without a pause, so that anything kept of it would be fresh.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct

from market.catalogue.producers.members import end_memberships
from market.people.identity.close import erase_account
from market.people.identity.models import AccountId, Role
from market.people.identity.officials import move_official, revoke_official
from market.people.identity.sign_in import sign_in_without_code
from tests.races.two_servers import Servers
from tests.support.make import load_owner, make_account, make_official, make_producer

ROUNDS = 5
READERS = 4
REQUESTS = 8


class Person(Struct, frozen=True):
    """Somebody who is signed in; officials have a handle."""

    account_id: AccountId
    token: str
    handle: str = ""


async def make_person(servers: Servers, kind: str) -> Person:
    """Create a buyer, an official or an owner of a shop, who is signed in."""
    now, handle = datetime.now(UTC), f"o{uuid.uuid4().hex[:12]}"
    async with servers.db.transaction() as conn:
        if kind == "owner":
            account_id = (await load_owner(conn, await make_producer(conn))).account_id
        elif kind == "official":
            account_id = await make_official(conn, Role.COUNTY, "130624", handle=handle)
        else:
            account_id = await make_account(conn, now=now)
        signed = await sign_in_without_code(conn, account_id, now=now, second_factor=kind == "official")
    return Person(account_id, signed.token, handle)


async def read_account(servers: Servers, number: int, token: str) -> Any:
    """Return the account as one of the servers shows it, or the status of a refusal."""
    answer = await servers.clients[number % 2].get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    return answer.json() if answer.is_success else answer.status_code


async def sign_out(servers: Servers, person: Person) -> None:
    answer = await servers.clients[0].delete(
        "/api/v1/sessions/current", headers={"Authorization": f"Bearer {person.token}"}
    )
    assert answer.is_success, answer.text


async def dismiss(servers: Servers, person: Person) -> None:
    async with servers.db.transaction() as conn:
        await revoke_official(conn, person.handle, by="operator", now=datetime.now(UTC))


async def move(servers: Servers, person: Person) -> None:
    async with servers.db.transaction() as conn:
        await move_official(conn, person.handle, "130725000000", by="operator", now=datetime.now(UTC))


async def erase(servers: Servers, person: Person) -> None:
    async with servers.db.transaction() as conn:
        await erase_account(conn, person.account_id, by="operator", now=datetime.now(UTC))


async def leave_shop(servers: Servers, person: Person) -> None:
    async with servers.db.transaction() as conn:
        await end_memberships(conn, person.account_id, now=datetime.now(UTC))


async def choose_large_type(servers: Servers, person: Person) -> None:
    body = {"name": "样例买家", "elder": True}
    answer = await servers.clients[0].put(
        "/api/v1/me", json=body, headers={"Authorization": f"Bearer {person.token}", "Idempotency-Key": person.token}
    )
    assert answer.is_success, answer.text


def is_refused(seen: Any) -> bool:
    return seen == 401


def has_no_shop(seen: Any) -> bool:
    return seen["producers"] == []


def has_large_type(seen: Any) -> bool:
    return seen["elder"]


@pytest.mark.parametrize(
    ("kind", "change", "is_changed"),
    [
        ("buyer", sign_out, is_refused),
        ("official", dismiss, is_refused),
        ("official", move, is_refused),
        ("buyer", erase, is_refused),
        ("owner", leave_shop, has_no_shop),
        ("buyer", choose_large_type, has_large_type),
    ],
)
async def test_no_request_that_begins_after_a_change_acts_with_what_was_before(
    servers: Servers,
    kind: str,
    change: Callable[[Servers, Person], Awaitable[None]],
    is_changed: Callable[[Any], bool],
) -> None:
    for _ in range(ROUNDS):
        person = await make_person(servers, kind)
        ended = asyncio.Event()

        async def keep_reading(number: int, person: Person, ended: asyncio.Event) -> None:
            while not ended.is_set():
                await read_account(servers, number, person.token)

        before = await asyncio.gather(*(read_account(servers, number, person.token) for number in range(2)))
        assert not any(is_changed(seen) for seen in before)
        readers = [asyncio.create_task(keep_reading(number, person, ended)) for number in range(READERS)]
        await asyncio.sleep(0.05)
        await change(servers, person)
        after = await asyncio.gather(*(read_account(servers, number, person.token) for number in range(REQUESTS)))
        ended.set()
        await asyncio.gather(*readers)
        assert [seen for seen in after if not is_changed(seen)] == []
