"""An archive is opened only if its index is small, whatever it states about itself."""

import io
import struct
import zipfile

import pytest

from market.kernel.zip_files import TooManyMembers, open_zip

MEMBER = struct.pack(
    "<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0
) + b"a.jp"  # fmt: skip


def write_archive(count: int, *, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", str(number))
        archive.comment = comment
    return target.getvalue()


def write_index(count: int, *, stated: int, large: bool = False, extra: bytes = b"") -> bytes:
    """Write an index of so many members, with another number of them in the record at its end.

    `extra` stands between the ZIP64 record and its locator (APPNOTE 6.3.10, 4.3.14.2).
    """
    index = MEMBER * count
    record = (
        struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44 + len(extra), 45, 45, 0, 0, stated, stated, len(index), 0) + extra
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(index), 1)
    size = 0 if large else len(index)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, stated, stated, size, 0, 0)
    return index + (record + locator if large else b"") + end


@pytest.mark.parametrize("comment", [b"", b"x", b"y" * 65_535])
def test_an_archive_is_read_as_by_the_library(comment: bytes) -> None:
    with open_zip(write_archive(3, comment=comment), max_members=3) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == [
            ("0.txt", b"0"), ("1.txt", b"1"), ("2.txt", b"2"),
        ]  # fmt: skip


def test_one_member_too_many_is_refused() -> None:
    with pytest.raises(TooManyMembers):
        open_zip(write_archive(4), max_members=3)


@pytest.mark.parametrize(("large", "extra"), [(False, b""), (True, b""), (True, b"extensible data" * 9)])
def test_an_index_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch, *, large: bool, extra: bytes) -> None:
    content = write_index(20_000, stated=1, large=large, extra=extra)
    monkeypatch.setattr(zipfile, "ZipInfo", None)  # of a member that is read
    with pytest.raises(TooManyMembers):
        open_zip(content, max_members=200)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no archive", write_archive(1)[:-1]])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        open_zip(content, max_members=3)
