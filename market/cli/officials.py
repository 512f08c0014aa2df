"""Create and revoke the accounts of officials."""

from market.cli.runtime import open_runtime
from market.identity.models import Role
from market.identity.officials import create_official, revoke_official


async def create_official_account(
    handle: str, *, name: str, phone: str, roles: list[str], place: str
) -> dict[str, object]:
    """Create an official with roles for a division; the result contains the authenticator's secret, shown once."""
    async with open_runtime() as ctx, ctx.db.transaction(scope="all") as conn:
        official = await create_official(
            conn,
            ctx.seal,
            handle=handle,
            name=name,
            phone=phone,
            roles=[Role(role) for role in roles],
            division=place,
            now=ctx.clock.now(),
        )
    return {"outcome": "ok", "handle": handle, "roles": roles, "place": place, "totp_secret": official.totp_secret}


async def revoke_official_account(handle: str) -> dict[str, object]:
    """End every role of an official and sign the account out everywhere; a handle without a role is a no-op."""
    async with open_runtime() as ctx, ctx.db.transaction(scope="all") as conn:
        ended = await revoke_official(conn, handle, by="command line", now=ctx.clock.now())
    return {"outcome": "ok" if ended else "no-op", "handle": handle, "ended": ended}
