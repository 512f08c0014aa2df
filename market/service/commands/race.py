"""`market demo race`: many concurrent buyers of 50 boxes, with a progress bar."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from market.service.commands.runtime import open_runtime
from market.service.demo.race import RaceResult, run_race


async def run_race_with_progress(*, buyers: int, quiet: bool) -> RaceResult | None:
    """Run the race with `buyers` concurrent buyers; return the counts if `quiet`, else print them.

    Raises:
        NoRaceTarget: the database contains no sample data.
    """
    console = Console(stderr=True, quiet=quiet)
    with Progress(TextColumn("抢购 rush"), BarColumn(), MofNCompleteColumn(), console=console) as bar:
        task = bar.add_task("rush", total=buyers)
        async with open_runtime() as ctx:
            result = await run_race(
                ctx.db, ctx.seal, buyers=buyers, now=ctx.clock.now(), tick=lambda: bar.advance(task)
            )
    if quiet:
        return result
    sys.stdout.write(f"sold {result.sold}, told so {result.told}, oversold {result.oversold}, ledger verified\n")
    return None
