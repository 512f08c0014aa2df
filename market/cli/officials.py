"""Create the accounts of officials."""

from market.cli.runtime import open_runtime
from market.identity.models import Role
from market.identity.officials import create_official


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
            place=place,
            now=ctx.clock.now(),
        )
    return {"outcome": "ok", "handle": handle, "roles": roles, "place": place, "totp_secret": official.totp_secret}
