"""An application to sell, and who decides on it."""

from uuid import UUID

from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.models import (
    CertificateClaim,
    CertificateKind,
    ProducerApplication,
    ProducerKind,
)
from market.kernel import Connection
from market.people.identity.models import Actor, Role
from tests.conftest import NOW
from tests.support.make import SEAL, VILLAGE, load_actor, make_account, make_official

APPLICATION = ProducerApplication(
    kind=ProducerKind.HOUSEHOLD,
    name="样例革新庄枣园",
    village_code=VILLAGE,
    produce="大枣、核桃",
    certificates=[CertificateClaim(CertificateKind.ORIGIN, number="样例-1", issuer="样例村委会")],
)


async def an_applicant(conn: Connection) -> Actor:
    return await load_actor(conn, await make_account(conn, name="样例农户"), second_factor=False)


async def make_official_actor(conn: Connection, role: Role, scope: str) -> Actor:
    return await load_actor(conn, await make_official(conn, role, scope))


async def apply(conn: Connection) -> tuple[UUID, Actor]:
    applicant = await an_applicant(conn)
    producer_id = await apply_producer(conn, SEAL, applicant, APPLICATION, now=NOW)
    return producer_id, await load_actor(conn, applicant.account_id, second_factor=False)


async def get_state(conn: Connection, producer_id: UUID) -> tuple[str, int]:
    state = await conn.fetchval("SELECT state FROM producers WHERE id = $1", producer_id)
    steps = await conn.fetchval("SELECT count(*) FROM producer_steps WHERE producer_id = $1", producer_id)
    return state, steps
