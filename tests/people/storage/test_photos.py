"""Photos are stored without metadata, and a decompression bomb is refused before it is decoded."""

import asyncio
import io
import os
import struct
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from market.kernel import Busy, Connection, Database
from market.people.identity.models import NotFound, Role
from market.people.storage.files import FileMissing, FileStore, open_file_store
from market.people.storage.photos import (
    MAX_PHOTOS_A_DAY,
    PAGE_WIDTHS,
    BadPhoto,
    PhotoPurpose,
    TooManyPhotos,
    add_photo,
    decode_photo,
    get_photo_paths,
    get_private_photo_name,
    prepare_drawing,
    prepare_photo,
    read_public_photo,
    require_photo_quota,
)
from market.people.storage.unused_photos import delete_unused_photos
from market.people.storage.uploads import store_decoded_photos, store_photo
from tests.conftest import NOW
from tests.support.make import load_actor, load_owner, make_account, make_official, make_producer, make_product
from tests.support.postgres import as_owner

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><path d="M0 0h100v100z"/></svg>'


@pytest.fixture
def files(folder: Path) -> FileStore:
    return open_file_store((folder / "files").as_uri())


def a_jpeg(width: int = 1600, height: int = 1200, *, orientation: int = 1) -> bytes:
    """Return a photo as a phone takes it, with GPS position, maker, comment and colour profile."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "PlantedMaker"
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitude: (39.0, 12.0, 34.5), ExifTags.GPS.GPSLatitudeRef: "N"}
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"PlantedComment", icc_profile=b"PlantedProfile" * 10)
    return out.getvalue()


async def pictures(files: FileStore, content: bytes) -> list[Image.Image]:
    prepared = await prepare_photo(files, content, PhotoPurpose.LISTING)
    name = prepared.sha256.hex()[:40]
    return [
        Image.open(io.BytesIO(await read_public_photo(files, PhotoPurpose.LISTING, path.removeprefix("/photos/"))))
        for path in get_photo_paths(name, "webp")
    ]


async def test_no_metadata_survives(files: FileStore, folder: Path) -> None:
    content = a_jpeg()
    assert b"PlantedMaker" in content
    stored = await pictures(files, content)
    for picture in stored:
        assert dict(picture.getexif()) == {}
        assert {"exif", "icc_profile", "xmp", "comment"} & set(picture.info) == set()
    contents = b"".join(path.read_bytes() for path in (folder / "files").rglob("*.webp"))
    for planted in (b"Planted", b"Exif", b"EXIF", b"ICCP", b"XMP"):
        assert planted not in contents


async def test_three_sizes_are_stored_as_webp(files: FileStore) -> None:
    stored = await pictures(files, a_jpeg())
    assert [(picture.format, picture.size) for picture in stored] == [
        ("WEBP", (240, 180)),
        ("WEBP", (480, 360)),
        ("WEBP", (720, 540)),
    ]


async def test_a_small_photo_is_not_enlarged(files: FileStore) -> None:
    assert [picture.size for picture in await pictures(files, a_jpeg(300, 200))] == [(240, 160), (300, 200), (300, 200)]


async def test_a_rotated_photo_is_stored_upright(files: FileStore) -> None:
    [picture, *_] = await pictures(files, a_jpeg(orientation=6))
    assert picture.size == (180, 240)
    upper, lower = picture.convert("RGB").getpixel((90, 20)), picture.convert("RGB").getpixel((90, 220))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[2] > 200 > upper[0]
    assert lower[0] > 200 > lower[2]


async def test_transparent_parts_become_white(files: FileStore) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(out, "PNG")
    [picture, *_] = await pictures(files, out.getvalue())
    assert picture.mode == "RGB"
    assert picture.getpixel((100, 100)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
async def test_common_formats_are_accepted(files: FileStore, kind: str) -> None:
    out = io.BytesIO()
    Image.new("L" if kind != "WEBP" else "RGB", (10, 10)).save(out, kind)
    assert [picture.size for picture in await pictures(files, out.getvalue())] == [(10, 10)] * 3


def a_bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header declares gigabytes of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(4000, 4001), (30_000, 30_000), (20_001, 1), (1, 2_000_000)])
async def test_a_decompression_bomb_is_refused_by_its_header(
    files: FileStore, folder: Path, width: int, height: int
) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, a_bomb(width, height), PhotoPurpose.LISTING)
    assert refused.value.text() == "照片像素太多，请选 1600 万像素以内的。"
    assert list((folder / "files").rglob("*.*")) == []


HOSTILE_UPLOADS = """
import asyncio, io, sys
from pathlib import Path
from PIL import Image
from market.kernel.memory import Turns
from market.people.storage.files import open_file_store
from market.people.storage.photos import PhotoPurpose, prepare_photo

def encode(mode, size, kind):
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, progressive=True)
    return out.getvalue()

def measure(name):
    # Not `ru_maxrss`, which begins with the memory of the process that started this one.
    [line] = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(name)]
    return int(line.split()[1]) * 1024

async def main():
    files = open_file_store(Path(sys.argv[1]).as_uri())
    files.decoder = Turns(1, seconds=300)
    await prepare_photo(files, encode("RGB", (100, 100), "PNG"), PhotoPurpose.LISTING)
    before = measure("VmRSS")
    kinds = [encode(mode, (4000, 4000), "PNG") for mode in ("RGBA", "1", "P")] + [encode("RGB", (6300, 6300), "JPEG")]
    await asyncio.gather(*(prepare_photo(files, kinds[n % 4], PhotoPurpose.LISTING) for n in range(12)))
    print(before, measure("VmRSS"), measure("VmHWM"))

asyncio.run(main())
"""


async def test_large_pictures_at_once_are_decoded_in_bounded_memory_that_is_returned(folder: Path) -> None:
    """In a process of its own: its highest memory is bounded by one picture, not by their number."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOSTILE_UPLOADS, str(folder), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    before, after, peak = (int(each) for each in output.split())
    assert (peak < 500_000_000, after - before < 50_000_000) == (True, True), (before, after, peak)


async def test_a_large_photo_becomes_as_sharp_as_a_small_one(files: FileStore) -> None:
    out = io.BytesIO()
    left = Image.new("P", (4000, 3000), 1)
    left.putpalette([255, 255, 255, 200, 0, 0])
    left.paste(0, (2000, 0, 4000, 3000))
    left.save(out, "PNG")
    largest = (await pictures(files, out.getvalue()))[-1].convert("RGB")
    assert largest.size == (720, 540)
    pixels = largest.tobytes()
    red, white = pixels[3 * (270 * 720 + 340) :][:3], pixels[3 * (270 * 720 + 380) :][:3]
    assert [abs(a - b) < 12 for a, b in zip(red + white, (200, 0, 0, 255, 255, 255), strict=True)] == [True] * 6


async def test_a_file_above_the_limit_is_refused_undecoded(files: FileStore) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, a_jpeg() + bytes(20 * 1024 * 1024), PhotoPurpose.LISTING)
    assert refused.value.text() == "照片太大（20 MB），请选 20 MB 以内的。"


@pytest.mark.parametrize(
    "content",
    [b"", b"not a photo", b"GIF89a" + bytes(100), SQUARE.encode(), a_jpeg()[:2000], a_bomb(100, 100)],
    ids=["empty", "text", "gif", "svg", "cut off", "short png"],
)
async def test_a_file_that_is_not_a_photo_is_refused_with_an_explanation(files: FileStore, content: bytes) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, content, PhotoPurpose.LISTING)
    assert refused.value.text() == "这个文件打不开，请拍一张 JPEG、PNG 或 WebP 照片。"


async def test_heic_is_refused_with_advice(files: FileStore) -> None:
    with pytest.raises(BadPhoto) as refused:
        await prepare_photo(files, b"\x00\x00\x00\x18ftypheic" + bytes(100), PhotoPurpose.LISTING)
    assert "兼容性最佳" in refused.value.text()


async def test_the_name_of_a_photo_depends_on_its_contents(files: FileStore) -> None:
    first = await prepare_photo(files, a_jpeg(), PhotoPurpose.LISTING)
    again = await prepare_photo(files, a_jpeg(orientation=1), PhotoPurpose.LISTING)
    other = await prepare_photo(files, a_jpeg(orientation=3), PhotoPurpose.LISTING)
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
async def test_other_names_are_not_found(files: FileStore, name: str) -> None:
    with pytest.raises(NotFound):
        await read_public_photo(files, PhotoPurpose.LISTING, name)


async def test_a_certificate_photo_is_not_public(files: FileStore) -> None:
    prepared = await prepare_photo(files, a_jpeg(), PhotoPurpose.CERTIFICATE)
    with pytest.raises(NotFound):
        await read_public_photo(files, PhotoPurpose.LISTING, f"{prepared.sha256.hex()[:40]}-720.webp")


async def test_a_certificate_photo_is_readable_by_its_owner_and_officials_of_its_division(
    conn: Connection, files: FileStore
) -> None:
    producer_id = await make_producer(conn)
    owner = await load_owner(conn, producer_id)
    prepared = await prepare_photo(files, a_jpeg(), PhotoPurpose.CERTIFICATE)
    photo_id = await add_photo(conn, owner.account_id, prepared, now=NOW)
    await conn.execute(
        "INSERT INTO certificates (producer_id, kind, photo_id) VALUES ($1, 'identity', $2)", producer_id, photo_id
    )
    here = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    elsewhere = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
    stranger = await load_actor(conn, await make_account(conn))

    async def open_as(actor_index: int) -> str:
        actor = (owner, here, elsewhere, stranger)[actor_index]
        return await get_private_photo_name(
            conn,
            photo_id,
            account_id=actor.account_id,
            producer_ids=list(actor.producers),
            scopes=[grant.scope for grant in actor.grants],
        )

    expected = f"certificate/{prepared.sha256.hex()[:40]}-720.webp"
    assert await open_as(0) == expected
    assert await open_as(1) == expected
    assert (await files.get(expected))[:4] == b"RIFF"
    for refused in (2, 3):
        with pytest.raises(NotFound):
            await open_as(refused)


async def test_an_account_stores_a_bounded_number_of_photos_a_day(conn: Connection, files: FileStore) -> None:
    owner, other = await make_account(conn), await make_account(conn)
    prepared = await prepare_photo(files, a_jpeg(100, 100), PhotoPurpose.LISTING)
    for _ in range(MAX_PHOTOS_A_DAY - 1):
        await add_photo(conn, owner, prepared, now=NOW)
    await require_photo_quota(conn, owner, now=NOW)
    with pytest.raises(TooManyPhotos):
        await require_photo_quota(conn, owner, photos=2, now=NOW)
    await require_photo_quota(conn, owner, photos=2, now=NOW + timedelta(days=1))
    await add_photo(conn, owner, prepared, now=NOW)
    with pytest.raises(TooManyPhotos) as refused:
        await add_photo(conn, owner, prepared, now=NOW + timedelta(hours=23))
    assert (refused.value.status, refused.value.facts["retry_after"]) == (429, 3600)
    await add_photo(conn, other, prepared, now=NOW)
    await add_photo(conn, owner, prepared, now=NOW + timedelta(days=1))


async def test_what_is_stored_is_counted_and_nothing_is_stored_beyond_the_quota(
    database: Database, files: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.people.storage.photos.MAX_PHOTOS_A_DAY", 2)
    async with database.transaction() as conn:
        owner = await make_account(conn)
    contents = [a_jpeg(100 + number, 100) for number in range(4)]
    stored = [await store_photo(database, files, owner, each, PhotoPurpose.REVIEW, now=NOW) for each in contents[:2]]
    with pytest.raises(TooManyPhotos):
        await store_photo(database, files, owner, contents[2], PhotoPurpose.REVIEW, now=NOW)
    decoded = {"a": await decode_photo(files, contents[3], PhotoPurpose.REVIEW, account=owner)}
    with pytest.raises(TooManyPhotos):
        await store_decoded_photos(database, files, owner, decoded, now=NOW)
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT id, width FROM photos WHERE owner_id = $1 ORDER BY id", owner)
    assert [(row["id"], row["width"]) for row in rows] == [(each.id, each.width) for each in stored]
    assert len(list((folder / "files").rglob("*.webp"))) == 2 * len(PAGE_WIDTHS)
    monkeypatch.setattr("market.people.storage.photos.MAX_PHOTOS_A_DAY", 9)
    monkeypatch.setattr("market.kernel.memory.MAX_OF_ONE", 0)
    with pytest.raises(Busy):  # the turn is the account's
        await store_photo(database, files, owner, contents[3], PhotoPurpose.REVIEW, now=NOW)


async def test_only_photos_that_nothing_shows_are_deleted(
    database: Database, files: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.people.storage.unused_photos._CHUNK", 2)
    tonight = datetime.now(UTC)
    contents = [a_jpeg(100 + number, 100) for number in range(6)]
    prepared = [await prepare_photo(files, content, PhotoPurpose.LISTING) for content in contents]
    shown, certificate, recent, *unused = prepared[:5]
    async with database.transaction() as conn:
        producer_id = await make_producer(conn)
        owner = (await load_owner(conn, producer_id)).account_id
        listing = await make_product(conn, producer_id)
        old = tonight - timedelta(days=3)
        listed = await add_photo(conn, owner, shown, now=old)
        async with as_owner(conn):
            await conn.execute("UPDATE listings SET photo_id = $1 WHERE id = $2", listed, listing.listing_id)
        used = await add_photo(conn, owner, certificate, now=old)
        await conn.execute(
            "INSERT INTO certificates (producer_id, kind, photo_id) VALUES ($1, 'identity', $2)", producer_id, used
        )
        await add_photo(conn, owner, recent, now=tonight)
        for each in unused:
            await add_photo(conn, owner, each, now=old)
    assert await delete_unused_photos(database, files, now=tonight) == 0  # the files are new
    for path in (folder / "files").rglob("*.webp"):
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert await delete_unused_photos(database, files, now=tonight) == 9
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM photos") == 3
    kept = {path.name.partition("-")[0] for path in (folder / "files").rglob("*.webp")}
    assert kept == {each.sha256.hex()[:40] for each in (shown, certificate, recent)}
    assert await delete_unused_photos(database, files, now=tonight) == 0


async def test_a_drawing_is_stored_unchanged(files: FileStore) -> None:
    prepared = await prepare_drawing(files, SQUARE, width=100, height=100)
    path = get_photo_paths(prepared.sha256.hex()[:40], "svg")[0].removeprefix("/photos/")
    assert await read_public_photo(files, PhotoPurpose.LISTING, path) == SQUARE.encode()
    with pytest.raises(ValueError, match="external references"):
        await prepare_drawing(files, '<svg><image href="http://x"/></svg>', width=1, height=1)


async def test_a_missing_file_and_a_path_outside_the_folder_are_refused(files: FileStore) -> None:
    with pytest.raises(FileMissing):
        await files.get("listing/none.webp")
    with pytest.raises(Exception, match=r"(?i)path|\.\."):
        await files.get("../outside")
