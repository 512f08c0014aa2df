"""Where files lie: a local folder or an S3-compatible store, by address."""

import asyncio
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

_DECODERS = 2
"""Photos decoded at a time, however many are sent: one of 12 megapixels takes 160 MiB for half a second."""


class FileMissing(Exception):  # noqa: N818 - a fact about a store
    """The store holds no file of that name."""


class Files:
    """Files by name; what is written under a name once is never changed, for names come from contents."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.decoders = asyncio.Semaphore(_DECODERS)

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file; under a name that is taken it writes the same again."""
        await obstore.put_async(self._store, name, content)

    async def get(self, name: str) -> bytes:
        """Return a file.

        Raises:
            FileMissing: there is none of that name.
        """
        try:
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise FileMissing(name) from error


def open_files(url: str) -> Files:
    """Open the store at an address: `file:///…` (the folder is made where it is missing) or `s3://bucket/prefix`.

    An S3 store takes its region and keys from the environment (`AWS_…`).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Files(LocalStore(Path(unquote(parts.path)), mkdir=True))
    return Files(from_url(url))
