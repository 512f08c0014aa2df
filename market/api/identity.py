"""Signing in and out, and one's own account."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.identity import (
    Actor,
    CodeLimits,
    CodeSent,
    Grant,
    Session,
    SignedIn,
    caller_of,
    change_account,
    list_sessions,
    network_of,
    phone_of,
    request_code,
    revoke_session,
    show_second_factor,
    sign_in,
    sign_out,
)
from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.settings import Settings


class CodeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone that a one-time code goes to."""

    phone: Annotated[str, Meta(max_length=30)]


class SignInRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A phone, its one-time code, and an official's time-based code, which may also be shown later."""

    phone: Annotated[str, Meta(max_length=30)]
    code: Annotated[str, Meta(max_length=20)]
    second_factor: Annotated[str, Meta(max_length=20)] | None = None


class SecondFactorRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An official's time-based code."""

    code: Annotated[str, Meta(max_length=20)]


class AccountChange(Struct, frozen=True, forbid_unknown_fields=True):
    """How an account is called, and whether its pages are large."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    elder: bool = False


class Me(Struct, frozen=True):
    """Who is signed in, the phone masked."""

    account_id: UUID
    name: str
    handle: str | None
    phone: str | None
    elder: bool
    grants: tuple[Grant, ...]
    producers: tuple[UUID, ...]
    second_factor: bool


def token_of(request: Request[Any, Any, Any]) -> str:
    """Return the session's token that a request shows: as bearer, or in either of the cookies."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return bearer.strip()
    return request.cookies.get("__Host-session") or request.cookies.get("session") or ""


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the address of who asks."""
    return caller_of(request.client.host if request.client else "", request.headers.get("x-forwarded-for", ""))


def limits_of(settings: Settings) -> CodeLimits:
    """Return the limits of one-time codes that the settings ask for."""
    return CodeLimits(settings.codes_a_phone, settings.codes_a_network, settings.codes_a_day)


def granted(answer: SignedIn | Refusal) -> SignedIn:
    """Return the session, or raise the refusal that came in its place, now that the try is committed."""
    if isinstance(answer, Refusal):
        raise answer
    return answer


class SignInController(Controller):
    """One-time codes and sessions."""

    path = "/api/v1"
    tags = ["identity"]  # noqa: RUF012 - the framework's own declaration

    @post("/codes", operation_id="RequestCode")
    async def request_code(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[CodeRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
    ) -> CodeSent:
        """Send a one-time code to a phone; the answer is the same whether it is known or not."""
        async with db.transaction() as conn:
            return await request_code(
                conn,
                seal,
                limits_of(settings),
                phone=data.phone,
                network=network_of(address_of(request)),
                now=clock.now(),
            )

    @post("/sessions", operation_id="SignIn")
    async def sign_in(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[SignInRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> SignedIn:
        """Open a session; `token` goes into `Authorization: Bearer …`. The first sign-in makes the account."""
        async with db.transaction() as conn:
            answer = await sign_in(
                conn,
                seal,
                phone=data.phone,
                code=data.code,
                second_factor=data.second_factor,
                device=request.headers.get("user-agent", ""),
                earlier_token=token_of(request) or None,
                now=clock.now(),
            )
        return granted(answer)

    @post("/sessions/second-factor", operation_id="ShowSecondFactor")
    async def second_factor(
        self,
        *,
        request: Request[Any, Any, Any],
        data: JSONBody[SecondFactorRequest],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> SignedIn:
        """Raise the session to the second factor; the old token ends and a new one is answered."""
        async with db.transaction() as conn:
            answer = await show_second_factor(conn, seal, token_of(request), code=data.code, now=clock.now())
        return granted(answer)

    @delete("/sessions/current", operation_id="SignOut")
    async def sign_out(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],  # noqa: ARG002 - nobody signs out who is not in
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End the session of the token that is shown."""
        async with db.transaction() as conn:
            await sign_out(conn, token_of(request), now=clock.now())

    @get("/sessions", operation_id="ListSessions")
    async def list_sessions(
        self,
        *,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[Session]:
        """Say where the account is signed in."""
        async with db.connection() as conn:
            return await list_sessions(conn, actor.account_id, token_of(request), now=clock.now())

    @delete("/sessions/{session_id:uuid}", operation_id="RevokeSession")
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
    """One's own account."""

    path = "/api/v1/me"
    tags = ["identity"]  # noqa: RUF012 - the framework's own declaration

    @get(operation_id="GetMe")
    async def get_me(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> Me:
        """Say who is signed in."""
        async with db.connection() as conn:
            phone = await phone_of(conn, seal, actor.account_id)
        return _me(actor, phone)

    @put(operation_id="ChangeMe")
    async def change_me(
        self,
        *,
        data: JSONBody[AccountChange],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
    ) -> None:
        """Change how the account is called and whether its pages are large."""
        async with db.transaction() as conn:
            await change_account(conn, actor.account_id, name=data.name, elder=data.elder)


def _me(actor: Actor, phone: str | None) -> Me:
    return Me(
        actor.account_id,
        actor.name,
        actor.handle,
        mask_phone(phone) if phone else None,
        actor.elder,
        actor.grants,
        actor.producers,
        actor.second_factor,
    )


ROUTES = [SignInController, MeController]
