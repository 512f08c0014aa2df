"""Shared by all commands: the database, the acting account, and the output of results and refusals."""

import getpass
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import takewhile
from pathlib import Path
from typing import cast

import asyncpg
import msgspec
from msgspec import Struct

from market.kernel import Connection, Database, GatewayUnavailable, Refusal, open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.kernel.event_loop import run_to_end
from market.kernel.postgres.embedded import EmbeddedServerError
from market.kernel.postgres.migrate import UnknownRevision
from market.kernel.seal import Seal, derive_seal
from market.kernel.settings import BadSettings, Settings
from market.people.identity.models import Actor, NotSignedIn
from market.service.startup import make_clock, open_logins, tune_garbage_collector

DONE, REFUSED, BAD_INPUT = 0, 1, 2


class Runtime(Struct, frozen=True):
    """The dependencies of a command; `actor` is None for the operator of the system."""

    settings: Settings
    db: Database
    owner_dsn: str
    clock: Clock
    seal: Seal
    actor: Actor | None

    def get_actor_name(self) -> str:
        """Return how the audit record names who runs the command; the operating system's user is recorded besides."""
        return "command line" if self.actor is None else str(self.actor.account_id)


class AccountNotFound(Refusal):
    """`--as` names no account."""

    code = "unknown_account"
    status = 404
    zh = "没有账号 {handle}。"
    en = "There is no account {handle}."


class EmbeddedServerRequired(Refusal):
    """`--as` acts for another account, which is allowed on the embedded server only."""

    code = "embedded_only"
    status = 403
    zh = "--as 只能在内置数据库上使用；请用 MARKET_TOKEN 带上本人的登录令牌。"
    en = "--as works on the embedded server only; set MARKET_TOKEN to your session token."


@asynccontextmanager
async def open_runtime(as_: str | None = None, *, settings: Settings | None = None) -> AsyncGenerator[Runtime]:
    """Yield the dependencies of a command: database, clock, seal, and the account of `as_`, recorded if an auditor's.

    Raises:
        AccountNotFound: `as_` names no account.
        EmbeddedServerRequired: `as_` is given and MARKET_DATABASE_URL is set.
        NotSignedIn: the session of MARKET_TOKEN has ended, or never was.
        BadSettings: a setting is not valid.
        EmbeddedServerError: the embedded server does not start.
    """
    from market.people.audit.readings import record_reading
    from market.people.identity.access import find_home_county, is_auditor
    from market.people.identity.actors import find_actor_by_handle, find_actor_by_token

    tune_garbage_collector()
    settings = settings or Settings.from_env()
    clock = make_clock(settings)
    async with open_logins(settings) as logins:
        name = f"market-command:{getpass.getuser()}"
        db = await open_database(
            logins.service, role=APP_ROLE, max_size=4, application_name=name, max_statement_seconds=0
        )
        try:
            actor = None
            if as_ is not None:
                if settings.database_url:
                    raise EmbeddedServerRequired
                async with db.connection() as conn:
                    actor = await find_actor_by_handle(conn, as_, day=clock.today())
                if actor is None:
                    raise AccountNotFound(handle=as_)
            elif settings.token:
                async with db.connection() as conn:
                    actor = await find_actor_by_token(conn, settings.token, now=clock.now())
                if actor is None:
                    raise NotSignedIn
            if actor is not None and is_auditor(actor):
                words = " ".join(takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
                county, account_id, now = find_home_county(actor) or "", actor.account_id, clock.now()
                async with db.transaction() as conn:
                    await record_reading(conn, account_id=account_id, county=county, read=f"market {words}", now=now)
            seal = derive_seal(settings.get_or_create_secret(), settings.secret_old)
            yield Runtime(settings, db, logins.owner, clock, seal, actor)
        finally:
            await db.close()


async def require_county_reader(ctx: Runtime, conn: Connection, county: str) -> None:
    """Require a role for the whole of a county that exists; the operator of the embedded server needs none.

    Raises:
        NotSignedIn: MARKET_DATABASE_URL is set and no account is given.
        NotAllowed, NotFound, SecondFactorRequired: the account has no role for the whole county.
        DivisionNotFound: no division has the code.
    """
    from market.people.identity.access import get_visible_divisions, require_whole_county
    from market.places.divisions.queries import get_division_path

    if ctx.actor is not None:
        require_whole_county(get_visible_divisions(ctx.actor, county), county)
    elif ctx.settings.database_url:
        raise NotSignedIn
    await get_division_path(conn, county)


def print_result(result: object, *, as_json: bool) -> None:
    """Print a result: one JSON value for programs, `name: value` lines for people."""
    data = msgspec.to_builtins(result)
    if as_json:
        print(json.dumps(data, ensure_ascii=False))
        return
    if isinstance(data, dict):
        for name, value in cast("dict[str, object]", data).items():
            print(f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value}")
        return
    print(data)


def run(work: Callable[[], Awaitable[object]], *, as_json: bool = False) -> int:
    """Run a command's work and print its result; refusals and bad input are printed without a stack trace.

    Returns the exit code: 0 success, 1 refused, 2 bad input.
    """
    try:
        result = run_to_end(_await_work(work))
    except Refusal as refusal:
        return print_refusal(refusal, as_json=as_json)
    except (BadSettings, EmbeddedServerError, UnknownRevision) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT if isinstance(error, BadSettings) else REFUSED
    except GatewayUnavailable as error:
        print(f"支付渠道没有回应，请稍后再试：{error}", file=sys.stderr)
        return REFUSED
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return 130
    if result is not None:
        print_result(result, as_json=as_json)
    return DONE


def print_refusal(refusal: Refusal, *, as_json: bool) -> int:
    """Print a refusal with its code and every fault; return its exit code."""
    facts = msgspec.to_builtins(refusal.facts, str_keys=True, enc_hook=str)
    errors = facts.pop("rows", None) or msgspec.to_builtins(refusal.errors)
    if as_json:
        body = {"outcome": "refused", "code": refusal.code, "detail": refusal.text("zh"), "errors": errors}
        print(json.dumps(facts | body, ensure_ascii=False))  # a fact may be named `code`
    else:
        print(f"{refusal.text('zh')} [{refusal.code}]", file=sys.stderr)
        for error in errors:
            print("  " + "  ".join(f"{name}={value}" for name, value in error.items()), file=sys.stderr)
        hidden = facts.get("count", 0) - len(errors)
        if errors and hidden > 0:
            print(f"  还有 {hidden} 处", file=sys.stderr)
    return BAD_INPUT if refusal.status in {400, 422} else REFUSED


async def _await_work(work: Callable[[], Awaitable[object]]) -> object:
    return await work()


def read_input(path: Path) -> bytes:
    """Read a file given on the command line.

    Raises:
        InputFileNotReadable: the file is missing or not readable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFileNotReadable(path=str(path), reason=error.strerror or "") from error


class InputFileNotReadable(Refusal):
    """The file cannot be read."""

    code = "no_such_file"
    status = 400
    zh = "读不了文件 {path}：{reason}。"
    en = "Cannot read {path}: {reason}."
