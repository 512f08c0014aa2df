"""The pages of operators: the public templates of their files, and the rooms of an operator's account."""

from litestar import Router

from market.people.identity.models import NotSignedIn, SecondFactorRequired
from market.service.web.desk.context import redirect_to_second_factor, redirect_to_sign_in
from market.service.web.operators import bills, files, outages, provincial_bills, settlement, templates

_PAGES = (templates, bills, provincial_bills, files, settlement, outages)

OPERATORS = Router(
    path="/operators",
    route_handlers=[route for pages in _PAGES for route in pages.ROUTES],
    exception_handlers={NotSignedIn: redirect_to_sign_in, SecondFactorRequired: redirect_to_second_factor},
    include_in_schema=False,
)
"""Everything under /operators; who is not fully signed in is redirected to sign-in and back."""

ROUTES = [OPERATORS]
