"""The rate by which a visitor sees prices in another currency besides yuan, for information."""

from market.service.http import HttpRequest
from market.service.web.cookies import CURRENCY_COOKIE
from market.service.web.services import get_services
from market.villages.channels.models import Rate


async def find_shown_rate(request: HttpRequest) -> Rate | None:
    """Return the rate of the currency that the visitor chose; None for yuan, and if there is no recent rate."""
    chosen = request.cookies.get(CURRENCY_COOKIE)
    return (await get_services(request).counts.rates.get()).get(chosen) if chosen else None
