"""Organisations paired with villages: pledges, what was done, and yearly statements."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.pairing.buying_accounts import set_buying_account
from market.villages.pairing.models import NewPairing, Pairing, PairingFields, PairingStatement, PublicPairing
from market.villages.pairing.propose import decide_county_pairing, decide_own_pairing, propose_pairing
from market.villages.pairing.statements import get_own_statement, state_year
from market.villages.pairing.views import (
    get_county_pairing,
    get_own_pairing,
    list_county_pairings,
    list_organisation_pairings,
    list_public_pairings,
)


class PairingDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a side agrees to a pairing; what is refused or taken back is deleted."""

    agreed: bool


class BuyingAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the person's account buys for the organisation, from today on."""

    buys: bool


class StatedYear(Struct, frozen=True, forbid_unknown_fields=True):
    """The year to state."""

    year: Annotated[int, Meta(ge=2000, le=2100)]


class PairingController(Controller):
    """Pairings: for everybody, for the organisations, and for villages and their county."""

    path = "/api/v1"
    tags = ("pairing",)

    @get("/villages/{village_code:str}/pairings", operation_id="ListVillagePairings")
    async def list_of_village(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[PublicPairing]:
        """List who is paired with a village; what was done is by quarter, and null while it would tell of few."""
        async with db.connection() as conn:
            return await list_public_pairings(conn, village_code, day=clock.today())

    @post("/organisations/{organisation_id:uuid}/pairings", operation_id="ProposePairing", idempotent=True)
    async def propose(
        self,
        *,
        request: HttpRequest,
        organisation_id: FromPath[UUID],
        data: JSONBody[NewPairing],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[PairingFields]:
        """Propose a pairing as a member of the organisation; the village or its county agrees."""
        return await run_once(
            request, db, actor,
            lambda conn: propose_pairing(conn, actor, organisation_id, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/organisations/{organisation_id:uuid}/pairings", operation_id="ListOrganisationPairings")
    async def list_of_organisation(
        self,
        organisation_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[Pairing]:
        """List the pairings of an organisation of the person's with what was done, and what that counts."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_organisation_pairings(conn, actor, organisation_id, day=clock.today())

    @post("/organisations/{organisation_id:uuid}/buying-account", operation_id="SetBuyingAccount", status_code=204)
    async def set_buying(
        self,
        *,
        organisation_id: FromPath[UUID],
        data: JSONBody[BuyingAccount],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Say that the person's account buys for the organisation from today on, or that it does not."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await set_buying_account(conn, actor, organisation_id, buys=data.buys, now=clock.now())

    @post("/pairings/{pairing_id:uuid}/decision", operation_id="DecideOwnPairing", status_code=204)
    async def decide_own(
        self,
        *,
        pairing_id: FromPath[UUID],
        data: JSONBody[PairingDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Agree to what the county proposed, or take a proposal back, as a member of the organisation."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await decide_own_pairing(conn, actor, pairing_id, agreed=data.agreed, now=clock.now())

    @get("/pairings/{pairing_id:uuid}", operation_id="GetOwnPairing")
    async def get_own(
        self,
        pairing_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Pairing:
        """Return a pairing of an organisation of the person's with what was done, and what that counts."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await get_own_pairing(conn, actor, pairing_id, day=clock.today())

    @post("/pairings/{pairing_id:uuid}/statements", operation_id="StatePairingYear")
    async def state(
        self,
        *,
        pairing_id: FromPath[UUID],
        data: JSONBody[StatedYear],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> PairingStatement:
        """State a year that is over: what was done is counted now and does not change any more."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await state_year(conn, actor, pairing_id, data.year, now=clock.now())

    @get("/pairings/{pairing_id:uuid}/statements/{year:int}", operation_id="GetPairingStatement")
    async def get_statement(
        self,
        *,
        pairing_id: FromPath[UUID],
        year: FromPath[int],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> PairingStatement:
        """Return the statement of a year of a pairing of the person's organisation."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await get_own_statement(conn, actor, pairing_id, year, now=clock.now())

    @get("/counties/{county:str}/pairings", operation_id="ListCountyPairings")
    async def list_of_county(
        self,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[Pairing]:
        """List the pairings of the official's villages, those to agree to first."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_county_pairings(conn, actor, code, divisions, day=clock.today())

    @get("/counties/{county:str}/pairings/{pairing_id:uuid}", operation_id="GetCountyPairing")
    async def get_of_county(
        self,
        *,
        county: FromPath[str],
        pairing_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Pairing:
        """Return a pairing of the county with what was done, and what that counts."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await get_county_pairing(conn, actor, code, pairing_id, day=clock.today())

    @post("/counties/{county:str}/pairings/{pairing_id:uuid}/decision", operation_id="DecidePairing", status_code=204)
    async def decide(
        self,
        *,
        county: FromPath[str],
        pairing_id: FromPath[UUID],
        data: JSONBody[PairingDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Agree to a pairing as the village or its county, or refuse it."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            await decide_county_pairing(conn, actor, code, pairing_id, agreed=data.agreed, now=clock.now())


ROUTES = [PairingController]
