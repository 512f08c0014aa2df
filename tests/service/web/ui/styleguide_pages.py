"""The pages of the style guide, rendered for the tests."""

from datetime import date

from market.service.web.ui.renderer import Renderer, SiteInfo
from market.service.web.ui.styleguide import make_sample_context

PAGES = (
    "styleguide.html",
    "guide/illustrations.html",
    "guide/desk.html",
    "guide/farmer.html",
    "guide/home.html",
    "guide/printed_form.html",
    "guide/plain.html",
)
RENDERER = Renderer(SiteInfo(demo=True))


def page(name: str, *, elder: bool = False, lang: str = "zh-Hans") -> str:
    """Render an example page."""
    context = {**make_sample_context(), "county": "阜平县", "today": date(2019, 4, 8)}
    return RENDERER.page(
        name, context, nonce="n0nce", elder=elder, lang=lang, path="/styleguide", user="样例甘某，县级经办"
    ).decode()
