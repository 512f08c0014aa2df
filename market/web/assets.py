"""Files that pages fetch: scripts and the mark under names that never change, and what crawlers ask for."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.identity import NotFound
from market.kernel import Database, Query
from market.web.plumbing import services

IMMUTABLE = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"
_MOST_ADDRESSES = 5000

LIVE_ADDRESSES = Query(
    str,
    """
    SELECT CASE kind WHEN 'product' THEN '/goods/' ELSE '/stays/' END || number
      FROM listings
     WHERE state = 'live'
     ORDER BY score DESC, id
     LIMIT :most
    """,
)
LISTED_KINDS = Query(str, "SELECT '/kinds/' || code FROM categories ORDER BY position")


@get("/static/{name:str}", include_in_schema=False)
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Give a script or the mark; its name holds its hash, so that it may be kept for ever.

    Raises:
        NotFound: there is no such file.
    """
    found = services(request).renderer.static.get(f"/static/{name}")
    if found is None:
        raise NotFound
    media_type = found.media_type.partition(";")[0]
    return Response(found.content, media_type=media_type, headers={"Cache-Control": IMMUTABLE})


@get("/favicon.ico", include_in_schema=False)
async def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the mark to browsers that ask for an icon by its old name."""
    renderer = services(request).renderer
    mark = renderer.static[renderer.url("mark.svg")]
    return Response(mark.content, media_type=mark.media_type, headers={"Cache-Control": "public, max-age=86400"})


def origin_of(request: Request[Any, Any, Any]) -> str:
    """Return the address of the site as people see it, without a slash at its end."""
    return (services(request).settings.public_url or str(request.base_url)).rstrip("/")


@get("/robots.txt", include_in_schema=False)
async def robots(request: Request[Any, Any, Any]) -> Response[str]:
    """Tell crawlers where not to go."""
    closed = ["/cart", "/checkout", "/orders", "/me", "/farm", "/desk", "/sign-in", "/demo", "/api/", "/search"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {origin_of(request)}/sitemap.xml"]
    return Response("\n".join(lines) + "\n", media_type="text/plain", headers={"Cache-Control": _HOUR})


@get("/sitemap.xml", include_in_schema=False)
async def sitemap(request: Request[Any, Any, Any], db: NamedDependency[Database]) -> Response[str]:
    """List what is for sale, the best known first, at most 5,000 addresses."""
    async with db.connection() as conn:
        found = await LISTED_KINDS.all(conn) + await LIVE_ADDRESSES.all(conn, most=_MOST_ADDRESSES)
    origin = origin_of(request)
    rows = "".join(f"<url><loc>{origin}{path}</loc></url>\n" for path in ["/", "/kinds", *found])
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{rows}</urlset>\n"
    )
    return Response(text, media_type="application/xml", headers={"Cache-Control": _HOUR})


ROUTES = [static_file, favicon, robots, sitemap]
