"""Certificates of a producer: submitted by its members, verified by the county."""

import pytest

from market.catalogue.producers.apply import add_certificate, apply_producer
from market.catalogue.producers.check_certificates import verify_certificate
from market.catalogue.producers.models import (
    MAX_CERTIFICATES,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    ProducerApplication,
    ProducerId,
    ProducerKind,
)
from market.catalogue.producers.queries import get_producer, list_unverified_producers
from market.kernel import Connection
from market.people.identity.models import Actor, NotAllowed, NotFound, Role, SecondFactorRequired
from tests.conftest import NOW
from tests.support.make import SEAL, VILLAGE, load_actor, load_owner, make_account, make_official, make_producer


async def an_applicant(conn: Connection) -> Actor:
    return await load_actor(conn, await make_account(conn, name="样例农户"), second_factor=False)


async def make_official_actor(conn: Connection, role: Role, scope: str) -> Actor:
    return await load_actor(conn, await make_official(conn, role, scope))


async def test_a_certificate_photo_of_another_account_is_refused(conn: Connection) -> None:
    applicant, other = await an_applicant(conn), await make_account(conn)
    photo_id = await conn.fetchval(
        "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
        " VALUES ($1, 'certificate', sha256('x'), 1, 1, 'webp', $2) RETURNING id",
        other,
        NOW,
    )
    claim = CertificateClaim(CertificateKind.IDENTITY, photo_id=photo_id)
    application = ProducerApplication(
        kind=ProducerKind.HOUSEHOLD, name="样例枣园", village_code=VILLAGE, produce="枣", certificates=[claim]
    )
    with pytest.raises(BadApplication):
        await apply_producer(conn, SEAL, applicant, application, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM producers") == 0


async def test_the_county_verifies_a_later_certificate_the_seller_cannot(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    seller = await load_owner(conn, producer_id)
    claim = CertificateClaim(CertificateKind.SMALL_WORKSHOP, number="样例-2")
    await add_certificate(conn, SEAL, seller, seller.producers[0], claim, now=NOW)  # pyright: ignore[reportArgumentType]
    [certificate] = (await get_producer(conn, SEAL, seller, producer_id)).certificates
    assert certificate.verified_at is None
    mine = await load_actor(conn, seller.account_id)
    with pytest.raises(NotAllowed):
        await verify_certificate(conn, mine, producer_id, certificate.id, now=NOW)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    await verify_certificate(conn, county, producer_id, certificate.id, now=NOW)
    with pytest.raises(NotFound):
        await verify_certificate(conn, county, producer_id, certificate.id, now=NOW)


async def test_unverified_certificates_are_limited_and_listed_for_officials_of_the_division(conn: Connection) -> None:
    producer = await make_producer(conn)
    owner = await load_owner(conn, producer)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    assert [row.id for row in (await list_unverified_producers(conn, county)).items] == []
    claim = CertificateClaim(CertificateKind.LICENCE, number="样例-7")
    for _ in range(MAX_CERTIFICATES):
        await add_certificate(conn, SEAL, owner, ProducerId(producer), claim, now=NOW)
    with pytest.raises(BadApplication) as refused:
        await add_certificate(conn, SEAL, owner, ProducerId(producer), claim, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["certificates"]
    assert [row.id for row in (await list_unverified_producers(conn, county)).items] == [producer]
    assert [row.id for row in (await list_unverified_producers(conn, elsewhere)).items] == []
    with pytest.raises(NotAllowed):
        await list_unverified_producers(conn, owner)
    with pytest.raises(NotAllowed):
        await list_unverified_producers(conn, await make_official_actor(conn, Role.VILLAGE, VILLAGE))
    with pytest.raises(SecondFactorRequired):
        await list_unverified_producers(conn, await load_actor(conn, county.account_id, second_factor=False))
