"""Upload photos and read private ones; `market.service.web.photos` serves the public pictures of listings."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.access import list_verified_scopes
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileMissing, FileStore
from market.people.storage.photos import PhotoPurpose, get_private_photo_name
from market.people.storage.uploads import StoredPhoto, store_photo
from market.service.api.idempotency import get_idempotency_key, run_once
from market.service.http import HttpRequest

_TYPES = {"webp": "image/webp", "svg": "image/svg+xml"}


class PhotoUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A photo file and its purpose."""

    photo: UploadFile
    purpose: PhotoPurpose = PhotoPurpose.LISTING


class PhotoController(Controller):
    """Photos of the signed-in account."""

    path = "/api/v1/photos"
    tags = ["photos"]

    @post(operation_id="UploadPhoto", idempotent=True, rate=RateClass.UPLOAD)
    async def upload(
        self,
        *,
        request: HttpRequest,
        data: MultipartBody[PhotoUpload],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        files: NamedDependency[FileStore],
    ) -> Response[StoredPhoto]:
        """Upload a photo of at most 20 MiB: a JPEG of 40 million pixels, or a PNG or WebP of 16 million.

        Its metadata is removed.
        """
        get_idempotency_key(request)
        content = await data.photo.read()
        photo = await store_photo(db, files, actor.account_id, content, data.purpose, now=clock.now())

        async def work(_: Connection) -> StoredPhoto:
            return photo

        return await run_once(request, db, actor, work, body=data.purpose.encode() + content)

    @get("/{photo_id:uuid}", operation_id="GetPrivatePhoto")
    async def get_private(
        self,
        *,
        photo_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        files: NamedDependency[FileStore],
    ) -> Response[bytes]:
        """Return a certificate's photo to its owner, members of its producer and officials of its division."""
        async with db.connection() as conn:
            file = await get_private_photo_name(
                conn,
                photo_id,
                account_id=actor.account_id,
                producer_ids=list(actor.producers),
                scopes=list_verified_scopes(actor),
            )
        try:
            content = await files.get(file)
        except FileMissing as error:
            raise NotFound from error
        return Response(content, media_type=_TYPES[file.rpartition(".")[2]])


ROUTES = [PhotoController]
