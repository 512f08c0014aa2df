"""The options that commands share, and the run of a command as an official of a county."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from cyclopts import Parameter

from market.kernel import Connection
from market.people.identity.models import Actor, NotSignedIn
from market.service.commands.runtime import Runtime, open_runtime, run
from market.subsidies.month.cycles import read_county

type County = Annotated[str, Parameter(name="--county", help="Six digits of the county.")]
type As = Annotated[str | None, Parameter(name="--as", help="Account that acts (embedded server only).")]
type Json = Annotated[bool, Parameter(name="--json", help="Print the result as one JSON value.", negative="")]
type Work = Callable[[Connection, Runtime, Actor, str], Awaitable[object]]
"""What a command does in a transaction of its county, as an actor; None is printed as an outcome."""


def run_for_county(work: Work, *, county: str, as_: str | None, json: bool) -> int:
    """Run a command in one transaction of a county and print its result; return the exit code."""

    async def act() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            if ctx.actor is None:
                raise NotSignedIn
            result = await work(conn, ctx, ctx.actor, code)
            return {"outcome": "ok"} if result is None else result

    return run(act, as_json=json)
