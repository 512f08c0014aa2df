"""Static files with a hash in their names, the favicon, and robots.txt and sitemap.xml for crawlers."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Query
from market.kernel.clock import Clock
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateClass
from market.people.identity.models import NotFound
from market.service.http import HttpRequest
from market.service.web.services import get_services

IMMUTABLE = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"
_MAX_SITEMAP_LISTINGS = 5000

LIST_LISTING_PATHS = Query(
    str,
    """
    SELECT CASE kind WHEN 'stay' THEN '/stays/' ELSE '/goods/' END || number
      FROM listings
     WHERE state = 'live' AND certified_until >= :today::date
     ORDER BY score DESC, id
     LIMIT :limit
    """,
)
LIST_CATEGORY_PATHS = Query(str, "SELECT '/kinds/' || code FROM categories ORDER BY position")


@get("/static/{name:str}", include_in_schema=False, rate=RateClass.FREE)
async def static_file(request: HttpRequest, name: FromPath[str]) -> Response[bytes]:
    """Return a script or the logo; its name contains its hash, so it may be cached forever.

    Raises:
        NotFound: the file does not exist.
    """
    file = get_services(request).renderer.static.get(f"/static/{name}")
    if file is None:
        raise NotFound
    media_type = file.media_type.partition(";")[0]
    return Response(file.content, media_type=media_type, headers={"Cache-Control": IMMUTABLE})


@get("/favicon.ico", include_in_schema=False, rate=RateClass.FREE)
async def favicon(request: HttpRequest) -> Response[bytes]:
    """Return the logo to browsers that request /favicon.ico."""
    renderer = get_services(request).renderer
    mark = renderer.static[renderer.url("mark.svg")]
    return Response(mark.content, media_type=mark.media_type, headers={"Cache-Control": "public, max-age=86400"})


def get_origin(request: HttpRequest) -> str:
    """Return the public origin of the site, without a trailing slash."""
    return (get_services(request).settings.public_url or str(request.base_url)).rstrip("/")


@get("/robots.txt", include_in_schema=False, rate=RateClass.FREE)
async def robots(request: HttpRequest) -> Response[str]:
    """Disallow crawlers on personal pages, the API and the search."""
    closed = ["/cart", "/checkout", "/orders", "/me", "/farm", "/desk", "/sign-in", "/demo", "/api/", "/search"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {get_origin(request)}/sitemap.xml"]
    return Response("\n".join(lines) + "\n", media_type="text/plain", headers={"Cache-Control": HOUR})


@get("/sitemap.xml", include_in_schema=False, rate=RateClass.SEARCH)
async def sitemap(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock]
) -> Response[str]:
    """List categories and live listings for crawlers, by descending score, at most 5,000 listings."""
    async with reads.connection() as conn:
        listings = await LIST_LISTING_PATHS.all(conn, today=clock.today(), limit=_MAX_SITEMAP_LISTINGS)
        paths = await LIST_CATEGORY_PATHS.all(conn) + listings
    origin = get_origin(request)
    rows = "".join(f"<url><loc>{origin}{path}</loc></url>\n" for path in ["/", "/kinds", *paths])
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{rows}</urlset>\n"
    )
    return Response(text, media_type="application/xml", headers={"Cache-Control": HOUR})


ROUTES = [static_file, favicon, robots, sitemap]
