"""Making the accounts of officials."""

from market.cli.runtime import runtime
from market.identity import Role, make_official


async def official(handle: str, *, name: str, phone: str, roles: list[str], place: str) -> dict[str, object]:
    """Make an official with roles for a place; the answer holds the authenticator's secret, which is shown once."""
    async with runtime() as ctx, ctx.db.transaction(scope="all") as conn:
        made = await make_official(
            conn,
            ctx.seal,
            handle=handle,
            name=name,
            phone=phone,
            roles=[Role(role) for role in roles],
            place=place,
            now=ctx.clock.now(),
        )
    return {"outcome": "ok", "handle": handle, "roles": roles, "place": place, "totp_secret": made.totp_secret}
