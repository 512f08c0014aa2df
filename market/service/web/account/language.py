"""The language switch of the buyers' pages, stored on the device."""

from litestar import post
from litestar.response import Redirect

from market.kernel.language import CHINESE, ENGLISH
from market.service.http import HttpRequest
from market.service.web.cookies import LANGUAGE_COOKIE, YEAR_SECONDS, set_cookie
from market.service.web.forms import read_form
from market.service.web.pages import get_local_path, redirect


@post("/language", include_in_schema=False, english=True)
async def switch_language(request: HttpRequest) -> Redirect:
    """Store in which language buyers' pages are, and redirect back.

    The form has no token, because it is on pages in shared caches; its origin is checked instead.
    """
    form = await read_form(request, as_typed={"to"}, token=False)
    response = redirect(get_local_path(form.get_text("to")))
    language = ENGLISH if form.get_text("lang") == ENGLISH else CHINESE
    set_cookie(request, response, LANGUAGE_COOKIE, language, seconds=YEAR_SECONDS)
    return response


ROUTES = [switch_language]
