"""All reviews of a listing, page by page."""

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.models import ListingKind
from market.kernel import Query
from market.kernel.public_reads import PublicReads
from market.people.identity.models import NotFound
from market.sales.reviews.views import list_listing_reviews
from market.service.http import HttpRequest
from market.service.web.forms import parse_uuid
from market.service.web.pages import render_page
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.cards import ShortNumber, format_score, get_listing_path

_PAGE_SIZE = 20


class ReviewedListing(Struct, frozen=True):
    """A live listing with its rating."""

    id: UUID
    kind: ListingKind
    title: str
    rating_sum: int
    rating_count: int


GET_REVIEWED_LISTING = Query(
    ReviewedListing,
    "SELECT id, kind, title, rating_sum, rating_count FROM listings WHERE number = :number AND state = 'live'",
)


@get(
    ["/goods/{number:int}/reviews", "/stays/{number:int}/reviews"],
    include_in_schema=False,
    english=True,
    shared=Audience.ALL,
)
async def show_reviews(
    request: HttpRequest, reads: NamedDependency[PublicReads], number: ShortNumber
) -> Response[bytes]:
    """Show the reviews of a listing, latest first.

    Raises:
        NotFound: no live listing has that number.
    """
    before = parse_uuid(request.query_params.get("before", ""))
    async with reads.connection() as conn:
        listing = await GET_REVIEWED_LISTING.maybe(conn, number=number)
        if listing is None:
            raise NotFound
        page = await list_listing_reviews(conn, listing.id, before=before, limit=_PAGE_SIZE)
    link = get_listing_path(listing.kind, number)
    context = {
        "title": listing.title,
        "link": link,
        "reviews": page.items,
        "count": listing.rating_count,
        "score": format_score(listing.rating_sum, listing.rating_count),
        "more": f"{link}/reviews?before={page.next}" if page.next else None,
    }
    return render_page(request, "shop/all_reviews.html", context, cache=SHORT_PUBLIC_CACHE)


ROUTES = [show_reviews]
