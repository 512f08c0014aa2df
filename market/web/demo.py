"""One-click sign-in of the demo: 我是农户, 我要买, 我在县里. Outside the demo these addresses do not exist."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from market.identity import AccountId, Actor, NotFound, sign_in_without_code
from market.kernel import Database, Query
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.settings import Settings
from market.web.plumbing import see_other, session_cookie, set_cookie

DEMO_FILE = "demo.json"
_HOMES = {"farmer": "/farm", "buyer": "/", "official": "/desk"}
_ROLES = {"farmer": "farmer", "buyer": "buyer", "official": "importer"}
"""Which of the sample persons a link signs in; the importer holds the county's decision too: R14 refuses it."""


class DemoAccount(Struct, frozen=True):
    """A sample person that the demo command wrote down."""

    role: str
    phone: str


class DemoFile(Struct, frozen=True):
    """What the pages need of `$MARKET_DATA/demo.json`."""

    accounts: list[DemoAccount]


DEMO_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND sample AND closed_at IS NULL")


def _phone_of(path: Path, role: str) -> str | None:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=DemoFile)
    except (OSError, msgspec.DecodeError):
        return None
    return next((account.phone for account in kept.accounts if account.role == role), None)


@get("/demo/{role:str}", tags=["pages"], operation_id="DemoSignInPage", include_in_schema=False)
async def demo_sign_in(
    request: Request[Any, Any, Any],
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    role: FromPath[str],
) -> Redirect:
    """Sign in as a sample person and go to its home.

    Raises:
        NotFound: this is no demo, or it has no such sample person.
    """
    if not settings.demo or role not in _HOMES:
        raise NotFound
    phone = await asyncio.to_thread(_phone_of, settings.data / DEMO_FILE, _ROLES[role])
    if phone is None:
        raise NotFound
    now = clock.now()
    async with db.transaction() as conn:
        account_id = await DEMO_ACCOUNT.maybe(conn, phone_index=seal.index(phone))
        if account_id is None:
            raise NotFound
        signed = await sign_in_without_code(conn, AccountId(account_id), now=now, second_factor=role == "official")
    response = see_other(_HOMES[role])
    set_cookie(
        request, response, session_cookie(request), signed.token, seconds=int((signed.expires_at - now).total_seconds())
    )
    return response


def home_of(actor: Actor) -> str:
    """Return where a person's own pages begin."""
    if actor.is_official:
        return _HOMES["official"]
    return _HOMES["farmer" if actor.producers else "buyer"]


ROUTES = [demo_sign_in]
