"""Photos in a ZIP file, found by the names that a spreadsheet writes; nothing is unpacked to a disk."""

import asyncio
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from market.kernel.zip_files import UNPACKING_ERRORS, TooManyMembers, open_zip
from market.people.identity.models import AccountId
from market.people.storage.files import FileStore
from market.people.storage.photos import (
    MAX_PHOTO_BYTES,
    MAX_PHOTOS_A_DAY,
    BadPhoto,
    DecodedPhoto,
    PhotoPurpose,
    decode_photo,
)

_MAX_MEMBERS = 400
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1


class ArchivedPhotos(Struct, frozen=True):
    """The photos of an archive by their written names, and by name what is wrong with each of the others."""

    decoded: dict[str, DecodedPhoto] = {}
    faults: dict[str, str] = {}


async def decode_archived_photos(
    files: FileStore, content: bytes | None, names: Sequence[str], purpose: PhotoPurpose, *, account: AccountId
) -> ArchivedPhotos:
    """Decode the named photos of a ZIP file one after another; call it outside of any transaction. None is stored.

    A name is that of the file without its folder, in any case of letters. `content` is None if no archive was sent.
    A photo takes the memory of any other upload: what unpacks to more than 20 MiB is not unpacked further.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return ArchivedPhotos()
    if content is None:
        return ArchivedPhotos(faults=dict.fromkeys(wanted, "选上装照片的压缩包（ZIP）"))
    if len(wanted) > MAX_PHOTOS_A_DAY:
        return ArchivedPhotos(faults=dict.fromkeys(wanted, f"照片太多，一天最多传 {MAX_PHOTOS_A_DAY} 张，分几天上"))
    try:
        archive = open_zip(content, max_members=_MAX_MEMBERS)
    except TooManyMembers:
        return ArchivedPhotos(faults=dict.fromkeys(wanted, f"压缩包里文件太多，最多 {_MAX_MEMBERS} 个"))
    except (zipfile.BadZipFile, ValueError, OSError):
        return ArchivedPhotos(faults=dict.fromkeys(wanted, "压缩包打不开，要 ZIP 格式"))
    decoded: dict[str, DecodedPhoto] = {}
    faults: dict[str, str] = {}
    with archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        named = [(_fold(_read_name(each)), each) for each in members]
        counts = Counter(name for name, _ in named)
        by_name = dict(named)
        for name in wanted:
            member = by_name.get(_fold(name))
            if member is None:
                faults[name] = "压缩包里没有这张照片，看看名字和后缀"
            elif counts[_fold(name)] > 1:
                faults[name] = "压缩包里有几张同名的，改个名字"
            else:
                try:
                    photo = await asyncio.to_thread(_unpack, archive, member)
                    decoded[name] = await decode_photo(files, photo, purpose, account=account)
                except BadPhoto as refusal:
                    faults[name] = refusal.text("zh")
    return ArchivedPhotos(decoded, faults)


def _read_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows writes Chinese names in GB18030 and macOS in UTF-8, both without saying so."""
    if member.flag_bits & _UTF8_FLAG:
        return member.filename
    written = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _fold(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name.casefold()


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the content of a member, at most one byte more than a photo may have.

    Raises:
        BadPhoto: it is encrypted, or corrupt.
    """
    try:
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise BadPhoto(text_zh="压缩包有密码，去掉密码再传", text_en="The archive is encrypted.")
        with archive.open(member) as opened:
            return opened.read(MAX_PHOTO_BYTES + 1)
    except UNPACKING_ERRORS as error:
        raise BadPhoto(text_zh="这张照片在压缩包里是坏的", text_en="The member of the archive is corrupt.") from error
