"""The example pages of the look, rendered for the tests."""

from datetime import date

from market.web.look.guide import sample
from market.web.look.render import Renderer, Site

PAGES = (
    "styleguide.html",
    "guide/cuts.html",
    "guide/desk.html",
    "guide/farmer.html",
    "guide/home.html",
    "guide/paper.html",
    "guide/plain.html",
)
RENDERER = Renderer(Site(demo=True))


def page(name: str, *, elder: bool = False, lang: str = "zh-Hans") -> str:
    """Render an example page."""
    context = {**sample(), "county": "阜平县", "today": date(2019, 4, 8)}
    return RENDERER.page(
        name, context, nonce="n0nce", elder=elder, lang=lang, path="/styleguide", user="样例甘某，县级经办"
    ).decode()
