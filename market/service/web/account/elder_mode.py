"""The 长辈版 switch: larger type and buttons, stored on the device and in the account."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Redirect

from market.kernel import Database
from market.people.identity.models import Actor
from market.people.identity.sign_in import update_account
from market.service.http import HttpRequest
from market.service.web.cookies import ELDER_COOKIE, YEAR_SECONDS, set_cookie
from market.service.web.forms import read_form
from market.service.web.pages import get_local_path, redirect


@post("/elder", tags=["pages"], operation_id="SwitchElderPage", include_in_schema=False, english=True, auditor="acts")
async def switch_elder(
    request: HttpRequest, db: NamedDependency[Database], visitor: NamedDependency[Actor | None]
) -> Redirect:
    """Store whether pages use large type, and redirect back.

    The form has no token, because it is on pages in shared caches; its origin is checked instead.
    """
    form = await read_form(request, as_typed={"to"}, token=False)
    elder = form.get_text("elder") == "1"
    if visitor is not None and visitor.elder != elder:
        async with db.transaction() as conn:
            await update_account(conn, visitor, name=visitor.name, elder=elder)
    response = redirect(get_local_path(form.get_text("to")))
    set_cookie(request, response, ELDER_COOKIE, "1" if elder else "0", seconds=YEAR_SECONDS)
    return response


ROUTES = [switch_elder]
