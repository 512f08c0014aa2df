"""The pages of operators: the public templates of their files, and the rooms of an operator's account."""

from litestar import Router

from market.web.operators import templates

_PAGES = (templates,)

OPERATORS = Router(
    path="/operators", route_handlers=[route for pages in _PAGES for route in pages.ROUTES], include_in_schema=False
)
"""Everything under /operators."""

ROUTES = [OPERATORS]
