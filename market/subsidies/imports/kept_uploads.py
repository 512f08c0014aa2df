"""Files of a dry run, kept sealed for an hour, so that the import does not need them chosen again."""

import asyncio
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from market.identity.models import Actor
from market.kernel.seal import Seal
from market.storage.files import FileMissing, FileStore
from market.subsidies.imports.upload import Upload

KEPT_FOR = timedelta(hours=1)
_FOLDER = "kept"
_CONTEXT = "imports.kept"
_CHUNK = 500


class KeptUpload(Struct, frozen=True):
    """A file of a dry run with its attachments by name."""

    county: str
    kind: str
    name: str
    content: bytes
    attachments: dict[str, bytes]
    kept_at: datetime


def _get_path(seal: Seal, actor: Actor, sha256: str) -> str:
    """Return where a file of an account is kept; the path tells neither."""
    return f"{_FOLDER}/{seal.index(f'kept {actor.account_id} {sha256}').hex()}"


async def keep_upload(
    files: FileStore, seal: Seal, actor: Actor, upload: Upload, attachments: dict[str, bytes], *, now: datetime
) -> None:
    """Keep a file, sealed, for the account that sent it."""
    kept = KeptUpload(upload.county, upload.kind, upload.name, upload.content, attachments, now)
    content = await asyncio.to_thread(lambda: seal.seal_bytes(msgspec.msgpack.encode(kept), _CONTEXT))
    await files.put(_get_path(seal, actor, upload.sha256), content)


async def find_kept_upload(
    files: FileStore, seal: Seal, actor: Actor, *, county: str, kind: str, sha256: str, now: datetime
) -> KeptUpload | None:
    """Return the file with this checksum that the account sent within the last hour, for this county and kind."""
    try:
        sealed = await files.get(_get_path(seal, actor, sha256))
    except FileMissing:
        return None
    content = await asyncio.to_thread(lambda: seal.open_bytes(sealed, _CONTEXT))
    kept = msgspec.msgpack.decode(content, type=KeptUpload)
    fits = (kept.county, kept.kind) == (county, kind) and now - kept.kept_at < KEPT_FOR
    return kept if fits else None


async def forget_upload(files: FileStore, seal: Seal, actor: Actor, sha256: str) -> None:
    """Delete a kept file, as after its import."""
    await files.delete([_get_path(seal, actor, sha256)])


async def delete_old_uploads(files: FileStore, *, now: datetime) -> None:
    """Delete the files that were kept for an hour."""
    async for chunk in files.list_older_than(now - KEPT_FOR, most=_CHUNK, folder=_FOLDER):
        await files.delete(chunk)
