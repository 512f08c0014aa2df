"""Prices shown in another currency for information, and the choice of it."""

from litestar import Response, get, post
from litestar.response import Redirect

from market.kernel import Fen
from market.service.http import HttpRequest
from market.service.web.cookies import CURRENCY_COOKIE, YEAR_SECONDS, set_cookie
from market.service.web.forms import read_form
from market.service.web.pages import get_local_path, redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.shown_rate import find_shown_rate
from market.villages.channels.models import MAX_RATE_AGE_DAYS
from market.villages.channels.rates import get_rate

_EXAMPLE_FEN = Fen(100_00)


@get("/currency", include_in_schema=False, english=True)
async def show_currencies(request: HttpRequest) -> Response[bytes]:
    """Show the currencies with a recent rate, and what 100 yuan are in each."""
    rates = await get_services(request).counts.rates.get()
    context = {
        "rates": sorted(rates.values(), key=lambda each: each.currency),
        "rate": await find_shown_rate(request),
        "example_fen": _EXAMPLE_FEN,
        "days": MAX_RATE_AGE_DAYS,
        "to": get_local_path(request.query_params.get("to", "")),
    }
    return render_page(request, "shop/currency.html", context, cache=SHORT_PUBLIC_CACHE)


@post("/currency", include_in_schema=False, english=True)
async def choose_currency(request: HttpRequest) -> Redirect:
    """Store on the device in which currency prices are shown besides yuan, and redirect back; without one, in none.

    The form has no token, because it is on pages in shared caches; its origin is checked instead.

    Raises:
        CurrencyWithoutRate: there is no recent rate of it.
    """
    form = await read_form(request, as_typed={"to"}, token=False)
    currency = form.get_text("currency")
    if currency:
        get_rate(await get_services(request).counts.rates.get(), currency)
    response = redirect(get_local_path(form.get_text("to")))
    set_cookie(request, response, CURRENCY_COOKIE, currency, seconds=YEAR_SECONDS)
    return response


ROUTES = [show_currencies, choose_currency]
