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

from market.kernel import Database, Query
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.identity.sign_in import sign_in_without_code
from market.service.http import HttpRequest
from market.service.web.cookies import get_session_cookie_name, set_cookie
from market.service.web.pages import redirect
from market.service.web.shop.buying.device_cart import CART_COOKIE, move_device_cart
from market.service.web.shop.favourites import clear_wanted, keep_wanted

DEMO_FILE = "demo.json"
_HOMES = {"farmer": "/farm", "buyer": "/", "official": "/desk"}
OPERATOR_HOME = "/operators"
"""The first page of an operator's account."""
_ROLES = {"farmer": "farmer", "buyer": "buyer", "official": "importer"}
"""The sample account of each link; the importer also has the county role, so that R14 refuses the approval."""


class DemoSignInAccount(Struct, frozen=True):
    """A sample account that the demo command wrote to the file."""

    role: str
    phone: str
    name: str = ""
    totp_secret: str | None = None


class DemoSignInFile(Struct, frozen=True):
    """The accounts in `$MARKET_DATA/demo.json`."""

    accounts: list[DemoSignInAccount]


FIND_DEMO_ACCOUNT = Query(
    UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND sample AND closed_at IS NULL"
)


async def list_demo_accounts(settings: Settings) -> list[DemoSignInAccount]:
    """Return the sample accounts of the demo, or none if its file cannot be read."""
    return await asyncio.to_thread(_read_accounts, settings.data / DEMO_FILE)


def _read_accounts(path: Path) -> list[DemoSignInAccount]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoSignInFile).accounts
    except (OSError, msgspec.DecodeError):
        return []


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
    return await sign_in_demo_account(
        request, db=db, seal=seal, settings=settings, clock=clock, role=_ROLES[role], home=_HOMES[role]
    )


async def sign_in_demo_account(
    request: HttpRequest, *, db: Database, seal: Seal, settings: Settings, clock: Clock, role: str, home: str
) -> Redirect:
    """Sign in as the sample account of a role, an official with a second factor, and redirect to `home`.

    Raises:
        NotFound: the demo has no such account.
    """
    account = next((each for each in await list_demo_accounts(settings) if each.role == role), None)
    if account is None:
        raise NotFound
    now = clock.now()
    async with db.transaction() as conn:
        account_id = await FIND_DEMO_ACCOUNT.maybe(conn, phone_index=seal.index(account.phone))
        if account_id is None:
            raise NotFound
        verified = home in {_HOMES["official"], OPERATOR_HOME}
        signed = await sign_in_without_code(conn, AccountId(account_id), now=now, second_factor=verified)
        await move_device_cart(conn, request, AccountId(account_id))
        await keep_wanted(conn, request, AccountId(account_id), now=now)
    response = redirect(home)
    set_cookie(
        request,
        response,
        get_session_cookie_name(request),
        signed.token,
        seconds=int((signed.expires_at - now).total_seconds()),
    )
    set_cookie(request, response, CART_COOKIE, "", seconds=0)
    clear_wanted(request, response)
    return response


def get_home_path(actor: Actor) -> str:
    """Return the path of a person's home page: the desk, the rooms of operators, the farm, or the shop."""
    if actor.operator is not None:
        return OPERATOR_HOME
    if actor.is_official:
        return _HOMES["official"]
    return _HOMES["farmer" if actor.producers else "buyer"]


ROUTES = [demo_sign_in]
