"""The photos of a listing: the first is its cover, which cards show; up to five more are on its page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    BadListing,
    ListingChanged,
    ListingState,
    WrongListingState,
)
from market.catalogue.listings.publish import require_own_photo
from market.kernel import Connection, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MAX_LISTING_PHOTOS = 6


class ListingPhoto(Struct, frozen=True):
    """A photo of a listing; `name` is its stored name, see `market.people.storage.photos.get_photo_paths`."""

    id: UUID
    name: str
    kind: str


class NewPhotoOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All photos of a listing in order, the first is the cover; `version` is that of the description they belong to.

    A photo that is left out is removed; one that is new was uploaded with the purpose `listing`.
    """

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    photo_ids: Annotated[list[UUID], Meta(max_length=MAX_LISTING_PHOTOS)]


class ListingPhotos(Struct, frozen=True):
    """The photos of a listing in order, the first is its cover, and the version of its description."""

    version: int
    photos: list[ListingPhoto]


class _LockedListing(Struct, frozen=True):
    version: int
    state: ListingState


LIST_LISTING_PHOTOS = Query(
    ListingPhoto,
    """
    SELECT photos.id, photos.name, photos.kind
      FROM (SELECT photo_id, 0 AS position FROM listings WHERE id = :listing_id AND photo_id IS NOT NULL
            UNION ALL
            SELECT photo_id, position FROM listing_photos WHERE listing_id = :listing_id) AS shown
      JOIN photos ON photos.id = photo_id
     ORDER BY position
    """,
)
GET_VERSION = Query(
    int, "SELECT version FROM listings WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[])"
)
LOCK_LISTING_PHOTOS = Query(
    _LockedListing,
    """
    SELECT version, state FROM listings
     WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE
    """,
)
SET_COVER = Query(
    int,
    "UPDATE listings SET photo_id = :photo_id, version = version + 1 WHERE id = :listing_id RETURNING version",
)
DELETE_FURTHER_PHOTOS = Query(None, "DELETE FROM listing_photos WHERE listing_id = :listing_id")
ADD_FURTHER_PHOTOS = Query(
    None,
    """
    INSERT INTO listing_photos (listing_id, position, photo_id)
    SELECT :listing_id, position, photo_id
      FROM unnest(:photo_ids::uuid[]) WITH ORDINALITY AS further (photo_id, position)
    """,
)
# A corrected description may have another cover or none: a cover is no further photo, and the next one replaces none.
DELETE_DOUBLE_COVER = Query(
    None,
    """
    DELETE FROM listing_photos USING listings
     WHERE listing_id = :listing_id AND listings.id = listing_id AND listings.photo_id = listing_photos.photo_id
    """,
)
PROMOTE_NEXT_PHOTO = Query(
    None,
    """
    UPDATE listings SET photo_id = next.photo_id
      FROM (SELECT photo_id FROM listing_photos WHERE listing_id = :listing_id ORDER BY position LIMIT 1) AS next
     WHERE id = :listing_id AND listings.photo_id IS NULL
    """,
)


async def list_own_photos(conn: Connection, actor: Actor, listing_id: UUID) -> ListingPhotos:
    """Return the photos of the actor's listing.

    Raises:
        NotFound: there is no such listing, or it belongs to someone else.
    """
    version = await GET_VERSION.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if version is None:
        raise NotFound
    return ListingPhotos(version, await LIST_LISTING_PHOTOS.all(conn, listing_id=listing_id))


async def set_listing_photos(
    conn: Connection, actor: Actor, listing_id: UUID, new: NewPhotoOrder, *, now: datetime
) -> ListingPhotos:
    """Set the photos of the actor's listing, in the caller's transaction.

    Raises:
        NotFound: there is no such listing, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        ListingChanged: the listing was corrected since `version`; nothing changes.
        BadListing: a photo is there twice, is too much, or was not uploaded by the actor; `errors` lists it.
    """
    locked = await LOCK_LISTING_PHOTOS.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if locked is None:
        raise NotFound
    if locked.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[locked.state])
    if locked.version != new.version:
        raise ListingChanged
    if len(set(new.photo_ids)) != len(new.photo_ids) or len(new.photo_ids) > MAX_LISTING_PHOTOS:
        raise BadListing(errors=(FieldFault("photo_ids", f"最多 {MAX_LISTING_PHOTOS} 张，同一张只放一次"),))
    before = [each.id for each in await LIST_LISTING_PHOTOS.all(conn, listing_id=listing_id)]
    for photo_id in new.photo_ids:
        if photo_id not in before:
            await require_own_photo(conn, actor, photo_id)
    await DELETE_FURTHER_PHOTOS.run(conn, listing_id=listing_id)
    cover, further = (new.photo_ids[0], new.photo_ids[1:]) if new.photo_ids else (None, [])
    version = await SET_COVER.one(conn, listing_id=listing_id, photo_id=cover)
    await ADD_FURTHER_PHOTOS.run(conn, listing_id=listing_id, photo_ids=further)
    await _record(conn, actor, listing_id, before, new.photo_ids, now=now)
    return ListingPhotos(version, await LIST_LISTING_PHOTOS.all(conn, listing_id=listing_id))


async def settle_cover(conn: Connection, listing_id: UUID) -> None:
    """Have the cover of a corrected listing be no further photo, and the next photo be the cover if it has none."""
    await DELETE_DOUBLE_COVER.run(conn, listing_id=listing_id)
    await PROMOTE_NEXT_PHOTO.run(conn, listing_id=listing_id)
    await DELETE_DOUBLE_COVER.run(conn, listing_id=listing_id)


async def _record(
    conn: Connection, actor: Actor, listing_id: UUID, before: Sequence[UUID], after: Sequence[UUID], *, now: datetime
) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.photos",
        object=f"listing:{listing_id}",
        detail={"from": [str(each) for each in before], "to": [str(each) for each in after]},
        now=now,
    )
