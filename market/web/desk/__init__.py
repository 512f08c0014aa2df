"""The officials' desk: what waits, the month and its papers, places, findings, files, programmes, sellers."""

from litestar import Router

from market.identity import NotSignedIn, SecondFactorNeeded
from market.web.desk import findings, imports, months, notices, places, producers, programmes, sheets, today
from market.web.desk.office import ChooseCounty, lead_to_county, lead_to_factor, lead_to_sign_in

_PAGES = (today, months, places, findings, sheets, imports, notices, programmes, producers)

DESK = Router(
    path="/desk",
    route_handlers=[route for pages in _PAGES for route in pages.ROUTES],
    exception_handlers={
        NotSignedIn: lead_to_sign_in,
        SecondFactorNeeded: lead_to_factor,
        ChooseCounty: lead_to_county,
    },
    include_in_schema=False,
)
"""Everything under /desk; who is not signed in whole is led to signing in, and back."""

ROUTES = [DESK]
