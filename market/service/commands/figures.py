"""`market subsidies figures …`: the kept figures of closed months, compared with counting them again."""

from typing import Annotated

from cyclopts import App, Parameter

from market.reports.counted.keep import compare_month, keep_month
from market.service.commands.options import County, Json
from market.service.commands.runtime import open_runtime, run
from market.subsidies.month.cycles import find_cycle, read_county, read_month

app = App(name="figures")

type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]


@app.command
def check(*, county: County, month: Month, json: Json = False) -> int:
    """Print the figures of a closed month that are kept otherwise than they are counted now."""

    async def work() -> object:
        code, first = read_county(county), read_month(month)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            await find_cycle(conn, code, first)
            differences = await compare_month(conn, code, first)
        return {"outcome": "ok", "closed": differences is not None, "differences": differences or []}

    return run(work, as_json=json)


@app.command
def count(*, county: County, month: Month, json: Json = False) -> int:
    """Count the figures of a closed month again and keep them."""

    async def work() -> object:
        code, first = read_county(county), read_month(month)
        async with open_runtime() as ctx, ctx.db.transaction(scope=code) as conn:
            await find_cycle(conn, code, first)
            kept = await keep_month(conn, code, first)
        return {"outcome": "ok" if kept else "no-op"}

    return run(work, as_json=json)
