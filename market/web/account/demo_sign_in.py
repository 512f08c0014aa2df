"""One-click sign-in of the demo: 我是农户, 我要买, 我在县里. Outside the demo these paths do not exist."""

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from market.http import HttpRequest
from market.identity.models import AccountId, Actor, NotFound
from market.identity.sign_in import sign_in_without_code
from market.kernel import Database, Query
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.settings import Settings
from market.web.cookies import get_session_cookie_name, set_cookie
from market.web.pages import redirect

DEMO_FILE = "demo.json"
_HOMES = {"farmer": "/farm", "buyer": "/", "official": "/desk"}
_ROLES = {"farmer": "farmer", "buyer": "buyer", "official": "importer"}
"""The sample account of each link; the importer also has the county role, so that R14 refuses the approval."""


class DemoSignInAccount(Struct, frozen=True):
    """A sample account that the demo command wrote to the file."""

    role: str
    phone: str


class DemoSignInFile(Struct, frozen=True):
    """The accounts in `$MARKET_DATA/demo.json`."""

    accounts: list[DemoSignInAccount]


FIND_DEMO_ACCOUNT = Query(
    UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND sample AND closed_at IS NULL"
)


def _read_phone(path: Path, role: str) -> str | None:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=DemoSignInFile)
    except (OSError, msgspec.DecodeError):
        return None
    return next((account.phone for account in kept.accounts if account.role == role), None)


@get("/demo/{role:str}", tags=["pages"], operation_id="DemoSignInPage", include_in_schema=False)
async def demo_sign_in(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    role: FromPath[str],
) -> Redirect:
    """Sign in as a sample account and redirect to its home page.

    Raises:
        NotFound: the service is not a demo, or it has no such sample account.
    """
    if not settings.demo or role not in _HOMES:
        raise NotFound
    phone = await asyncio.to_thread(_read_phone, settings.data / DEMO_FILE, _ROLES[role])
    if phone is None:
        raise NotFound
    now = clock.now()
    async with db.transaction() as conn:
        account_id = await FIND_DEMO_ACCOUNT.maybe(conn, phone_index=seal.index(phone))
        if account_id is None:
            raise NotFound
        signed = await sign_in_without_code(conn, AccountId(account_id), now=now, second_factor=role == "official")
    response = redirect(_HOMES[role])
    set_cookie(
        request,
        response,
        get_session_cookie_name(request),
        signed.token,
        seconds=int((signed.expires_at - now).total_seconds()),
    )
    return response


def get_home_path(actor: Actor) -> str:
    """Return the path of a person's home page: the desk, the farm, or the shop."""
    if actor.is_official:
        return _HOMES["official"]
    return _HOMES["farmer" if actor.producers else "buyer"]


ROUTES = [demo_sign_in]
