"""Photos, as programs send them; the pictures of listings are shown to everyone by `market.web.photos`."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody
from msgspec import Struct

from market.api.plumbing import once
from market.identity import Actor, NotFound
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.storage import FileMissing, Files, PhotoId, Prepared, Purpose, add_photo, prepare_photo, private_photo_file

_TYPES = {"webp": "image/webp", "svg": "image/svg+xml"}


class Upload(Struct, frozen=True, forbid_unknown_fields=True):
    """A photo file and what it is for."""

    photo: UploadFile
    purpose: Purpose = Purpose.LISTING


class StoredPhoto(Struct, frozen=True):
    """A photo as it is kept: `id` goes into an offer or an application."""

    id: PhotoId
    width: int
    height: int


class PhotoController(Controller):
    """Photos of one's own."""

    path = "/api/v1/photos"
    tags = ["photos"]  # noqa: RUF012 - the framework's own declaration

    @post(operation_id="UploadPhoto")
    async def upload(
        self,
        *,
        request: Request[Any, Any, Any],
        data: MultipartBody[Upload],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        files: NamedDependency[Files],
    ) -> Response[StoredPhoto]:
        """Take a JPEG, PNG or WebP photo, of at most 20 MiB and 40 million pixels; all metadata is dropped."""
        content = await data.photo.read()
        prepared = await prepare_photo(files, content, data.purpose)
        sent = data.purpose.encode() + content
        return await once(request, db, actor, lambda conn: _add(conn, actor, prepared, clock), body=sent)

    @get("/{photo_id:uuid}", operation_id="GetPrivatePhoto")
    async def get_private(
        self,
        *,
        photo_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        files: NamedDependency[Files],
    ) -> Response[bytes]:
        """Give the photo of a certificate to its owner and to officials of its place."""
        async with db.connection() as conn:
            file = await private_photo_file(
                conn,
                photo_id,
                account_id=actor.account_id,
                own=list(actor.producers),
                scopes=[grant.scope for grant in actor.grants] if actor.second_factor else [],
            )
        try:
            content = await files.get(file)
        except FileMissing as error:
            raise NotFound from error
        return Response(content, media_type=_TYPES[file.rpartition(".")[2]])


async def _add(conn: Connection, actor: Actor, prepared: Prepared, clock: Clock) -> StoredPhoto:
    photo_id = await add_photo(conn, actor.account_id, prepared, now=clock.now())
    return StoredPhoto(photo_id, prepared.width, prepared.height)


ROUTES = [PhotoController]
