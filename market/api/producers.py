"""Applying to sell, deciding about it, and what everyone sees of a producer."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.api.plumbing import once
from market.catalogue import Card, listings_of
from market.identity import Actor, NotFound
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.producers import (
    Application,
    CertificateClaim,
    Producer,
    ProducerId,
    ProducerRow,
    PublicProducer,
    Step,
    apply_producer,
    decide_producer,
    find_producer,
    find_public_producer,
    get_producer,
    list_own,
    list_waiting,
    show_certificate,
    verify_certificate,
)

SHORTLY = {"Cache-Control": "public, max-age=1"}
"""What shows stock or price lives a second in a shared cache. Source: web.md of the design, caching."""


type Most = Annotated[int, Meta(ge=1, le=100)]


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """A step about a producer; to refuse or suspend needs a reason."""

    step: Step
    reason: Annotated[str, Meta(max_length=300)] = ""


class Shop(Struct, frozen=True):
    """A producer as everyone sees it, once admitted, with what it sells; its admission for those whose it is to see."""

    producer: PublicProducer | None
    listings: list[Card]
    admission: Producer | None


class ProducerController(Controller):
    """Producers, by their people and by officials."""

    path = "/api/v1/producers"
    tags = ["producers"]  # noqa: RUF012 - the framework's own declaration

    @post(operation_id="ApplyProducer")
    async def apply(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[Application],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Producer]:
        """Apply to sell; the village is asked next."""

        async def work(conn: Connection) -> Producer:
            producer_id = await apply_producer(conn, actor, data, now=clock.now())
            return await get_producer(conn, _working_for(actor, producer_id), producer_id)

        return await once(request, db, actor, work)

    @get(operation_id="ListOwnProducers")
    async def list_own(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[ProducerRow]:
        """List the producers that one works for."""
        async with db.connection() as conn:
            return await list_own(conn, actor)

    @get("/waiting", operation_id="ListWaitingProducers")
    async def list_waiting(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        after: FromQuery[UUID | None] = None,
        most: FromQuery[Most] = 50,
    ) -> Page[ProducerRow]:
        """List the producers whose next step is the official's to take."""
        async with db.connection() as conn:
            return await list_waiting(conn, actor, after=after or UUID(int=0), most=most)

    @get("/{producer_id:uuid}", operation_id="GetProducer")
    async def get_producer(
        self,
        producer_id: FromPath[UUID],
        visitor: NamedDependency[Actor | None],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Shop]:
        """Give what everyone sees of a producer, and its admission to its people and the officials of its place."""
        async with db.transaction() as conn:
            shop = await _shop(conn, visitor, producer_id, clock)
        return Response(shop, headers=SHORTLY if visitor is None else None)

    @post("/{producer_id:uuid}/decisions", operation_id="DecideProducer")
    async def decide(
        self,
        *,
        request: Request[Any, Any, Any],
        producer_id: FromPath[UUID],
        data: JSONBody[Decision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Confirm, recommend, approve, refuse, suspend or reopen a producer."""

        async def work(conn: Connection) -> Producer:
            return await decide_producer(
                conn, seal, actor, producer_id, step=data.step, reason=data.reason, now=clock.now()
            )

        return await once(request, db, actor, work)

    @post("/{producer_id:uuid}/certificates", operation_id="AddCertificate")
    async def add_certificate(
        self,
        *,
        request: Request[Any, Any, Any],
        producer_id: FromPath[UUID],
        data: JSONBody[CertificateClaim],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Producer]:
        """Show another certificate; the county verifies it."""

        async def work(conn: Connection) -> Producer:
            await show_certificate(conn, actor, ProducerId(producer_id), data, now=clock.now())
            return await get_producer(conn, actor, producer_id)

        return await once(request, db, actor, work)

    @post("/{producer_id:uuid}/certificates/{certificate_id:uuid}/verification", operation_id="VerifyCertificate")
    async def verify(
        self,
        *,
        request: Request[Any, Any, Any],
        producer_id: FromPath[UUID],
        certificate_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Producer]:
        """Note that the county has checked a certificate."""

        async def work(conn: Connection) -> Producer:
            await verify_certificate(conn, actor, producer_id, certificate_id, now=clock.now())
            return await get_producer(conn, actor, producer_id)

        return await once(request, db, actor, work)


async def _shop(conn: Connection, visitor: Actor | None, producer_id: UUID, clock: Clock) -> Shop:
    admission = None if visitor is None else await find_producer(conn, visitor, producer_id)
    public = await find_public_producer(conn, producer_id, now=clock.now())
    if admission is None and public is None:
        raise NotFound
    return Shop(public, await listings_of(conn, producer_id, month=clock.today().month), admission)


def _working_for(actor: Actor, producer_id: UUID) -> Actor:
    """Return the applicant as an owner, which it is from this transaction on."""
    return msgspec.structs.replace(actor, producers=(*actor.producers, producer_id))


ROUTES = [ProducerController]
