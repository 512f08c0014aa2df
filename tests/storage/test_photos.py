"""A photo is shown without a trace of where and by what it was taken, and a bomb is refused before it is decoded."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from market.identity import NotFound, Role
from market.kernel import Connection
from market.storage import (
    BadPhoto,
    FileMissing,
    Files,
    Purpose,
    add_photo,
    open_files,
    open_photo,
    photo_paths,
    prepare_drawing,
    prepare_photo,
    private_photo_file,
)
from tests.conftest import NOW
from tests.factories import a_producer, an_account, an_official, owner_of, the_actor

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><path d="M0 0h100v100z"/></svg>'


@pytest.fixture
def files(folder: Path) -> Files:
    return open_files((folder / "files").as_uri())


def a_jpeg(width: int = 1600, height: int = 1200, *, orientation: int = 1) -> bytes:
    """A photo as a phone makes it: with the place where it was taken, the phone's make, and a thumbnail."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "PlantedMaker"
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitude: (39.0, 12.0, 34.5), ExifTags.GPS.GPSLatitudeRef: "N"}
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"PlantedComment", icc_profile=b"PlantedProfile" * 10)
    return out.getvalue()


async def pictures(files: Files, content: bytes) -> list[Image.Image]:
    prepared = await prepare_photo(files, content, Purpose.LISTING)
    name = prepared.sha256.hex()[:40]
    return [
        Image.open(io.BytesIO(await open_photo(files, path.removeprefix("/photos/"))))
        for path in (
            photo_paths(name, "webp").small,
            photo_paths(name, "webp").middle,
            photo_paths(name, "webp").large,
        )
    ]


async def test_no_metadata_survives(files: Files, folder: Path) -> None:
    content = a_jpeg()
    assert b"PlantedMaker" in content
    kept = await pictures(files, content)
    for picture in kept:
        assert dict(picture.getexif()) == {}
        assert {"exif", "icc_profile", "xmp", "comment"} & set(picture.info) == set()
    stored = b"".join(path.read_bytes() for path in (folder / "files").rglob("*.webp"))
    for planted in (b"Planted", b"Exif", b"EXIF", b"ICCP", b"XMP"):
        assert planted not in stored


async def test_three_sizes_are_kept_as_webp(files: Files) -> None:
    kept = await pictures(files, a_jpeg())
    assert [(picture.format, picture.size) for picture in kept] == [
        ("WEBP", (240, 180)),
        ("WEBP", (480, 360)),
        ("WEBP", (720, 540)),
    ]


async def test_a_small_photo_is_not_blown_up(files: Files) -> None:
    assert [picture.size for picture in await pictures(files, a_jpeg(300, 200))] == [(240, 160), (300, 200), (300, 200)]


async def test_a_photo_held_sideways_stands_upright(files: Files) -> None:
    [picture, *_] = await pictures(files, a_jpeg(orientation=6))
    assert picture.size == (180, 240)
    upper, lower = picture.convert("RGB").getpixel((90, 20)), picture.convert("RGB").getpixel((90, 220))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[2] > 200 > upper[0]
    assert lower[0] > 200 > lower[2]


async def test_clear_parts_become_white(files: Files) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(out, "PNG")
    [picture, *_] = await pictures(files, out.getvalue())
    assert picture.mode == "RGB"
    assert picture.getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
async def test_the_usual_formats_are_taken(files: Files, kind: str) -> None:
    out = io.BytesIO()
    Image.new("L" if kind != "WEBP" else "RGB", (10, 10)).save(out, kind)
    assert [picture.size for picture in await pictures(files, out.getvalue())] == [(10, 10)] * 3


def a_bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head declares a picture of gigabytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(8000, 5001), (30_000, 30_000), (20_001, 1), (1, 2_000_000)])
async def test_a_bomb_is_refused_by_its_head(files: Files, folder: Path, width: int, height: int) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, a_bomb(width, height), Purpose.LISTING)
    assert refused.value.text() == "照片像素太多，请选 4000 万像素以内的。"
    assert list((folder / "files").rglob("*.*")) == []


async def test_too_many_bytes_are_refused_unread(files: Files) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, a_jpeg() + bytes(20 * 1024 * 1024), Purpose.LISTING)
    assert refused.value.text() == "照片太大（20 MB），请选 20 MB 以内的。"


@pytest.mark.parametrize(
    "content",
    [b"", b"not a photo", b"GIF89a" + bytes(100), SQUARE.encode(), a_jpeg()[:2000], a_bomb(100, 100)],
    ids=["empty", "text", "gif", "svg", "cut off", "short png"],
)
async def test_what_is_no_photo_is_refused_in_words(files: Files, content: bytes) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, content, Purpose.LISTING)
    assert refused.value.text() == "这个文件打不开，请拍一张 JPEG、PNG 或 WebP 照片。"


async def test_heic_is_told_what_to_do(files: Files) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, b"\x00\x00\x00\x18ftypheic" + bytes(100), Purpose.LISTING)
    assert "兼容性最佳" in refused.value.text()


async def test_the_same_photo_has_the_same_name_another_has_another(files: Files) -> None:
    first = await prepare_photo(files, a_jpeg(), Purpose.LISTING)
    again = await prepare_photo(files, a_jpeg(orientation=1), Purpose.LISTING)
    other = await prepare_photo(files, a_jpeg(orientation=3), Purpose.LISTING)
    assert first == again
    assert first.sha256 != other.sha256


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "a.webp",
        "%2e%2e/x.webp",
        f"{'a' * 40}.webp",
        f"{'a' * 40}-481.webp",
        f"{'a' * 40}-480.webp",
        f"{'A' * 40}-480.webp",
        f"{'a' * 40}.svg",
        f"{'a' * 39}/.svg",
    ],
)
async def test_no_other_name_opens_anything(files: Files, name: str) -> None:
    with pytest.raises(NotFound):
        await open_photo(files, name)


async def test_a_certificate_is_in_no_public_place(files: Files) -> None:
    prepared = await prepare_photo(files, a_jpeg(), Purpose.CERTIFICATE)
    with pytest.raises(NotFound):
        await open_photo(files, f"{prepared.sha256.hex()[:40]}-720.webp")


async def test_a_certificate_opens_for_its_owner_and_the_officials_of_its_place_alone(
    conn: Connection, files: Files
) -> None:
    producer_id = await a_producer(conn)
    owner = await owner_of(conn, producer_id)
    prepared = await prepare_photo(files, a_jpeg(), Purpose.CERTIFICATE)
    photo_id = await add_photo(conn, owner.account_id, prepared, now=NOW)
    await conn.execute(
        "INSERT INTO certificates (producer_id, kind, photo_id) VALUES ($1, 'identity', $2)", producer_id, photo_id
    )
    here = await the_actor(conn, await an_official(conn, Role.COUNTY, "130624"))
    elsewhere = await the_actor(conn, await an_official(conn, Role.COUNTY, "130725"))
    stranger = await the_actor(conn, await an_account(conn))

    async def opened(actor_index: int) -> str:
        actor = (owner, here, elsewhere, stranger)[actor_index]
        return await private_photo_file(
            conn,
            photo_id,
            account_id=actor.account_id,
            own=list(actor.producers),
            scopes=[grant.scope for grant in actor.grants],
        )

    expected = f"certificate/{prepared.sha256.hex()[:40]}-720.webp"
    assert await opened(0) == expected
    assert await opened(1) == expected
    assert (await files.get(expected))[:4] == b"RIFF"
    for refused in (2, 3):
        with pytest.raises(NotFound):
            await opened(refused)


async def test_a_drawing_of_our_own_is_kept_as_it_is(files: Files) -> None:
    prepared = await prepare_drawing(files, SQUARE, width=100, height=100)
    path = photo_paths(prepared.sha256.hex()[:40], "svg").small.removeprefix("/photos/")
    assert await open_photo(files, path) == SQUARE.encode()
    with pytest.raises(ValueError, match="refers to nothing"):
        await prepare_drawing(files, '<svg><image href="http://x"/></svg>', width=1, height=1)


async def test_a_missing_file_and_a_way_out_of_the_folder_are_refused(files: Files) -> None:
    with pytest.raises(FileMissing):
        await files.get("listing/none.webp")
    with pytest.raises(Exception, match=r"(?i)path|\.\."):
        await files.get("../outside")
