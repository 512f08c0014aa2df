"""The photos of listings, for their producers."""

from uuid import UUID

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.catalogue.listings.listing_photos import ListingPhotos, NewPhotoOrder, list_own_photos, set_listing_photos
from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor


class ListingPhotoController(Controller):
    """The photos of a listing: at most six, the first is its cover."""

    path = "/api/v1/listings/{listing_id:uuid}/photos"
    tags = ["catalogue"]

    @get(operation_id="ListListingPhotos")
    async def list(
        self, listing_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> ListingPhotos:
        """List the photos of a listing of the account, with the version that `SetListingPhotos` takes."""
        async with db.connection() as conn:
            return await list_own_photos(conn, actor, listing_id)

    @put(operation_id="SetListingPhotos")
    async def set(
        self,
        *,
        listing_id: FromPath[UUID],
        data: JSONBody[NewPhotoOrder],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> ListingPhotos:
        """Set all photos of a listing in order: add, reorder, and remove those that are left out."""
        async with db.transaction() as conn:
            return await set_listing_photos(conn, actor, listing_id, data, now=clock.now())


ROUTES = [ListingPhotoController]
