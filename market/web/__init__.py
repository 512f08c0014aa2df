"""Pages for people: rendered by the server, phone first, whole without scripts."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from litestar import Router

from market.identity import NotSignedIn
from market.web import (
    apply,
    assets,
    bill,
    cart,
    checkout,
    demo,
    elder,
    farm,
    freight,
    goods,
    letting,
    money,
    order_moves,
    orders,
    own_listings,
    papers,
    paying,
    photos,
    sell,
    shop,
    sign_in,
    stay,
)
from market.web.plumbing import lead_to_sign_in

_PAGES = (
    assets, cart, checkout, demo, elder, goods, order_moves, orders, paying, photos, shop, sign_in, stay,
)  # fmt: skip
_OF_FARMERS = (apply, bill, farm, freight, letting, money, own_listings, papers, sell)

SHOP = Router(
    path="/",
    route_handlers=[route for pages in _PAGES for route in pages.ROUTES],
    exception_handlers={NotSignedIn: lead_to_sign_in},
    include_in_schema=False,
)
"""The shop and what is a buyer's own; who opens that without having signed in is led there, and back."""

FARM = Router(
    path="/",
    route_handlers=[route for pages in _OF_FARMERS for route in pages.ROUTES],
    exception_handlers={NotSignedIn: lead_to_sign_in},
    include_in_schema=False,
)
"""Everything under /farm; who is not signed in is led to signing in, and back."""


def _desk_routes() -> list[Any]:
    """Return the officials' pages, which are a package of their own."""
    return list(getattr(import_module("market.web.desk"), "ROUTES", [])) if find_spec("market.web.desk") else []


ROUTES: list[Any] = [SHOP, FARM, *_desk_routes()]

__all__ = ["ROUTES"]
