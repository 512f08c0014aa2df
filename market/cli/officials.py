"""Create and revoke the accounts of officials."""

import getpass
import sys

from market.cli.runtime import open_runtime
from market.identity.models import Role
from market.identity.officials import (
    OfficialSummary,
    create_official,
    list_officials,
    move_official,
    reset_second_factor,
    revoke_official,
)


async def create_official_account(
    handle: str, *, name: str, phone: str, roles: list[str], place: str, identity: str | None = None
) -> dict[str, object]:
    """Create an official with roles for a division; the result contains the authenticator's secret, shown once.

    Without `identity` a terminal asks for the identity number, which then is in no list of processes.
    """
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
            roles=[Role(role) for role in roles],
            division=place,
            now=ctx.clock.now(),
        )
    made: dict[str, object] = {"outcome": "ok", "handle": handle, "roles": roles, "place": place}
    made["totp_secret"] = official.totp_secret
    return made | ({"warnings": official.warnings} if official.warnings else {})


async def revoke_official_account(handle: str) -> dict[str, object]:
    """End every role of an official and sign the account out everywhere; a handle without a role is a no-op."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        ended = await revoke_official(conn, handle, by="command line", now=ctx.clock.now())
    return {"outcome": "ok" if ended else "no-op", "handle": handle, "ended": ended}


async def list_official_accounts(place: str) -> list[OfficialSummary]:
    """Return the officials of a division with their roles, and when they last used their accounts."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        return await list_officials(conn, place, now=ctx.clock.now())


async def move_official_account(handle: str, *, place: str, roles: list[str]) -> dict[str, object]:
    """Grant an official's roles, or `roles` instead, for another division, and end the earlier ones."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        wanted = [Role(role) for role in roles]
        granted = await move_official(conn, handle, place, roles=wanted, by="command line", now=ctx.clock.now())
    return {"outcome": "ok", "handle": handle, "roles": granted, "place": place}


async def reset_official_factor(handle: str) -> dict[str, object]:
    """Replace an official's second factor; the result contains the new secret, shown once."""
    async with open_runtime() as ctx, ctx.db.transaction() as conn:
        secret = await reset_second_factor(conn, ctx.seal, handle, by="command line", now=ctx.clock.now())
    return {"outcome": "ok", "handle": handle, "totp_secret": secret}
