"""What the market holds about the signed-in person, and closing the account."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.privacy.close_account import confirm_and_close
from market.privacy.county_holdings import HOLDINGS
from market.privacy.holdings import HoldingFate
from market.privacy.looks import Look, list_looks
from market.privacy.own_consents import ConsentKind, GivenConsent, list_given_consents, withdraw_given_consent
from market.privacy.personal_data import PersonalData, export_personal_data
from market.privacy.request_models import MAX_DETAIL_LENGTH, DataRequest, NewDataRequest
from market.privacy.requests import answer_data_request, ask_about_data, list_data_requests
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest, get_client_network


class ClosingRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time code that was sent to the account's phone (`RequestCode`)."""

    code: Annotated[str, Meta(max_length=20)]


class WithdrawnConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """A consent to withdraw: its kind, and what it is about if it is about one thing."""

    kind: ConsentKind
    id: UUID | None = None


class DataRequestAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """How a request about a person's data was answered, and why."""

    outcome: CaseOutcome
    text: Annotated[str, Meta(max_length=2 * MAX_DETAIL_LENGTH)]


class DataHolding(Struct, frozen=True):
    """Data that the market holds about persons: for what, how long, and what becomes of them with the account."""

    name: str
    purpose: str
    retention: str
    fate: HoldingFate
    why: str


class PrivacyController(Controller):
    """The signed-in person's own data."""

    path = "/api/v1/me"
    tags = ["identity"]

    @post("/data", operation_id="ExportMe", status_code=200, rate=RateClass.SEARCH)
    async def export(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> PersonalData:
        """Return what the market holds about the account, and record that it was taken."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await export_personal_data(conn, seal, actor.account_id, by=str(actor.account_id), now=clock.now())

    @post("/closing", operation_id="CloseMe", status_code=204, rate=RateClass.SIGN_IN)
    async def close(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[ClosingRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Close the account and erase name, phone, addresses and devices; this cannot be undone."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            refusal = await confirm_and_close(
                conn,
                seal,
                actor.account_id,
                code=data.code,
                network=get_client_network(request),
                now=clock.now(),
            )
        if refusal is not None:
            raise refusal

    @get("/consents", operation_id="ListMyConsents")
    async def list_consents(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[GivenConsent]:
        """List what the person consented to and did not withdraw."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_given_consents(conn, seal, actor.account_id)

    @post("/consents/withdrawal", operation_id="WithdrawMyConsent", status_code=204)
    async def withdraw(
        self,
        data: JSONBody[WithdrawnConsent],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Withdraw a consent; it has effect at once."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await withdraw_given_consent(conn, seal, actor, data.kind, data.id, now=clock.now())

    @get("/looks", operation_id="ListMyLooks")
    async def list_of_looks(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[Look]:
        """List who looked at the person's data or acted on it: role and office, day, what; the latest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_looks(conn, actor.account_id)

    @get("/data-requests", operation_id="ListMyDataRequests")
    async def list_requests(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[DataRequest]:
        """List what the person asked about the own data, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_data_requests(conn, seal, actor.account_id)

    @post("/data-requests", operation_id="AskAboutMyData", idempotent=True)
    async def ask(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewDataRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[DataRequest]:
        """Ask for a correction, erasure, an explanation or a copy of the register, or complain: 15 working days."""
        return await run_once(
            request, db, actor, lambda conn: ask_about_data(conn, seal, actor, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip


class DataRequestController(Controller):
    """What officials answer, and what anybody may read about what is held."""

    path = "/api/v1"
    tags = ["identity"]

    @get("/data-holdings", operation_id="ListDataHoldings")
    async def list_holdings(self) -> list[DataHolding]:
        """List what the market holds about persons, for what, how long, and what stays after the account and why."""
        return [build_from(DataHolding, each) for each in HOLDINGS]

    @post("/data-requests/{case_id:uuid}/answer", operation_id="AnswerDataRequest", status_code=200)
    async def answer(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[DataRequestAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> DataRequest:
        """Answer a request as the county or the platform, whose turn it is; the person reads the reason."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await answer_data_request(
                conn, seal, actor, case_id, outcome=data.outcome, text=data.text, now=clock.now()
            )


ROUTES = [PrivacyController, DataRequestController]
