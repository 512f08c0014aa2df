"""File storage: a local folder or an S3-compatible store, chosen by URL."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from market.kernel.memory import Turns


class FileMissing(Exception):
    """The store has no file with that name."""


class FileStore:
    """Files by name; a file never changes, as its name is derived from its contents."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.decoder = Turns(1)
        """One photo at a time is decoded."""
        self.workbooks = Turns(2)
        """Two files of officials or operators at a time are in memory, of `upload_mb` each."""
        self.listing_files = Turns(2)
        """Two files of products at a time, with their archives of photos, which `decoder` decodes."""

    async def put(self, name: str, content: bytes) -> None:
        """Store a file; storing it again writes the same contents."""
        await obstore.put_async(self._store, name, content)

    async def get(self, name: str) -> bytes:
        """Return a file.

        Raises:
            FileMissing: the store has no file with that name.
        """
        try:
            result = await obstore.get_async(self._store, name)
            return bytes(await result.bytes_async())
        except FileNotFoundError as error:
            raise FileMissing(name) from error

    async def delete(self, names: list[str]) -> None:
        """Delete files; one that does not exist is ignored."""
        for name in names:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._store, name)

    async def list_older_than(
        self, moment: datetime, *, most: int, folder: str | None = None
    ) -> AsyncGenerator[list[str]]:
        """Yield the names of the files, or of those in a folder, stored before a moment, at most `most` at a time."""
        async for chunk in self._store.list(folder, chunk_size=most):  # pyright: ignore[reportUnknownMemberType]
            yield [each["path"] for each in chunk if each["last_modified"] < moment]


def open_file_store(url: str) -> FileStore:
    """Open the store of a URL: `file:///…` (the folder is created if missing) or `s3://bucket/prefix`.

    An S3 store reads its region and keys from the environment (`AWS_…`).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileStore(LocalStore(Path(unquote(parts.path)), mkdir=True))
    return FileStore(from_url(url))
