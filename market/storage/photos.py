"""Photos: taken by a phone, shown to everyone; nothing of the original file survives but what can be seen."""

import asyncio
import hashlib
import io
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from PIL import Image, ImageOps

from market.identity.models import AccountId, NotFound
from market.kernel import Connection, Query, Refusal
from market.storage.files import FileMissing, Files

PhotoId = NewType("PhotoId", UUID)

PAGE_WIDTHS = (240, 480, 720)
"""Longest sides of the kept pictures, in pixels. Source: web.md of the design, photos."""
MOST_PIXELS = 40_000_000
MOST_BYTES = 20 * 1024 * 1024
_LONGEST_SIDE = 20_000
_QUALITY = 80
_MOST_DRAWING = 64 * 1024
_FORMATS = ("JPEG", "PNG", "WEBP")
_NAME_DIGITS = 40
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")

# Our own limit stands before any decoding; Pillow's warning above 89 million pixels would come later.
Image.MAX_IMAGE_PIXELS = None


class Purpose(StrEnum):
    """What a photo is for; only those of listings are shown to everyone."""

    LISTING = "listing"
    CERTIFICATE = "certificate"
    PARCEL = "parcel"


class Kind(StrEnum):
    """How a picture is kept."""

    WEBP = "webp"
    SVG = "svg"


class Prepared(Struct, frozen=True):
    """A picture that is in the store and waits for its row."""

    purpose: Purpose
    sha256: bytes
    width: int
    height: int
    kind: Kind


class PhotoPaths(Struct, frozen=True):
    """The addresses of a picture for pages: small, middle, large; a drawing has one for all."""

    small: str
    middle: str
    large: str


class PhotoRow(Struct, frozen=True):
    """Which picture a certificate or a parcel shows."""

    name: str
    purpose: Purpose
    kind: Kind


class BadPhoto(Refusal):
    """The file is no photo that is taken, or it is too large; the text says which."""

    code = "bad_photo"
    status = 422
    zh = "{why}"
    en = "{reason}"


ADD_PHOTO = Query(
    UUID,
    """
    INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)
    VALUES (:owner_id, :purpose, :sha256, :width, :height, :kind, :now)
    RETURNING id
    """,
)
# A picture that no listing shows is its owner's alone, whoever knows its address.
SHOWN = Query(
    int,
    """
    SELECT 1 FROM photos f JOIN listings l ON l.photo_id = f.id
     WHERE f.name = :name AND f.purpose = 'listing'
     LIMIT 1
    """,
)
# The owner may open it; so may officials of the place for a certificate's sake.
PRIVATE_PHOTO = Query(
    PhotoRow,
    """
    SELECT f.name, f.purpose, f.kind
      FROM photos f
     WHERE f.id = :photo_id
       AND (f.owner_id = :account_id
            OR EXISTS (SELECT FROM certificates c JOIN producers p ON p.id = c.producer_id
                        WHERE c.photo_id = f.id
                          AND (p.id = ANY(:own::uuid[])
                               OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope
                                           WHERE starts_with(p.village_code, scope)))))
    """,
)


def _too_large(bytes_: int) -> BadPhoto:
    megabytes = MOST_BYTES // (1024 * 1024)
    return BadPhoto(
        why=f"照片太大（{bytes_ // (1024 * 1024)} MB），请选 {megabytes} MB 以内的。",
        reason=f"The photo is too large; at most {megabytes} MiB are taken.",
    )


def _unreadable() -> BadPhoto:
    return BadPhoto(
        why="这个文件打不开，请拍一张 JPEG、PNG 或 WebP 照片。",
        reason="The file cannot be read; send a JPEG, PNG or WebP photo.",
    )


def _check_head(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise _too_large(len(content))
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise BadPhoto(
            why="这是 HEIC 照片，暂时打不开。请在相机设置里选“兼容性最佳”，或发一张 JPEG。",
            reason="HEIC photos are not taken; set the camera to JPEG (most compatible).",
        )


def render(content: bytes) -> tuple[int, int, list[bytes]]:
    """Decode a photo; return its WebP pictures for `PAGE_WIDTHS`, upright and without metadata, and the largest's size.

    Raises:
        BadPhoto: it is no JPEG, PNG or WebP, is broken, or is above 20 MiB or 40 million pixels.
    """
    _check_head(content)
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            _check_size(opened)
            # JPEG is decoded at half, a quarter or an eighth of its size, where that is still large enough.
            opened.draft("RGB", (PAGE_WIDTHS[-1] * 2, PAGE_WIDTHS[-1] * 2))
            picture = _flat(ImageOps.exif_transpose(opened))
    except BadPhoto:
        raise
    except Exception as error:
        # A decoder fails in as many ways as a file can be broken: Pillow raises TypeError and struct.error too.
        raise _unreadable() from error
    pictures = [_smaller(picture, width) for width in PAGE_WIDTHS]
    return pictures[-1].width, pictures[-1].height, [_encode(each) for each in pictures]


def _check_size(opened: Image.Image) -> None:
    """Refuse a picture by the size that its head declares, before a pixel of it is decoded."""
    if opened.width * opened.height > MOST_PIXELS or max(opened.size) > _LONGEST_SIDE:
        raise BadPhoto(
            why="照片像素太多，请选 4000 万像素以内的。",
            reason="The photo has too many pixels; at most 40 million are taken.",
        )


def _flat(picture: Image.Image) -> Image.Image:
    """Return the picture's pixels alone, on white where they are clear: a new image that carries nothing else."""
    with_alpha = picture.convert("RGBA") if picture.has_transparency_data else None
    plain = Image.new("RGB", picture.size, "white")
    if with_alpha is None:
        plain.paste(picture.convert("RGB"))
    else:
        plain.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return plain


def _smaller(picture: Image.Image, longest: int) -> Image.Image:
    smaller = picture.copy()
    smaller.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return smaller


def _encode(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def file_name(purpose: Purpose, name: str, kind: Kind, width: int | None = None) -> str:
    """Return where a picture lies in the store."""
    return f"{purpose}/{name}.svg" if kind is Kind.SVG else f"{purpose}/{name}-{width}.webp"


async def prepare_photo(files: Files, content: bytes, purpose: Purpose) -> Prepared:
    """Decode a photo in a thread and put its pictures into the store, outside of any transaction.

    Its name is the hash of its largest picture, so the same photo is kept once; without a row it is shown nowhere.

    Raises:
        BadPhoto: it is no JPEG, PNG or WebP, is broken, or is above 20 MiB or 40 million pixels.
    """
    _check_head(content)
    async with files.decoders:
        width, height, pictures = await asyncio.to_thread(render, content)
    sha256 = hashlib.sha256(pictures[-1]).digest()
    name = sha256.hex()[:_NAME_DIGITS]
    for longest, picture in zip(PAGE_WIDTHS, pictures, strict=True):
        await files.put(file_name(purpose, name, Kind.WEBP, longest), picture)
    return Prepared(purpose, sha256, width, height, Kind.WEBP)


async def prepare_drawing(files: Files, svg: str, *, width: int, height: int) -> Prepared:
    """Put a drawing of our own into the store; what people upload never becomes SVG.

    Raises:
        ValueError: it is above 64 KiB, or holds a script or an outside reference: a bug of the caller.
    """
    if len(svg) > _MOST_DRAWING or any(word in svg for word in ("<script", "href=", "url(http", "<foreignObject")):
        raise ValueError("a stored drawing is small and refers to nothing outside itself")
    content = svg.encode()
    sha256 = hashlib.sha256(content).digest()
    await files.put(file_name(Purpose.LISTING, sha256.hex()[:_NAME_DIGITS], Kind.SVG), content)
    return Prepared(Purpose.LISTING, sha256, width, height, Kind.SVG)


async def add_photo(conn: Connection, owner_id: AccountId, prepared: Prepared, *, now: datetime) -> PhotoId:
    """Make a stored picture a person's own, in the caller's transaction."""
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


def photo_paths(name: str, kind: str) -> PhotoPaths:
    """Return the public addresses of a listing's picture by its stored name."""
    if kind == Kind.SVG:
        return PhotoPaths(*[f"/photos/{name}.svg"] * 3)
    return PhotoPaths(*(f"/photos/{name}-{width}.webp" for width in PAGE_WIDTHS))


async def require_shown(conn: Connection, name: str) -> None:
    """Let pass a picture that a listing shows, by the last part of its address.

    Raises:
        NotFound: no listing shows it: it was only uploaded, or its offer was refused.
    """
    if await SHOWN.maybe(conn, name=name[:_NAME_DIGITS]) is None:
        raise NotFound


async def open_photo(files: Files, name: str) -> bytes:
    """Return a picture of a listing by the last part of its address.

    Raises:
        NotFound: the store holds no such picture of a listing.
    """
    stem, _, ending = name.rpartition(".")
    digest, _, width = stem.partition("-")
    fine = len(digest) == _NAME_DIGITS and all(character in "0123456789abcdef" for character in digest)
    if not fine or (ending, width) not in {("svg", ""), *(("webp", str(each)) for each in PAGE_WIDTHS)}:
        raise NotFound
    try:
        return await files.get(f"{Purpose.LISTING}/{name}")
    except FileMissing as error:
        raise NotFound from error


async def private_photo_file(
    conn: Connection, photo_id: UUID, *, account_id: AccountId, own: list[UUID], scopes: list[str]
) -> str:
    """Return where the largest picture of a photo lies in the store, for whom it is.

    That is its owner, who works for the producer (`own`) whose certificate it shows, and officials of its place.

    Raises:
        NotFound: there is none, or it is not the person's to see.
    """
    row = await PRIVATE_PHOTO.maybe(conn, photo_id=photo_id, account_id=account_id, own=own, scopes=scopes)
    if row is None:
        raise NotFound
    return file_name(row.purpose, row.name, row.kind, PAGE_WIDTHS[-1])
