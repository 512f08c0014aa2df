"""Sign in and out, and manage the signed-in account."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.structs import build_from
from market.kernel.text import mask_phone
from market.people.identity.codes import CodeLimits, request_code
from market.people.identity.models import Actor, Device, Grant, NewSession, SentCode, Session
from market.people.identity.sessions import list_sessions, revoke_session, sign_out, verify_second_factor
from market.people.identity.sign_in import get_phone, sign_in, update_account
from market.service.http import HttpRequest, get_client_network, get_session_token


class CodeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone to send a one-time code to."""

    phone: Annotated[str, Meta(max_length=30)]


class SignInRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A phone with its one-time code; officials may add their time-based code here or later."""

    phone: Annotated[str, Meta(max_length=30)]
    code: Annotated[str, Meta(max_length=20)]
    second_factor: Annotated[str, Meta(max_length=20)] | None = None


class SecondFactorRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An official's time-based code."""

    code: Annotated[str, Meta(max_length=20)]


class AccountChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The name of an account, and whether its pages use the elder mode."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    elder: bool = False


class CurrentAccount(Struct, frozen=True):
    """The signed-in account; the phone is masked."""

    account_id: UUID
    name: str
    handle: str | None
    phone: str | None
    elder: bool
    grants: tuple[Grant, ...]
    producers: tuple[UUID, ...]
    second_factor: bool


def get_code_limits(settings: Settings) -> CodeLimits:
    """Return the configured limits of one-time codes."""
    return CodeLimits(
        per_phone=settings.codes_a_phone, per_network=settings.codes_a_network, per_day=settings.codes_a_day
    )


def require_sign_in(outcome: NewSession | Refusal) -> NewSession:
    """Return the session, or raise the refusal; call it after the attempt is committed."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


class SignInController(Controller):
    """One-time codes and sessions."""

    path = "/api/v1"
    tags = ["identity"]

    @post("/codes", operation_id="RequestCode", rate=RateClass.SIGN_IN)
    async def request_code(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[CodeRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
    ) -> SentCode:
        """Send a one-time code to a phone; the response does not reveal whether the phone is known."""
        async with db.transaction() as conn:
            return await request_code(
                conn,
                seal,
                get_code_limits(settings),
                phone=data.phone,
                network=get_client_network(request),
                now=clock.now(),
            )

    @post("/sessions", operation_id="SignIn", rate=RateClass.SIGN_IN)
    async def sign_in(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[SignInRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
    ) -> NewSession:
        """Open a session; send its `token` as `Authorization: Bearer …`. The first sign-in creates the account."""
        async with db.transaction() as conn:
            outcome = await sign_in(
                conn,
                seal,
                phone=data.phone,
                code=data.code,
                second_factor=data.second_factor,
                device=Device(request.headers.get("user-agent", "")),
                earlier_token=get_session_token(request) or None,
                help_phone=settings.help_phone,
                network=get_client_network(request),
                now=clock.now(),
            )
        return require_sign_in(outcome)

    @post("/sessions/second-factor", operation_id="ShowSecondFactor", rate=RateClass.SIGN_IN)
    async def second_factor(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[SecondFactorRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> NewSession:
        """Add the second factor to the session; returns a new token and revokes the old one."""
        async with db.transaction() as conn:
            outcome = await verify_second_factor(
                conn, seal, get_session_token(request), code=data.code, now=clock.now()
            )
        return require_sign_in(outcome)

    @delete("/sessions/current", operation_id="SignOut", auditor="acts")
    async def sign_out(
        self,
        request: HttpRequest,
        actor: NamedDependency[Actor],  # noqa: ARG002 - requires a session
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End the current session."""
        async with db.transaction() as conn:
            await sign_out(conn, get_session_token(request), now=clock.now())

    @get("/sessions", operation_id="ListSessions")
    async def list_sessions(
        self,
        *,
        request: HttpRequest,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[Session]:
        """List the account's sessions."""
        async with db.connection() as conn:
            return await list_sessions(conn, actor.account_id, get_session_token(request), now=clock.now())

    @delete("/sessions/{session_id:uuid}", operation_id="RevokeSession", auditor="acts")
    async def revoke_session(
        self,
        *,
        session_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End one of the account's sessions."""
        async with db.transaction() as conn:
            await revoke_session(conn, actor.account_id, session_id, now=clock.now())


class MeController(Controller):
    """The signed-in account."""

    path = "/api/v1/me"
    tags = ["identity"]

    @get(operation_id="GetMe")
    async def get_me(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> CurrentAccount:
        """Return the signed-in account."""
        async with db.connection() as conn:
            phone = await get_phone(conn, seal, actor.account_id)
        return _build_current_account(actor, phone)

    @put(operation_id="ChangeMe")
    async def change_me(
        self,
        *,
        data: JSONBody[AccountChange],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
    ) -> None:
        """Change the account's name and elder mode."""
        async with db.transaction() as conn:
            await update_account(conn, actor, name=data.name, elder=data.elder)


def _build_current_account(actor: Actor, phone: str | None) -> CurrentAccount:
    return build_from(CurrentAccount, actor, phone=mask_phone(phone) if phone else None)


ROUTES = [SignInController, MeController]
