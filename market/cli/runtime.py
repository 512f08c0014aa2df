"""What every command shares: the database it works on, who is acting, and how an answer is told."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import asyncpg
import msgspec
from msgspec import Struct

from market.identity import Actor
from market.kernel import Database, Refusal, open_database
from market.kernel.clock import Clock
from market.kernel.embedded import EmbeddedFailed
from market.kernel.seal import Seal, seal_from_secret
from market.settings import BadSettings, Settings
from market.startup import APP_ROLE, clock_of, collect_seldom, owner_address

DONE, REFUSED, BAD_INPUT = 0, 1, 2


class Runtime(Struct, frozen=True):
    """What a command works with; `actor` is who acts, None for the system's own work."""

    settings: Settings
    db: Database
    owner_dsn: str
    clock: Clock
    seal: Seal
    actor: Actor | None


class UnknownAccount(Refusal):
    """`--as` names nobody."""

    code = "unknown_account"
    status = 404
    zh = "没有账号 {handle}。"
    en = "There is no account {handle}."


class EmbeddedOnly(Refusal):
    """`--as` plays a person, which is for the embedded server alone."""

    code = "embedded_only"
    status = 403
    zh = "--as 只能在内置数据库上使用；请用 MARKET_TOKEN 带上本人的登录令牌。"
    en = "--as works on the embedded server only; put your own sign-in token into MARKET_TOKEN."


@asynccontextmanager
async def runtime(as_: str | None = None, *, settings: Settings | None = None) -> AsyncGenerator[Runtime]:
    """Lend what a command needs: database, clock, seal, and the account that `as_` names.

    Raises:
        UnknownAccount: `as_` names nobody.
        EmbeddedOnly: `as_` is given on a database of one's own.
        BadSettings: a setting cannot be read.
        EmbeddedFailed: the embedded server does not start.
    """
    from market.identity.actors import actor_by_handle, actor_by_token

    collect_seldom()
    settings = settings or Settings.from_env()
    clock = clock_of(settings)
    async with owner_address(settings) as dsn:
        db = await open_database(dsn, role=APP_ROLE, max_size=4, application_name="market-command")
        try:
            actor = None
            if as_ is not None:
                if settings.database_url:
                    raise EmbeddedOnly
                async with db.connection() as conn:
                    actor = await actor_by_handle(conn, as_, day=clock.today())
                if actor is None:
                    raise UnknownAccount(handle=as_)
            elif settings.token:
                async with db.connection() as conn:
                    actor = await actor_by_token(conn, settings.token, now=clock.now())
            yield Runtime(settings, db, dsn, clock, seal_from_secret(settings.secret_or_made()), actor)
        finally:
            await db.close()


def tell(answer: object, *, as_json: bool) -> None:
    """Print an answer: one JSON value for programs, `name: value` lines for people."""
    plain = msgspec.to_builtins(answer)
    if as_json:
        print(json.dumps(plain, ensure_ascii=False))
        return
    if isinstance(plain, dict):
        for name, value in cast("dict[str, object]", plain).items():
            print(f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value}")
        return
    print(plain)


def run(work: Callable[[], Awaitable[object]], *, as_json: bool = False) -> int:
    """Run a command's work and tell its answer; refusals and bad input are told too, never a stack trace.

    Returns 0 done, 1 refused, 2 bad input.
    """
    try:
        answer = asyncio.run(_await(work))
    except Refusal as refusal:
        return tell_refusal(refusal, as_json=as_json)
    except (BadSettings, EmbeddedFailed) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT if isinstance(error, BadSettings) else REFUSED
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return 130
    if answer is not None:
        tell(answer, as_json=as_json)
    return DONE


def tell_refusal(refusal: Refusal, *, as_json: bool) -> int:
    """Print a refusal with its code and every fault; return the exit code that fits it."""
    facts = msgspec.to_builtins(refusal.facts, str_keys=True, enc_hook=str)
    errors = facts.pop("rows", None) or msgspec.to_builtins(refusal.errors)
    if as_json:
        body = {"outcome": "refused", "code": refusal.code, "detail": refusal.text("zh"), "errors": errors, **facts}
        print(json.dumps(body, ensure_ascii=False))
    else:
        print(f"{refusal.text('zh')} [{refusal.code}]", file=sys.stderr)
        for error in errors:
            print("  " + "  ".join(f"{name}={value}" for name, value in error.items()), file=sys.stderr)
    return BAD_INPUT if refusal.status in {400, 422} else REFUSED


async def _await(work: Callable[[], Awaitable[object]]) -> object:
    return await work()


def read_input(path: Path) -> bytes:
    """Read a file that was named on the command line.

    Raises:
        NoSuchFile: it is not there or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoSuchFile(path=str(path), reason=error.strerror or "") from error


class NoSuchFile(Refusal):
    """The named file cannot be read."""

    code = "no_such_file"
    status = 400
    zh = "读不了文件 {path}：{reason}。"
    en = "Cannot read {path}: {reason}."
