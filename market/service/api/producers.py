"""Producers: apply to sell, decide on applications, and the public view."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.catalogue.listings.browse import list_producer_listings
from market.catalogue.listings.models import ListingCard
from market.catalogue.producers.apply import add_certificate, apply_producer
from market.catalogue.producers.check_certificates import reject_certificate, set_certificate_area, verify_certificate
from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import (
    MAX_AREA_DIVISIONS,
    AdmissionStep,
    CertificateClaim,
    Producer,
    ProducerApplication,
    ProducerId,
    ProducerRow,
    PublicProducer,
)
from market.catalogue.producers.queries import (
    find_producer,
    find_public_producer,
    get_producer,
    list_own_producers,
    list_pending_producers,
)
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.service.api.idempotency import run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest

CACHE_ONE_SECOND = {"Cache-Control": "public, max-age=1"}
"""Shared caches keep stock and prices for one second. Source: web.md of the design, caching."""


class ProducerDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """A step on a producer; refusing or suspending needs a reason.

    `applicant` is the name of the applicant as it was read: if it is another one by now, nothing happens. An approval
    verifies `certificates`, the ids of those that were read, or without them all that are submitted by now.
    """

    step: AdmissionStep
    reason: Annotated[str, Meta(max_length=300)] = ""
    applicant: Annotated[str, Meta(max_length=60)] | None = None
    certificates: Annotated[list[UUID], Meta(max_length=100)] | None = None


class CertificateRejection(Struct, frozen=True, forbid_unknown_fields=True):
    """The reason of a rejection, which the seller reads."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class ProtectedArea(Struct, frozen=True, forbid_unknown_fields=True):
    """The divisions of a protected area, by codes of 12 digits."""

    divisions: Annotated[list[str], Meta(min_length=1, max_length=MAX_AREA_DIVISIONS)]


class ProducerPage(Struct, frozen=True):
    """The public view of an admitted producer with its listings; `admission` only for its members and officials."""

    producer: PublicProducer | None
    listings: list[ListingCard]
    admission: Producer | None


class ProducerController(Controller):
    """Producers, for their members and for officials."""

    path = "/api/v1/producers"
    tags = ["producers"]

    @post(operation_id="ApplyProducer", idempotent=True)
    async def apply(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[ProducerApplication],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Apply to sell; the village confirms next."""

        async def work(conn: Connection) -> Producer:
            producer_id = await apply_producer(conn, seal, actor, data, now=clock.now())
            return await get_producer(conn, seal, _add_producer(actor, producer_id), producer_id)

        return await run_once(request, db, actor, work)

    @get(operation_id="ListOwnProducers")
    async def list_own(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[ProducerRow]:
        """List the producers that the account works for."""
        async with db.connection() as conn:
            return await list_own_producers(conn, actor)

    @get("/waiting", operation_id="ListWaitingProducers")
    async def list_pending(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        after: FromQuery[UUID | None] = None,
        most: FromQuery[PageSize] = 50,
    ) -> Page[ProducerRow]:
        """List the producers whose next step the official may take."""
        async with db.connection() as conn:
            return await list_pending_producers(conn, actor, after=after or UUID(int=0), limit=most)

    @get("/{producer_id:uuid}", operation_id="GetProducer")
    async def get_producer(
        self,
        *,
        producer_id: FromPath[UUID],
        visitor: NamedDependency[Actor | None],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[ProducerPage]:
        """Return the public view of a producer, with its admission for its members and officials of its division."""
        async with db.transaction() as conn:
            shop = await _load_producer_page(conn, seal, visitor, producer_id, clock)
        return Response(shop, headers=CACHE_ONE_SECOND if visitor is None else None)

    @post("/{producer_id:uuid}/decisions", operation_id="DecideProducer", idempotent=True)
    async def decide(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[ProducerDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Confirm, recommend, approve, refuse, suspend or reopen a producer."""

        async def work(conn: Connection) -> Producer:
            return await decide_producer(
                conn,
                seal,
                actor,
                producer_id,
                step=data.step,
                reason=data.reason,
                applicant=data.applicant,
                certificates=data.certificates,
                now=clock.now(),
            )

        return await run_once(request, db, actor, work)

    @post("/{producer_id:uuid}/certificates", operation_id="AddCertificate", idempotent=True)
    async def add_certificate(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[CertificateClaim],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Add a certificate; the county verifies it."""

        async def work(conn: Connection) -> Producer:
            await add_certificate(conn, seal, actor, ProducerId(producer_id), data, now=clock.now())
            return await get_producer(conn, seal, actor, producer_id)

        return await run_once(request, db, actor, work)

    @post(
        "/{producer_id:uuid}/certificates/{certificate_id:uuid}/verification",
        operation_id="VerifyCertificate",
        idempotent=True,
    )
    async def verify(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        certificate_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Mark a certificate as verified."""

        async def work(conn: Connection) -> Producer:
            await verify_certificate(conn, actor, producer_id, certificate_id, now=clock.now())
            return await get_producer(conn, seal, actor, producer_id)

        return await run_once(request, db, actor, work)

    @post(
        "/{producer_id:uuid}/certificates/{certificate_id:uuid}/rejection",
        operation_id="RejectCertificate",
        idempotent=True,
    )
    async def reject(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        certificate_id: FromPath[UUID],
        data: JSONBody[CertificateRejection],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Producer]:
        """Reject a certificate with a reason; the seller is told and may submit another one."""

        async def work(conn: Connection) -> Producer:
            await reject_certificate(
                conn, seal, actor, producer_id, certificate_id, reason=data.reason, now=clock.now()
            )
            return await get_producer(conn, seal, actor, producer_id)

        return await run_once(request, db, actor, work)

    @put(
        "/{producer_id:uuid}/certificates/{certificate_id:uuid}/area",
        operation_id="SetCertificateArea",
        status_code=204,
    )
    async def set_area(
        self,
        *,
        producer_id: FromPath[UUID],
        certificate_id: FromPath[UUID],
        data: JSONBody[ProtectedArea],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Set the protected area of a geographical indication, which its verification needs."""
        async with db.transaction() as conn:
            await set_certificate_area(conn, actor, producer_id, certificate_id, data.divisions, now=clock.now())


async def _load_producer_page(
    conn: Connection, seal: Seal, visitor: Actor | None, producer_id: UUID, clock: Clock
) -> ProducerPage:
    admission = None if visitor is None else await find_producer(conn, seal, visitor, producer_id)
    public = await find_public_producer(conn, producer_id, now=clock.now())
    if admission is None and public is None:
        raise NotFound
    return ProducerPage(public, await list_producer_listings(conn, producer_id, today=clock.today()), admission)


def _add_producer(actor: Actor, producer_id: UUID) -> Actor:
    """Return the actor with the producer added: the applicant owns it from this transaction on."""
    return msgspec.structs.replace(actor, producers=(*actor.producers, producer_id))


ROUTES = [ProducerController]
