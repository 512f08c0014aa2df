"""Feeds of the products on sale, of all or of a channel: JSON Feed, RSS with the attributes of Google Merchant, CSV.

Source: jsonfeed.org/version/1.1; support.google.com/merchants/answer/7052112 (product data specification).
"""

import re
from hashlib import blake2b
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.feed import FeedItem, list_feed_items
from market.kernel.clock import Clock
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.spreadsheet import Column
from market.kernel.sheets.write_spreadsheet import write_csv
from market.people.identity.models import NotFound
from market.people.storage.photos import PhotoFormat, get_photo_paths
from market.service.http import HttpRequest
from market.service.web.assets import HOUR, get_origin
from market.villages.channels.read import find_channel
from payments.money import format_yuan

NAMESPACE = "http://base.google.com/ns/1.0"
JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
_TITLE, _ABOUT = "乡集：地里的东西", "河北脱贫县的农产品，产地直发，卖家拿到多少，商品页上写着。"
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,4})")
# Characters that XML 1.0 cannot contain, whatever the escape.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _FeedPage(Struct, frozen=True, kw_only=True):
    """A page of a feed: what it is of, the page that people read, its own address, and that of the next page."""

    title: str
    home: str
    address: str
    origin: str
    items: list[FeedItem]
    next: str | None


async def _load_page(request: HttpRequest, reads: PublicReads, clock: Clock, channel: str | None = None) -> _FeedPage:
    """Return the page that begins after `?after=`, as the page before named it; without it, the first.

    Raises:
        NotFound: there is no such channel.
    """
    cursor = _CURSOR.fullmatch(request.query_params.get("after", ""))
    after = (int(cursor[1]), int(cursor[2])) if cursor else (0, 0)
    today = clock.today()
    title, home, counties = _TITLE, "/", None
    async with reads.connection() as conn:
        if channel is not None:
            found = await find_channel(conn, channel, today=today)
            if found is None:
                raise NotFound
            title, home, counties = f"乡集：{found.name}频道", f"/channels/{found.code}", found.counties
        items, following = await list_feed_items(conn, after=after, today=today, counties=counties)
    origin = get_origin(request)
    address = f"{origin}{request.url.path}"
    return _FeedPage(
        title=title, home=f"{origin}{home}", address=address, origin=origin, items=items,
        next=f"{address}?after={following[0]}-{following[1]}" if following else None,
    )  # fmt: skip


def _answer(request: HttpRequest, content: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Return a feed with its validator, or 304 without a body to who has it. Source: RFC 9110, 8.8.3 and 13.1.2."""
    etag = f'W/"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {**headers, "Cache-Control": HOUR, "ETag": etag}
    given = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if etag.removeprefix("W/") in given:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _render_json(request: HttpRequest, page: _FeedPage) -> Response[bytes]:
    feed: dict[str, Any] = {
        "version": JSON_FEED_VERSION,
        "title": page.title,
        "description": _ABOUT,
        "language": "zh-CN",
        "home_page_url": page.home,
        "feed_url": page.address,
        "items": [_describe_for_json(page.origin, each) for each in page.items],
    }
    if page.next:
        feed["next_url"] = page.next
    return _answer(request, msgspec.json.encode(feed), "application/feed+json", {})


def _render_rss(request: HttpRequest, page: _FeedPage) -> Response[bytes]:
    rss = Element("rss", {"version": "2.0", "xmlns:g": NAMESPACE, "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = SubElement(rss, "channel")
    for name, text in (("title", page.title), ("link", page.home), ("description", _ABOUT)):
        SubElement(channel, name).text = text
    if page.next:
        SubElement(channel, "atom:link", {"rel": "next", "href": page.next})
    for each in page.items:
        item = SubElement(channel, "item")
        for name, text in _describe_for_merchants(page.origin, each):
            SubElement(item, f"g:{name}").text = _NOT_XML.sub("", text)
    return _answer(request, tostring(rss, encoding="utf-8", xml_declaration=True), "application/xml", {})


@get("/feeds/products.json", include_in_schema=False, rate=RateClass.SEARCH)
async def show_json_feed(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the packs on sale as JSON Feed, 500 a page; `next_url` is the next page."""
    return _render_json(request, await _load_page(request, reads, clock))


@get("/feeds/products.xml", include_in_schema=False, rate=RateClass.SEARCH)
async def show_merchant_feed(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the packs on sale as RSS 2.0 with Google's product attributes, 500 a page; `atom:link` is the next page."""
    return _render_rss(request, await _load_page(request, reads, clock))


@get("/feeds/channels/{code:str}/products.json", include_in_schema=False, rate=RateClass.SEARCH)
async def show_channel_json_feed(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """List the packs on sale in a channel as JSON Feed, like that of all.

    Raises:
        NotFound: there is no such channel.
    """
    return _render_json(request, await _load_page(request, reads, clock, code))


@get("/feeds/channels/{code:str}/products.xml", include_in_schema=False, rate=RateClass.SEARCH)
async def show_channel_merchant_feed(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """List the packs on sale in a channel as RSS 2.0, like that of all.

    Raises:
        NotFound: there is no such channel.
    """
    return _render_rss(request, await _load_page(request, reads, clock, code))


@get("/feeds/channels/{code:str}/products.csv", include_in_schema=False, rate=RateClass.SEARCH)
async def show_channel_table(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """List the packs on sale in a channel as CSV, 500 a page; the header `Link` with `rel="next"` is the next page.

    Raises:
        NotFound: there is no such channel.
    """
    page = await _load_page(request, reads, clock, code)
    rows = [
        {
            "id": f"{each.number}-{each.position}", "title": each.title, "unit": each.unit, "category": each.category,
            "seller": each.seller, "county": each.county, "village": each.village,
            "price": format_yuan(each.price_fen), "currency": "CNY", "net_g": str(each.net_g or ""),
            "availability": _get_availability(each), "link": _get_link(page.origin, each),
        }
        for each in page.items
    ]  # fmt: skip
    more = {"Link": f'<{page.next}>; rel="next"'} if page.next else {}
    return _answer(request, write_csv(_TABLE, rows), "text/csv", more)


def _describe_for_json(origin: str, item: FeedItem) -> dict[str, Any]:
    image = _get_image(origin, item)
    about = {
        "id": f"{item.number}-{item.position}",
        "url": _get_link(origin, item),
        "title": _get_title(item),
        "content_text": _get_description(item),
        "authors": [{"name": item.seller}],
        "tags": [item.category, item.county],
        "_offer": {"price": format_yuan(item.price_fen), "currency": "CNY", "availability": _get_availability(item)},
    }
    more = [{"url": each, "mime_type": "image/webp"} for each in _list_more_images(origin, item)]
    return about | ({"image": image} if image else {}) | ({"attachments": more} if more else {})


def _describe_for_merchants(origin: str, item: FeedItem) -> list[tuple[str, str]]:
    """Return the attributes of a pack; those that it has no value for are left out."""
    image = _get_image(origin, item)
    attributes = [
        ("id", f"{item.number}-{item.position}"),
        ("item_group_id", str(item.number)),
        ("title", _get_title(item)),
        ("description", _get_description(item)),
        ("link", _get_link(origin, item)),
        ("image_link", image),
        *(("additional_image_link", each) for each in _list_more_images(origin, item)),
        ("availability", _get_availability(item)),
        ("availability_date", f"{item.presale_from}T00:00:00+08:00" if item.presale_from else ""),
        ("price", f"{format_yuan(item.price_fen)} CNY"),
        ("brand", item.seller),
        ("condition", "new"),
        ("identifier_exists", "no"),
        ("product_type", item.category),
        ("unit_pricing_measure", f"{item.net_g} g" if item.net_g else ""),
    ]
    return [(name, text) for name, text in attributes if text]


def _get_title(item: FeedItem) -> str:
    return f"{item.title} {item.unit}"


def _get_description(item: FeedItem) -> str:
    return item.story or f"{item.county}{item.village}，{item.seller}。{_ABOUT}"


def _get_link(origin: str, item: FeedItem) -> str:
    return f"{origin}/goods/{item.number}"


def _get_image(origin: str, item: FeedItem) -> str:
    return f"{origin}{get_photo_paths(item.photo, item.photo_kind)[-1]}" if item.photo else ""


def _list_more_images(origin: str, item: FeedItem) -> list[str]:
    """Return the addresses of the photos after the cover; both formats take up to ten."""
    return [f"{origin}{get_photo_paths(name, PhotoFormat.WEBP)[-1]}" for name in item.more_photos]


def _get_availability(item: FeedItem) -> str:
    if not item.in_stock:
        return "out_of_stock"
    return "preorder" if item.presale_from else "in_stock"


_TABLE = tuple(
    Column(name, name)
    for name in (
        "id", "title", "unit", "category", "seller", "county", "village", "price", "currency", "net_g", "availability",
        "link",
    )
)  # fmt: skip
ROUTES = [
    show_json_feed, show_merchant_feed, show_channel_json_feed, show_channel_merchant_feed, show_channel_table,
]  # fmt: skip
