"""Photos: of listings and reviews for everyone, of certificates and of claims for those whom they concern."""

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.rate_limits import RateClass
from market.people.identity.access import find_home_county, list_scopes, require_second_factor_of_official
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileMissing, FileStore
from market.people.storage.photos import PhotoPurpose, get_private_photo_name, read_public_photo, require_listed_photo
from market.sales.aftersales.bad_fruit_views import get_claim_photo_name
from market.sales.conversations.views import get_message_photo_name
from market.sales.reviews.views import require_shown_photo
from market.service.web.assets import IMMUTABLE
from market.villages.content.story_views import require_story_photo
from market.villages.services.agronomists import find_agronomist_county
from market.villages.services.questions import find_question_photo_name

_TYPES = {"svg": "image/svg+xml", "webp": "image/webp"}
_PUBLIC_HEADERS = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": IMMUTABLE}
_MAX_NAME_LENGTH = 60


@get("/photos/{name:str}", include_in_schema=False, rate=RateClass.FREE)
async def show_photo(
    db: NamedDependency[Database], files: NamedDependency[FileStore], name: FromPath[str]
) -> Response[bytes]:
    """Return the photo of a listing; its name is a hash of its contents, so it may be cached forever.

    Raises:
        NotFound: no photo has that name, or no listing shows it.
    """
    if len(name) > _MAX_NAME_LENGTH:
        raise NotFound
    async with db.connection() as conn:
        await require_listed_photo(conn, name)
    content = await read_public_photo(files, PhotoPurpose.LISTING, name)
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=_PUBLIC_HEADERS)


@get("/review-photos/{name:str}", include_in_schema=False, rate=RateClass.FREE)
async def show_review_photo(
    db: NamedDependency[Database], files: NamedDependency[FileStore], name: FromPath[str]
) -> Response[bytes]:
    """Return the photo of a review; it is cached for an hour, as a review may be hidden for a legal reason.

    Raises:
        NotFound: no photo has that name, or no review shows it.
    """
    if len(name) > _MAX_NAME_LENGTH:
        raise NotFound
    async with db.connection() as conn:
        await require_shown_photo(conn, name)
    content = await read_public_photo(files, PhotoPurpose.REVIEW, name)
    headers = {**_PUBLIC_HEADERS, "Cache-Control": "public, max-age=3600"}
    return Response(content, media_type=_TYPES["webp"], headers=headers)


@get("/story-photos/{name:str}", include_in_schema=False, rate=RateClass.FREE)
async def show_story_photo(
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    visitor: NamedDependency[Actor | None],
    name: FromPath[str],
) -> Response[bytes]:
    """Return the photo of a story; no cache keeps it unasked, as a withdrawn consent hides it at once.

    Before the story is published, its author, the persons shown and the officials of its county see it.

    Raises:
        NotFound: no photo has that name, or no story that the visitor sees shows it.
    """
    if len(name) > _MAX_NAME_LENGTH:
        raise NotFound
    scope = None
    if visitor is not None:
        scope = find_home_county(visitor) if visitor.is_official else None
        scope = scope or get_person_scope(visitor)
    async with db.transaction(scope=scope) as conn:
        await require_story_photo(conn, name)
    content = await read_public_photo(files, PhotoPurpose.STORY, name)
    headers = {**_PUBLIC_HEADERS, "Cache-Control": "private, no-cache"}
    return Response(content, media_type=_TYPES["webp"], headers=headers)


@get("/certificates/{photo_id:uuid}", include_in_schema=False)
async def show_certificate_photo(
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    actor: NamedDependency[Actor],
    photo_id: FromPath[UUID],
) -> Response[bytes]:
    """Return the photo of a certificate to its owner, or to officials of its division.

    Raises:
        NotFound: the photo does not exist, or the person may not see it.
        SecondFactorRequired: an official's session has no second factor.
    """
    require_second_factor_of_official(actor)
    async with db.connection() as conn:
        name = await get_private_photo_name(
            conn, photo_id, account_id=actor.account_id, producer_ids=list(actor.producers), scopes=list_scopes(actor)
        )
    return await _read_private_photo(files, name)


@get("/claim-photos/{photo_id:uuid}", include_in_schema=False)
async def show_claim_photo(
    *,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    actor: NamedDependency[Actor],
    photo_id: FromPath[UUID],
    small: FromQuery[bool] = False,
) -> Response[bytes]:
    """Return the photo of a claim to its buyer, to the seller, or to officials of the roles that decide it.

    Raises:
        NotFound: the photo does not exist, or the person may not see it.
        SecondFactorRequired: an official's session has no second factor.
    """
    require_second_factor_of_official(actor)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        name = await get_claim_photo_name(conn, actor, photo_id, small=small)
    return await _read_private_photo(files, name)


@get("/message-photos/{photo_id:uuid}", include_in_schema=False)
async def show_message_photo(
    *,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    actor: NamedDependency[Actor],
    photo_id: FromPath[UUID],
    small: FromQuery[bool] = False,
) -> Response[bytes]:
    """Return the photo of a message to the buyer and to the seller's team.

    Raises:
        NotFound: the photo does not exist, or the person is on neither side.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        name = await get_message_photo_name(conn, actor, photo_id, small=small)
    return await _read_private_photo(files, name)


@get("/question-photos/{photo_id:uuid}", include_in_schema=False)
async def show_question_photo(
    *,
    db: NamedDependency[Database],
    files: NamedDependency[FileStore],
    actor: NamedDependency[Actor],
    photo_id: FromPath[UUID],
    small: FromQuery[bool] = False,
) -> Response[bytes]:
    """Return the photo of a question to its asker, the agronomists of its county, and officials who may answer it.

    Raises:
        NotFound: the photo does not exist, or the person may not see it.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        name = await find_question_photo_name(conn, actor, photo_id, small=small)
        county = await find_agronomist_county(conn, actor.account_id)
    if name is None and county is not None:
        async with db.transaction(scope=county) as conn:
            name = await find_question_photo_name(conn, actor, photo_id, small=small)
    if name is None:
        raise NotFound
    return await _read_private_photo(files, name)


async def _read_private_photo(files: FileStore, name: str) -> Response[bytes]:
    try:
        content = await files.get(name)
    except FileMissing as error:
        raise NotFound from error
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'"}
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


ROUTES = [
    show_photo,
    show_review_photo,
    show_story_photo,
    show_certificate_photo,
    show_claim_photo,
    show_message_photo,
    show_question_photo,
]
