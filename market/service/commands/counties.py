"""`market counties …`: read and change county-level settings."""

from datetime import date
from typing import Annotated

from cyclopts import App, Parameter

from market.people.identity.models import NotSignedIn
from market.places.counties.change import change_county_setting
from market.places.counties.load import load_county_settings
from market.places.counties.settings import describe_county_settings
from market.places.divisions.queries import get_division_path
from market.service.commands.options import As, Json
from market.service.commands.runtime import open_runtime, run
from market.subsidies.month.cycles import read_county

app = App(name="counties")

type County = Annotated[str, Parameter(help="Six digits of the county.")]


@app.command
def show(county: County, /, *, json: Json = False) -> int:
    """Show every setting of a county today, with its default, limits and meaning."""

    async def work() -> dict[str, object]:
        async with open_runtime() as ctx, ctx.db.transaction() as conn:
            code = read_county(county)
            await get_division_path(conn, code)
            settings = await load_county_settings(conn, code, day=ctx.clock.today())
        return {
            name: {"value": getattr(settings, name), "default": default, "min": low, "max": high, "meaning": meaning}
            for name, (meaning, default, low, high) in describe_county_settings().items()
        }

    return run(work, as_json=json)


@app.command(name="set")
def set_(
    county: County,
    name: Annotated[str, Parameter(help="Name of the setting, as `show` lists it.")],
    value: int,
    /,
    *,
    starts_on: Annotated[date, Parameter(name="--from", help="First day, such as 2026-12-01; today or later.")],
    basis: Annotated[str, Parameter(help="The document or decision that it is based on.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Change a setting from a given day; earlier orders, listings and checks keep the old value."""

    async def work() -> dict[str, object]:
        async with open_runtime(as_) as ctx, ctx.db.transaction() as conn:
            if ctx.actor is None:
                raise NotSignedIn
            await change_county_setting(
                conn,
                ctx.actor,
                read_county(county),
                name,
                value,
                starts_on=starts_on,
                basis=basis,
                now=ctx.clock.now(),
            )
        return {"outcome": "ok", "county": county, "name": name, "value": value, "from": starts_on.isoformat()}

    return run(work, as_json=json)
