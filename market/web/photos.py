"""Pictures: those of listings for everyone, those of certificates for whom they concern, and taking one from a form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.identity import Actor, NotFound, SecondFactorNeeded
from market.kernel import Database
from market.storage import (
    BadPhoto,
    FileMissing,
    Files,
    Prepared,
    Purpose,
    open_photo,
    prepare_photo,
    private_photo_file,
    require_shown,
)
from market.web.assets import IMMUTABLE

_TYPES = {"svg": "image/svg+xml", "webp": "image/webp"}
_SAFE = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": IMMUTABLE}
_NAME_LENGTH = 60


@get("/photos/{name:str}", include_in_schema=False)
async def photo(db: NamedDependency[Database], files: NamedDependency[Files], name: FromPath[str]) -> Response[bytes]:
    """Give a picture of a listing; its name comes from its contents, so that it may be kept for ever.

    Raises:
        NotFound: there is none of that name, or no listing shows it.
    """
    if len(name) > _NAME_LENGTH:
        raise NotFound
    async with db.connection() as conn:
        await require_shown(conn, name)
    content = await open_photo(files, name)
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=_SAFE)


@get("/certificates/{photo_id:uuid}", include_in_schema=False)
async def certificate(
    db: NamedDependency[Database],
    files: NamedDependency[Files],
    actor: NamedDependency[Actor],
    photo_id: FromPath[UUID],
) -> Response[bytes]:
    """Give the photo of a certificate to its owner, and to officials of its place.

    Raises:
        NotFound: there is none, or it is not the person's to see.
        SecondFactorNeeded: an official has not shown the second factor.
    """
    scopes = [grant.scope for grant in actor.grants]
    if scopes and not actor.second_factor:
        raise SecondFactorNeeded
    async with db.connection() as conn:
        name = await private_photo_file(
            conn, photo_id, account_id=actor.account_id, own=list(actor.producers), scopes=scopes
        )
    try:
        content = await files.get(name)
    except FileMissing as error:
        raise NotFound from error
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'"}
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


async def taken_photo(files: Files, found: Mapping[str, Any], name: str, purpose: Purpose) -> Prepared | None:
    """Return the photo that a form holds, decoded and stored; None where none was chosen.

    Call it outside of any transaction: decoding takes half a second.

    Raises:
        BadPhoto: the file is no photo that is taken.
    """
    given = found.get(name)
    if not isinstance(given, UploadFile):
        return None
    content = await given.read()
    return await prepare_photo(files, content, purpose) if content else None


__all__ = ["ROUTES", "BadPhoto", "taken_photo"]

ROUTES = [photo, certificate]
