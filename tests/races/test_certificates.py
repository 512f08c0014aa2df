"""Several certificates of one shop are checked at once."""

import asyncio
from datetime import timedelta

import pytest

from market.catalogue.listings.describe import edit_listing
from market.catalogue.listings.models import CertificateNeeded
from market.catalogue.listings.publish import publish_product
from market.catalogue.producers.check_certificates import reject_certificate
from market.catalogue.producers.queries import get_producer
from market.kernel import Connection, Database
from tests.catalogue.listings.test_corrections import description
from tests.catalogue.producers.test_certificate_checks import DAY, JAM, TODAY, is_sold, make_county
from tests.conftest import NOW
from tests.support.make import SEAL, load_owner, make_certificate, make_producer, make_product
from tests.support.postgres import wait_for_blocked


async def test_nothing_is_sold_on_certificates_that_are_rejected_at_once(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn)
        seller, county = await load_owner(conn, producer), await make_county(conn)
        for days in (400, 100):
            await make_certificate(conn, producer, "small_workshop", expires_on=TODAY + days * DAY)
        jam = await publish_product(conn, seller, JAM, now=NOW)
        earlier, later = (await get_producer(conn, SEAL, seller, producer)).certificates[-2:]
        assert await is_sold(conn, jam.listing_id, jam.variant_id, NOW) == [True, True, True]

    async def reject() -> None:
        async with database.transaction() as conn:
            await reject_certificate(conn, SEAL, county, producer, earlier.id, reason="号码查不到", now=NOW)

    async with database.transaction() as conn:
        await reject_certificate(conn, SEAL, county, producer, later.id, reason="号码查不到", now=NOW)
        rejecting = asyncio.create_task(reject())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    await rejecting
    async with database.connection() as conn:
        sold = [await is_sold(conn, jam.listing_id, jam.variant_id, NOW + timedelta(days=each)) for each in (0, 90)]
    assert sold == [[False, False, False]] * 2


async def test_no_listing_moves_to_a_category_whose_certificate_is_rejected_at_that_moment(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
        seller, county = await load_owner(conn, product.producer_id), await make_county(conn)
        await make_certificate(conn, product.producer_id, "small_workshop", expires_on=TODAY + 400 * DAY)
        held = (await get_producer(conn, SEAL, seller, product.producer_id)).certificates[-1]

    async def edit() -> None:
        async with database.transaction() as conn:
            new = description(title="山楂酱", category="processed")
            await edit_listing(conn, seller, product.listing_id, new, now=NOW)

    async with database.transaction() as conn:
        await reject_certificate(conn, SEAL, county, product.producer_id, held.id, reason="号码查不到", now=NOW)
        editing = asyncio.create_task(edit())
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(CertificateNeeded):
        await editing
