"""Store what people send: a photo is counted for its account before its pictures are written."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from market.kernel import Database
from market.people.identity.models import AccountId
from market.people.storage.files import FileStore
from market.people.storage.photos import (
    DecodedPhoto,
    PhotoId,
    PhotoPurpose,
    add_photo,
    decode_photo,
    put_pictures,
    require_photo_quota,
)


class StoredPhoto(Struct, frozen=True):
    """A stored photo; use its `id` in a listing or an application."""

    id: PhotoId
    width: int
    height: int


async def store_photo(
    db: Database, files: FileStore, owner_id: AccountId, content: bytes, purpose: PhotoPurpose, *, now: datetime
) -> StoredPhoto:
    """Decode and store a photo that somebody sent; opens its own transactions.

    It counts among the photos of the day whatever becomes of the form that it came with; without that, a form that is
    refused for another reason could fill the disk. What nothing shows is deleted after two days. A photo that cannot be
    read is not counted, because nothing of it is stored and people send such ones by mistake; what it costs, one
    decoding, is bounded by `MARKET_RATE_UPLOADS` a minute and by four at a time of an account (`MAX_OF_ONE`).

    Raises:
        TooManyPhotos: the account has uploaded too many photos within 24 hours.
        BadPhoto: see `render_photo`.
    """
    async with db.connection() as conn:
        await require_photo_quota(conn, owner_id, now=now)
    decoded = await decode_photo(files, content, purpose, account=owner_id)
    ids = await store_decoded_photos(db, files, owner_id, {"": decoded}, now=now)
    return StoredPhoto(ids[""], decoded.row.width, decoded.row.height)


async def store_decoded_photos(
    db: Database, files: FileStore, owner_id: AccountId, photos: Mapping[str, DecodedPhoto], *, now: datetime
) -> dict[str, PhotoId]:
    """Store photos that were decoded, all or none, and return their ids by the same names; opens its own transaction.

    The rows come first: a picture without a row is nobody's.

    Raises:
        TooManyPhotos: the account has uploaded too many photos within 24 hours.
    """
    async with db.transaction() as conn:
        ids = {name: await add_photo(conn, owner_id, photo.row, now=now) for name, photo in photos.items()}
    for photo in photos.values():
        await put_pictures(files, photo)
    return ids
