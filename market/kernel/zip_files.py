"""ZIP files of strangers, opened only if their index is small."""

import io
import zipfile
import zlib

_MEMBER_BYTES = 1024
"""What the index may take for a member: 46 bytes, its name, its comment and extra fields."""
_SEARCH_BYTES = 128 * 1024
"""What `zipfile` reads to find the index: the end of the file with the longest comment, 64 KiB, and ZIP64 records."""

UNPACKING_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What `zipfile` raises for a member that is corrupt, encrypted, or packed in a way that it does not know."""


class TooManyMembers(zipfile.BadZipFile):
    """The index of the file is larger than that of the members it may have."""


class _MeteredFile(io.BytesIO):
    """A file of which only so many bytes may be read, until `unread` is None."""

    unread: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if self.unread is not None:
            left = self.getbuffer().nbytes - self.tell()
            self.unread -= left if size is None or size < 0 else min(size, left)
            if self.unread < 0:
                raise TooManyMembers
        return super().read(size)


def open_zip(content: bytes, *, max_members: int) -> zipfile.ZipFile:
    """Open a ZIP file that has at most so many members.

    `zipfile` reads the whole index, whatever number of members the file states: 20 MB of it take 130 MiB and seconds.
    What it reads is metered, because a file may state the size of its index in several places.

    Raises:
        zipfile.BadZipFile: it is no ZIP file.
        TooManyMembers: it has more members, or an index that is larger than theirs.
    """
    metered = _MeteredFile(content)
    metered.unread = max_members * _MEMBER_BYTES + _SEARCH_BYTES
    archive = zipfile.ZipFile(metered)
    metered.unread = None
    if len(archive.infolist()) > max_members:
        archive.close()
        raise TooManyMembers
    return archive
