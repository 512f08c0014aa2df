"""The 长辈版 switch: larger letters and keys, remembered by the device and by the account."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from market.identity import Actor, change_account
from market.kernel import Database
from market.web.plumbing import ELDER, check_origin, local_path, see_other, set_cookie

_YEAR = 31_536_000


@post("/elder", tags=["pages"], operation_id="SwitchElderPage", include_in_schema=False)
async def switch_elder(
    request: Request[Any, Any, Any], db: NamedDependency[Database], visitor: NamedDependency[Actor | None]
) -> Redirect:
    """Remember whether pages are large, and go back to where the key was pressed.

    The form carries no token, for it stands on pages that are kept by shared caches; the origin is checked.
    """
    check_origin(request)
    form = await request.form()
    elder = form.get("elder") == "1"
    if visitor is not None and visitor.elder != elder:
        async with db.transaction() as conn:
            await change_account(conn, visitor.account_id, name=visitor.name, elder=elder)
    response = see_other(local_path(str(form.get("to", "/"))))
    set_cookie(request, response, ELDER, "1" if elder else "0", seconds=_YEAR)
    return response


ROUTES = [switch_elder]
