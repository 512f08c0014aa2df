"""The page of something that is not sold any more: what became of it, and ways on."""

from collections.abc import Sequence

from litestar import Response

from market.catalogue.listings.detail import ShelfPlace
from market.kernel.language import say
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE


def render_off_sale_listing(request: HttpRequest, place: ShelfPlace) -> Response[bytes]:
    """Render the page of a listing that its seller withdrew (410), or whose certificate ended (404)."""
    ways = [(f"/kinds/{place.category_code}", say("看看别的{0}", place.category))]
    if place.producer:
        ways.insert(0, (f"/sellers/{place.producer_number}", say("看看{0}还卖什么", place.producer)))
    words = say("卖家把它下架了。") if place.withdrawn else say("它的证件到期了，换了新的才能再卖。")
    return render_off_sale(request, words, ways, gone=place.withdrawn)


def render_off_sale(
    request: HttpRequest, words: str, ways: Sequence[tuple[str, str]], *, gone: bool
) -> Response[bytes]:
    """Render the page of something that is not sold; `ways` are links with their words, the nearest first."""
    return render_page(
        request, "shop/off_sale.html", {"words": words, "ways": ways}, status=410 if gone else 404,
        cache=SHORT_PUBLIC_CACHE,
    )  # fmt: skip
