"""`market demo race`: many buyers rush at 50 boxes."""

from rich.console import Console

from market.cli.runtime import runtime
from market.orders.rush import Rush, rush


async def race(*, buyers: int, quiet: bool) -> Rush | None:
    """Let `buyers` rush at once at a fresh lot of 50 boxes; return (or tell) what the database counts afterwards."""
    async with runtime() as ctx:
        result = await rush(ctx.db, ctx.seal, buyers=buyers, now=ctx.clock.now())
    if quiet:
        return result
    Console().print(f"sold {result.sold}, told so {result.told}, oversold {result.oversold}, ledger verified")
    return None
