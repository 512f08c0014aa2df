"""`market demo race`: many buyers rush at 50 boxes while one watches."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from market.cli.runtime import runtime
from market.orders.rush import Rush, rush


async def race(*, buyers: int, quiet: bool) -> Rush | None:
    """Let `buyers` rush at once at 50 boxes; return (or tell) what the database counts afterwards.

    Raises:
        NothingToRush: the market holds no sample data.
    """
    console = Console(stderr=True, quiet=quiet)
    with Progress(TextColumn("抢购 rush"), BarColumn(), MofNCompleteColumn(), console=console) as bar:
        task = bar.add_task("rush", total=buyers)
        async with runtime() as ctx:
            result = await rush(ctx.db, ctx.seal, buyers=buyers, now=ctx.clock.now(), tick=lambda: bar.advance(task))
    if quiet:
        return result
    sys.stdout.write(f"sold {result.sold}, told so {result.told}, oversold {result.oversold}, ledger verified\n")
    return None
