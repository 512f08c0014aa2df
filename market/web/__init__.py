"""Pages for people: rendered by the server, phone first, whole without scripts."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from market.web import (
    apply,
    assets,
    bill,
    cart,
    checkout,
    demo,
    elder,
    farm,
    goods,
    letting,
    money,
    order_moves,
    orders,
    own_listings,
    paying,
    photos,
    sell,
    shop,
    sign_in,
    stay,
)

_PAGES = (
    apply, assets, bill, cart, checkout, demo, elder, farm, goods, letting, money, order_moves, orders, own_listings,
    paying, photos, sell, shop, sign_in, stay,
)  # fmt: skip


def _desk_routes() -> list[Any]:
    """Return the officials' pages, which are a package of their own."""
    return list(getattr(import_module("market.web.desk"), "ROUTES", [])) if find_spec("market.web.desk") else []


ROUTES: list[Any] = [route for pages in _PAGES for route in pages.ROUTES] + _desk_routes()

__all__ = ["ROUTES"]
