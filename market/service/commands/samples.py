"""`market subsidies sample …`: spot checks of a month, drawn by its result and an auditor's secret."""

from typing import Annotated

from cyclopts import App, Parameter

from market.kernel import Connection
from market.people.identity.access import require_county_role
from market.people.identity.models import NotSignedIn, Role
from market.service.commands.options import As, County, Json
from market.service.commands.runtime import Runtime, open_runtime, run
from market.subsidies.evidence.samples import (
    CheckOutcome,
    deposit_secret,
    draw_sample,
    list_sample,
    record_check,
    require_sampler,
)
from market.subsidies.month.cycles import read_county, read_month

app = App(name="sample")

type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]


async def _require_sampler(ctx: Runtime, conn: Connection, county: str) -> None:
    """Require the county's auditor, or without one who decides for the county (not on the embedded server)."""
    if ctx.actor is None and ctx.settings.database_url:
        raise NotSignedIn
    await require_sampler(conn, ctx.actor, county, now=ctx.clock.now())


@app.command
def deposit(
    *,
    county: County,
    month: Month,
    sha256: Annotated[str, Parameter(help="SHA-256 of the auditor's secret, in hexadecimal.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Deposit the hash of an auditor's secret, before the month is opened; it is not replaced."""

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            await _require_sampler(ctx, conn, code)
            who, now = ctx.get_actor_name(), ctx.clock.now()
            account_id = None if ctx.actor is None else ctx.actor.account_id
            await deposit_secret(
                conn, code, read_month(month), secret_sha256=sha256.lower(), account_id=account_id, by=who, now=now
            )
        return {"outcome": "ok"}

    return run(work, as_json=json)


@app.command
def draw(
    *,
    county: County,
    month: Month,
    secret: Annotated[str, Parameter(help="The secret whose hash was deposited.")],
    count: Annotated[int, Parameter(help="How many lines; at most 500.")] = 20,
    as_: As = None,
    json: Json = False,
) -> int:
    """Draw lines of a settled month by its result and the secret, once; who has both draws the same."""

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            await _require_sampler(ctx, conn, code)
            who, now = ctx.get_actor_name(), ctx.clock.now()
            first = read_month(month)
            return await draw_sample(conn, ctx.seal, code, first, secret=secret, count=count, by=who, now=now)

    return run(work, as_json=json)


@app.command
def check(
    line: str,
    /,
    *,
    county: County,
    month: Month,
    outcome: Annotated[CheckOutcome, Parameter(help="What was found.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Record what the check of a drawn line found, once."""

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            await _require_sampler(ctx, conn, code)
            await record_check(
                conn,
                ctx.seal,
                code,
                read_month(month),
                line=line,
                outcome=outcome,
                account_id=None if ctx.actor is None else ctx.actor.account_id,
                by=ctx.get_actor_name(),
                now=ctx.clock.now(),
            )
        return {"outcome": "ok"}

    return run(work, as_json=json)


@app.command(name="list")
def list_(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Print the drawn lines of a month with the outcome of each check."""

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            if ctx.actor is not None or ctx.settings.database_url:
                require_county_role(ctx.actor, {Role.AUDITOR, Role.COUNTY}, code)
            return await list_sample(conn, ctx.seal, code, read_month(month))

    return run(work, as_json=json)
