"""Cases of a buyer against a seller of 阜平县, on a database of their own."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import get_person_scope, open_case
from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from tests.conftest import NOW
from tests.support.make import VILLAGE, load_actor, load_owner, make_account, make_official, make_producer


class CaseWorld(Struct, frozen=True):
    """An asker, a seller, and finance of two counties; `open` opens a case of the asker against the seller."""

    db: Database
    seal: Seal
    asker: Actor
    seller: Actor
    finance: Actor
    elsewhere: Actor
    platform: Actor
    open: Callable[[], Awaitable[LockedCase]]


@pytest.fixture
async def world(database: Database, seal: Seal) -> CaseWorld:
    async with database.transaction() as conn:
        asker = await load_actor(conn, await make_account(conn, name="样例买家"))
        producer = await make_producer(conn)
        seller = await load_owner(conn, producer)
        finance, elsewhere, platform = [
            await load_actor(conn, await make_official(conn, role, scope))
            for role, scope in ((Role.FINANCE, "130624"), (Role.FINANCE, "130725"), (Role.PLATFORM, "13"))
        ]

    async def open_one() -> LockedCase:
        async with database.transaction(scope=get_person_scope(asker)) as conn:
            return await open_case(
                conn, seal, asker.account_id, by=asker, category="bad_fruit", division_code=VILLAGE,
                against_producer_id=producer, text="枣烂了", now=NOW,
            )  # fmt: skip

    return CaseWorld(database, seal, asker, seller, finance, elsewhere, platform, open_one)
