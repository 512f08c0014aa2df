"""The name of an applicant and the village's confirmation wait for each other."""

import asyncio

import pytest

from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import AdmissionStep
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import NameVerified, Role
from market.people.identity.sign_in import update_account
from tests.catalogue.producers.applicants import apply, make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE
from tests.support.postgres import wait_for_blocked


async def test_no_name_is_changed_while_the_village_confirms_it(
    database: Database, owner: Connection, seal: Seal
) -> None:
    async with database.transaction() as conn:
        producer_id, applicant = await apply(conn)
        village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)

    async def rename() -> None:
        async with database.transaction() as conn:
            await update_account(conn, applicant, name="样例别人", elder=False)

    async with database.transaction() as conn:
        await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
        renaming = asyncio.create_task(rename())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(NameVerified):
        await renaming
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT name FROM accounts WHERE id = $1", applicant.account_id) == "样例农户"


async def test_the_village_confirms_no_name_that_is_being_changed(
    database: Database, owner: Connection, seal: Seal
) -> None:
    async with database.transaction() as conn:
        producer_id, applicant = await apply(conn)
        village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)

    async def confirm() -> str:
        async with database.transaction() as conn:
            seen = await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
            return seen.steps[0].name

    async with database.transaction() as conn:
        await update_account(conn, applicant, name="样例别人", elder=False)
        confirming = asyncio.create_task(confirm())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert await confirming == "样例别人"
