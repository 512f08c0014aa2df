"""Create and revoke the accounts of officials."""

import getpass
import sys
from datetime import date

from market.kernel import Connection, FieldFault, Refusal
from market.kernel.division_codes import get_scope
from market.people.identity.models import Role
from market.people.identity.officials import (
    InvalidOfficial,
    OfficialSummary,
    create_official,
    list_officials,
    move_official,
    reset_second_factor,
    revoke_official,
)
from market.people.identity.operators import OperatorSummary, create_operator, end_operator, list_operators
from market.places.divisions.queries import get_division_path
from market.service.commands.runtime import open_runtime
from market.subsidies.names import Operator


def _read_roles(names: list[str]) -> list[Role]:
    if unknown := [name for name in names if name not in set(Role)]:
        known = f"one of {', '.join(Role)}, not {', '.join(unknown)}"
        raise InvalidOfficial(errors=(FieldFault("roles", known),))
    return [Role(name) for name in names]


async def create_official_account(
    handle: str,
    *,
    name: str,
    phone: str,
    roles: list[str],
    place: str,
    identity: str | None = None,
    last: date | None = None,
) -> dict[str, object]:
    """Create an official with roles for a division; the result contains the authenticator's secret, shown once.

    Without `identity` a terminal asks for the identity number, which then is in no list of processes.

    Raises:
        InvalidOfficial: a role does not exist.
        DivisionNotFound: no division has the code; nothing is stored.
        Refusal: see `create_official`.
    """
    wanted = _read_roles(roles)
    if identity is None and sys.stdin.isatty():
        identity = getpass.getpass("身份证号（不显示；没有就直接回车）：") or None
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        official = await create_official(
            conn,
            ctx.seal,
            handle=handle,
            name=name,
            phone=phone,
            identity=identity,
            roles=wanted,
            division=place,
            last=last,
            help_phone=ctx.settings.help_phone,
            now=ctx.clock.now(),
        )
        await get_division_path(conn, place)
    made: dict[str, object] = {"outcome": "ok", "handle": handle, "roles": roles, "place": place}
    made["totp_secret"] = official.totp_secret
    return made | ({"warnings": official.warnings} if official.warnings else {})


async def revoke_official_account(handle: str) -> dict[str, object]:
    """End every role of an official and sign the account out everywhere; a handle without a role is a no-op."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        ended = await revoke_official(conn, handle, by="command line", now=ctx.clock.now())
        ended += await end_operator(conn, handle, by="command line", now=ctx.clock.now())
    return {"outcome": "ok" if ended else "no-op", "handle": handle, "ended": ended}


class OperatorUnknown(Refusal):
    """There is no such operator."""

    code = "no_such_operator"
    status = 422
    zh = "没有运营商 {name}，应是 {known} 之一。"
    en = "There is no operator {name}; it is one of {known}."


async def create_operator_account(
    handle: str, *, name: str, phone: str, operator: str, places: list[str], identity: str | None = None
) -> dict[str, object]:
    """Create an account that sends an operator's files; the result contains the authenticator's secret, shown once.

    Raises:
        OperatorUnknown: there is no such operator.
        DivisionNotFound: no division has one of the codes; nothing is stored.
        Refusal: see `create_operator`.
    """
    if operator not in set(Operator):
        raise OperatorUnknown(name=operator, known="、".join(Operator))
    if identity is None and sys.stdin.isatty():
        identity = getpass.getpass("身份证号（不显示；没有就直接回车）：") or None
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        made = await create_operator(
            conn,
            ctx.seal,
            handle=handle,
            name=name,
            phone=phone,
            identity=identity,
            operator=operator,
            divisions=places,
            help_phone=ctx.settings.help_phone,
            now=ctx.clock.now(),
        )
        for place in places:
            await get_division_path(conn, place)
    return {"outcome": "ok", "handle": handle, "operator": operator, "places": places, "totp_secret": made.totp_secret}


async def _find_scope(conn: Connection, place: str) -> str:
    """Return the scope of the division with a code; without one, of all."""
    return get_scope((await get_division_path(conn, place))[-1].code) if place else ""


async def list_operator_accounts(place: str) -> list[OperatorSummary]:
    """Return the accounts that send operators' files for a division, and when they were last used.

    Raises:
        DivisionNotFound: no division has the code.
    """
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        return await list_operators(conn, await _find_scope(conn, place), now=ctx.clock.now())


async def list_official_accounts(place: str) -> list[OfficialSummary]:
    """Return the officials of a division with their roles, and when they last used their accounts.

    Raises:
        DivisionNotFound: no division has the code.
    """
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        return await list_officials(conn, await _find_scope(conn, place), now=ctx.clock.now())


async def move_official_account(handle: str, *, place: str, roles: list[str]) -> dict[str, object]:
    """Grant an official's roles, or `roles` instead, for another division, and end the earlier ones.

    Raises:
        InvalidOfficial: a role does not exist.
        DivisionNotFound: no division has the code; nothing is stored.
        Refusal: see `move_official`.
    """
    wanted = _read_roles(roles)
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        granted = await move_official(conn, handle, place, roles=wanted, by="command line", now=ctx.clock.now())
        await get_division_path(conn, place)
    return {"outcome": "ok", "handle": handle, "roles": granted, "place": place}


async def reset_official_factor(handle: str) -> dict[str, object]:
    """Replace an official's second factor; the result contains the new secret, shown once."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        secret = await reset_second_factor(conn, ctx.seal, handle, by="command line", now=ctx.clock.now())
    return {"outcome": "ok", "handle": handle, "totp_secret": secret}
