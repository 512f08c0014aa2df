"""Photos: validated, re-encoded to WebP without metadata, and served publicly or to the people concerned."""

import asyncio
import hashlib
import io
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NewType
from uuid import UUID

from msgspec import Struct
from PIL import Image, ImageOps

from market.kernel import Connection, Query, Refusal
from market.kernel.quotas import lock_quota
from market.people.identity.models import AccountId, NotFound
from market.people.storage.files import FileMissing, FileStore

PhotoId = NewType("PhotoId", UUID)

PAGE_WIDTHS = (240, 480, 720)
"""Longest sides of the stored pictures, in pixels. Source: web.md of the design, photos."""
MAX_PIXELS, MAX_WHOLE_PIXELS = 40_000_000, 16_000_000
"""Of a JPEG, which is decoded at a fraction of its size, and of a PNG or WebP, which is decoded whole: 64 MB."""
MAX_PHOTOS_A_DAY = 60
MAX_PHOTO_BYTES = 20 * 1024 * 1024
_MAX_SIDE, _QUALITY = 20_000, 80
_MAX_DRAWING_BYTES = 64 * 1024
_AVERAGED_MODES = ("RGB", "RGBA", "L")
_FORMATS = ("JPEG", "PNG", "WEBP")
_NAME_DIGITS = 40
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")

# `_require_allowed_size` checks our own limit before decoding; Pillow's warning above 89 million pixels comes later.
Image.MAX_IMAGE_PIXELS = None


class PhotoPurpose(StrEnum):
    """The purpose of a photo; only those of listings, reviews and published stories are public."""

    LISTING = "listing"
    CERTIFICATE = "certificate"
    PARCEL = "parcel"
    CLAIM = "claim"
    REVIEW = "review"
    MESSAGE = "message"
    QUESTION = "question"
    STORY = "story"


class PhotoFormat(StrEnum):
    """The file format of a stored picture."""

    WEBP = "webp"
    SVG = "svg"


class PreparedPhoto(Struct, frozen=True):
    """What the database row of a picture says."""

    purpose: PhotoPurpose
    sha256: bytes
    width: int
    height: int
    kind: PhotoFormat


class DecodedPhoto(Struct, frozen=True):
    """A photo that was accepted and is not stored yet: its row, and its pictures by their names in the store."""

    row: PreparedPhoto
    pictures: dict[str, bytes]


class PhotoRow(Struct, frozen=True):
    """The stored name, purpose and format of a photo."""

    name: str
    purpose: PhotoPurpose
    kind: PhotoFormat


class BadPhoto(Refusal):
    """The file is not a supported photo, or is too large."""

    code = "bad_photo"
    status = 422
    zh = "{text_zh}"
    en = "{text_en}"


class TooManyPhotos(BadPhoto):
    """The account has uploaded `MAX_PHOTOS_A_DAY` photos within 24 hours; `retry_after` is in seconds."""

    code = "too_many_photos"
    status = 429
    zh = f"一天最多传 {MAX_PHOTOS_A_DAY} 张照片，请明天再传。"
    en = f"At most {MAX_PHOTOS_A_DAY} photos are accepted per day; try again in {{retry_after}} s."


# The oldest of the newest `:most` photos: when it is a day old, as many as are asked for are accepted.
FIND_LIMITING_PHOTO = Query(
    datetime,
    """
    SELECT created_at FROM photos
     WHERE owner_id = :owner_id AND created_at > :since::timestamptz
     ORDER BY created_at DESC OFFSET :most - 1 LIMIT 1
    """,
)
# The shared lock keeps the picture's files until the row is committed.
ADD_PHOTO = Query(
    UUID,
    """
    INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)
    SELECT :owner_id, :purpose, :sha256, :width, :height, :kind, :now
      FROM pg_advisory_xact_lock_shared(7011, hashtext(left(encode(:sha256, 'hex'), 40))) RETURNING id
    """,
)
# A picture that no listing shows is not public, even to those who know its path.
FIND_LISTED_PHOTO = Query(
    int,
    """
    SELECT 1 FROM photos f
     WHERE f.name = :name AND f.purpose = 'listing'
       AND (EXISTS (SELECT FROM listings WHERE photo_id = f.id)
            OR EXISTS (SELECT FROM listing_photos WHERE photo_id = f.id))
     LIMIT 1
    """,
)
# Readable by its owner and, for a certificate, by the producer's members and officials of its division.
FIND_PRIVATE_PHOTO = Query(
    PhotoRow,
    """
    SELECT f.name, f.purpose, f.kind
      FROM photos f
     WHERE f.id = :photo_id
       AND (f.owner_id = :account_id
            OR EXISTS (SELECT FROM certificates c JOIN producers p ON p.id = c.producer_id
                        WHERE c.photo_id = f.id
                          AND (p.id = ANY(:producer_ids::uuid[])
                               OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope
                                           WHERE starts_with(p.village_code, scope)))))
    """,
)


def _build_too_large_refusal(bytes_: int) -> BadPhoto:
    megabytes = MAX_PHOTO_BYTES // (1024 * 1024)
    return BadPhoto(
        text_zh=f"照片太大（{bytes_ // (1024 * 1024)} MB），请选 {megabytes} MB 以内的。",
        text_en=f"The photo is too large; at most {megabytes} MiB are accepted.",
    )


def _build_unreadable_refusal() -> BadPhoto:
    return BadPhoto(
        text_zh="这个文件打不开，请拍一张 JPEG、PNG 或 WebP 照片。",
        text_en="The file cannot be read; send a JPEG, PNG or WebP photo.",
    )


def _require_readable_header(content: bytes) -> None:
    if len(content) > MAX_PHOTO_BYTES:
        raise _build_too_large_refusal(len(content))
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise BadPhoto(
            text_zh="这是 HEIC 照片，暂时打不开。请在相机设置里选“兼容性最佳”，或发一张 JPEG。",
            text_en="HEIC photos are not supported; set the camera to JPEG (most compatible).",
        )


def render_photo(content: bytes) -> tuple[int, int, list[bytes]]:
    """Decode a photo; return width and height of its largest picture, and its WebP pictures for `PAGE_WIDTHS`.

    The pictures are upright and without metadata.

    Raises:
        BadPhoto: it is not a JPEG, PNG or WebP, is corrupt, or is above 20 MiB, `MAX_PIXELS` or `MAX_WHOLE_PIXELS`.
    """
    _require_readable_header(content)
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            _require_allowed_size(opened)
            picture = _decode_small(opened)
    except BadPhoto:
        raise
    except Exception as error:
        # Pillow raises many types for corrupt files, TypeError and struct.error among them.
        raise _build_unreadable_refusal() from error
    pictures = [_resize(picture, width) for width in PAGE_WIDTHS]
    return pictures[-1].width, pictures[-1].height, [_encode(each) for each in pictures]


def _require_allowed_size(opened: Image.Image) -> None:
    """Refuse a picture that its header declares too large, before decoding it."""
    most = MAX_PIXELS if opened.format == "JPEG" else MAX_WHOLE_PIXELS
    if opened.width * opened.height > most or max(opened.size) > _MAX_SIDE:
        raise BadPhoto(
            text_zh=f"照片像素太多，请选 {most // 10_000} 万像素以内的。",
            text_en=f"The photo has too many pixels; at most {most // 1_000_000} million are accepted.",
        )


def _decode_small(opened: Image.Image) -> Image.Image:
    """Decode a picture and return it upright, as RGB, and hardly larger than the pages need.

    It is made smaller before anything else is computed from it, so that the memory is that of one decoded picture.
    """
    enough = PAGE_WIDTHS[-1] * 2
    opened.draft("RGB", (enough, enough))  # a JPEG is decoded at 1/2, 1/4 or 1/8 of its size
    picture = opened if opened.mode in _AVERAGED_MODES else opened.convert(_get_averaged_mode(opened))
    factor = max(picture.size) // enough
    if factor > 1:
        picture = picture.reduce(factor)
    return _flatten(ImageOps.exif_transpose(picture))


def _get_averaged_mode(opened: Image.Image) -> str:
    """Return the mode in which the pixels of a palette, or of single bits, can be averaged."""
    if opened.has_transparency_data:
        return "RGBA"
    return "L" if opened.mode == "1" else "RGB"


def _flatten(picture: Image.Image) -> Image.Image:
    """Return a new RGB image of the pixels alone, with transparency on white."""
    with_alpha = picture.convert("RGBA") if picture.has_transparency_data else None
    flattened = Image.new("RGB", picture.size, "white")
    if with_alpha is None:
        flattened.paste(picture.convert("RGB"))
    else:
        flattened.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return flattened


def _resize(picture: Image.Image, longest: int) -> Image.Image:
    smaller = picture.copy()
    smaller.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return smaller


def _encode(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def get_file_name(purpose: PhotoPurpose, name: str, kind: PhotoFormat, width: int | None = None) -> str:
    """Return the name of a picture in the store."""
    return f"{purpose}/{name}.svg" if kind is PhotoFormat.SVG else f"{purpose}/{name}-{width}.webp"


async def render_in_turn(files: FileStore, content: bytes, account: AccountId | None) -> tuple[int, int, list[bytes]]:
    """Return what `render_photo` does, in a turn of the account; call it outside of any transaction.

    Raises:
        BadPhoto: see `render_photo`.
        Busy: too many photos wait to be decoded, or too many of this account.
    """
    _require_readable_header(content)
    async with files.decoder.take(account):
        return await asyncio.to_thread(render_photo, content)


async def decode_photo(
    files: FileStore, content: bytes, purpose: PhotoPurpose, *, account: AccountId | None
) -> DecodedPhoto:
    """Decode an account's photo; its name is the hash of its largest picture.

    Raises:
        BadPhoto, Busy: see `render_in_turn`.
    """
    width, height, pictures = await render_in_turn(files, content, account)
    sha256 = hashlib.sha256(pictures[-1]).digest()
    name = sha256.hex()[:_NAME_DIGITS]
    names = [get_file_name(purpose, name, PhotoFormat.WEBP, longest) for longest in PAGE_WIDTHS]
    row = PreparedPhoto(purpose, sha256, width, height, PhotoFormat.WEBP)
    return DecodedPhoto(row, dict(zip(names, pictures, strict=True)))


async def prepare_photo(files: FileStore, content: bytes, purpose: PhotoPurpose) -> PreparedPhoto:
    """Decode a photo and store its pictures, of which nobody keeps count; `store_photo` is for what people send.

    Raises:
        BadPhoto: see `render_photo`.
    """
    await put_pictures(files, decoded := await decode_photo(files, content, purpose, account=None))
    return decoded.row


async def put_pictures(files: FileStore, photo: DecodedPhoto) -> None:
    """Store the pictures of a photo; without a row they are not served."""
    for name, picture in photo.pictures.items():
        await files.put(name, picture)


async def prepare_drawing(files: FileStore, svg: str, *, width: int, height: int) -> PreparedPhoto:
    """Store an SVG drawing of the project; uploads never become SVG.

    Raises:
        ValueError: it is above 64 KiB, or contains a script or an external reference: a bug of the caller.
    """
    if len(svg) > _MAX_DRAWING_BYTES or any(word in svg for word in ("<script", "href=", "url(http", "<foreignObject")):
        raise ValueError("a stored drawing is at most 64 KiB, without scripts or external references")
    content = svg.encode()
    sha256 = hashlib.sha256(content).digest()
    await files.put(get_file_name(PhotoPurpose.LISTING, sha256.hex()[:_NAME_DIGITS], PhotoFormat.SVG), content)
    return PreparedPhoto(PhotoPurpose.LISTING, sha256, width, height, PhotoFormat.SVG)


async def require_photo_quota(conn: Connection, owner_id: AccountId, *, photos: int = 1, now: datetime) -> None:
    """Require that the account may upload so many photos now, at most the 60 of 24 hours.

    Without the lock of `add_photo` this only spares the decoding of what would be refused.

    Raises:
        TooManyPhotos: it may not.
    """
    day, most = timedelta(days=1), MAX_PHOTOS_A_DAY - photos + 1
    limiting = await FIND_LIMITING_PHOTO.maybe(conn, owner_id=owner_id, since=now - day, most=most)
    if limiting is not None:
        raise TooManyPhotos(retry_after=ceil((limiting + day - now).total_seconds()))


async def add_photo(conn: Connection, owner_id: AccountId, prepared: PreparedPhoto, *, now: datetime) -> PhotoId:
    """Insert the row of a stored picture with its owner, in the caller's transaction.

    The photos of one account wait for each other here, so that the quota is exact. Call it before anything is locked.

    Raises:
        TooManyPhotos: the account has uploaded too many photos within 24 hours.
    """
    await lock_quota(conn, "photos", owner_id)
    await require_photo_quota(conn, owner_id, now=now)
    return PhotoId(
        await ADD_PHOTO.one(
            conn,
            owner_id=owner_id,
            purpose=prepared.purpose,
            sha256=prepared.sha256,
            width=prepared.width,
            height=prepared.height,
            kind=prepared.kind,
            now=now,
        )
    )


def get_photo_paths(name: str, kind: str | None) -> tuple[str, ...]:
    """Return the public URL paths of a listing's picture by its stored name: one per width, or the one of an SVG."""
    if kind == PhotoFormat.SVG:
        return (f"/photos/{name}.svg",)
    return tuple(f"/photos/{name}-{width}.webp" for width in PAGE_WIDTHS)


async def require_listed_photo(conn: Connection, name: str) -> None:
    """Require that a listing shows the picture of a file name.

    Raises:
        NotFound: no listing shows it; it may be uploaded but unused.
    """
    if await FIND_LISTED_PHOTO.maybe(conn, name=name[:_NAME_DIGITS]) is None:
        raise NotFound


async def read_public_photo(files: FileStore, purpose: PhotoPurpose, name: str) -> bytes:
    """Return the contents of a picture by its file name, of a listing or of a review.

    Raises:
        NotFound: the store has no such picture of that purpose.
    """
    stem, _, ending = name.rpartition(".")
    digest, _, width = stem.partition("-")
    is_digest = len(digest) == _NAME_DIGITS and all(character in "0123456789abcdef" for character in digest)
    if not is_digest or (ending, width) not in {("svg", ""), *(("webp", str(each)) for each in PAGE_WIDTHS)}:
        raise NotFound
    try:
        return await files.get(f"{purpose}/{name}")
    except FileMissing as error:
        raise NotFound from error


async def get_private_photo_name(
    conn: Connection, photo_id: UUID, *, account_id: AccountId, producer_ids: list[UUID], scopes: list[str]
) -> str:
    """Return the store name of the largest picture of a private photo.

    Readable by its owner, by members of the producer (one of `producer_ids`) whose certificate it shows, and by
    officials whose `scopes` include the producer's village.

    Raises:
        NotFound: there is no such photo, or the actor may not see it.
    """
    row = await FIND_PRIVATE_PHOTO.maybe(
        conn, photo_id=photo_id, account_id=account_id, producer_ids=producer_ids, scopes=scopes
    )
    if row is None:
        raise NotFound
    return get_file_name(row.purpose, row.name, row.kind, PAGE_WIDTHS[-1])
