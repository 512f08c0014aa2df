"""Feeds of the products on sale for other platforms: JSON Feed and RSS with the attributes of Google Merchant.

Source: jsonfeed.org/version/1.1; support.google.com/merchants/answer/7052112 (product data specification).
"""

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.feed import FeedItem, list_feed_items
from market.http import HttpRequest
from market.kernel import Database
from market.kernel.clock import Clock
from market.rate_limits import RateClass
from market.storage.photos import PhotoFormat, get_photo_paths
from market.web.assets import HOUR, get_origin
from payments.money import format_yuan

NAMESPACE = "http://base.google.com/ns/1.0"
JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
_TITLE, _ABOUT = "乡集：地里的东西", "河北脱贫县的农产品，产地直发，钱到农户手里。"
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,4})")
# Characters that XML 1.0 cannot contain, whatever the escape.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _FeedPage(Struct, frozen=True):
    origin: str
    items: list[FeedItem]
    next: str | None


async def _load_page(request: HttpRequest, db: Database, clock: Clock) -> _FeedPage:
    """Return the page that begins after `?after=`, as the page before named it; without it, the first."""
    cursor = _CURSOR.fullmatch(request.query_params.get("after", ""))
    after = (int(cursor[1]), int(cursor[2])) if cursor else (0, 0)
    async with db.connection() as conn:
        items, following = await list_feed_items(conn, after=after, today=clock.today())
    origin = get_origin(request)
    address = f"{origin}{request.url.path}"
    return _FeedPage(origin, items, f"{address}?after={following[0]}-{following[1]}" if following else None)


@get("/feeds/products.json", include_in_schema=False, rate=RateClass.SEARCH)
async def show_json_feed(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the packs on sale as JSON Feed, 500 a page; `next_url` is the next page."""
    page = await _load_page(request, db, clock)
    feed: dict[str, Any] = {
        "version": JSON_FEED_VERSION,
        "title": _TITLE,
        "description": _ABOUT,
        "language": "zh-CN",
        "home_page_url": f"{page.origin}/",
        "feed_url": f"{page.origin}/feeds/products.json",
        "items": [_describe_for_json(page.origin, each) for each in page.items],
    }
    if page.next:
        feed["next_url"] = page.next
    return Response(msgspec.json.encode(feed), media_type="application/feed+json", headers={"Cache-Control": HOUR})


@get("/feeds/products.xml", include_in_schema=False, rate=RateClass.SEARCH)
async def show_merchant_feed(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the packs on sale as RSS 2.0 with Google's product attributes, 500 a page; `atom:link` is the next page."""
    page = await _load_page(request, db, clock)
    rss = Element("rss", {"version": "2.0", "xmlns:g": NAMESPACE, "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = SubElement(rss, "channel")
    for name, text in (("title", _TITLE), ("link", f"{page.origin}/"), ("description", _ABOUT)):
        SubElement(channel, name).text = text
    if page.next:
        SubElement(channel, "atom:link", {"rel": "next", "href": page.next})
    for each in page.items:
        item = SubElement(channel, "item")
        for name, text in _describe_for_merchants(page.origin, each):
            SubElement(item, f"g:{name}").text = _NOT_XML.sub("", text)
    content = tostring(rss, encoding="utf-8", xml_declaration=True)
    return Response(content, media_type="application/xml", headers={"Cache-Control": HOUR})


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


ROUTES = [show_json_feed, show_merchant_feed]
