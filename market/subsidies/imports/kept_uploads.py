"""Uploads in the file store, sealed: those of a task until it ends, those of a dry run for an hour.

A kept file of a dry run does not need to be chosen again for its import.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.storage.files import FileMissing, FileStore
from market.subsidies.imports.upload import Upload

KEPT_FOR = timedelta(hours=1)
MAX_KEPT_UPLOADS = 8
"""Files of dry runs of one account in a county, of `upload_mb` each with their attachments; an older one is deleted."""
QUEUED_FOR = timedelta(days=2)
"""After this time the upload of a task is deleted, which its task has long done."""
_FOLDER = "kept"
_TASK_FOLDER = "tasks"
_CONTEXT = "imports.kept"
_CHUNK = 500


class KeptUpload(Struct, frozen=True):
    """A file with its attachments by name."""

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
    files: FileStore, seal: Seal, actor: Actor, upload: Upload, attachments: Mapping[str, bytes], *, now: datetime
) -> None:
    """Keep a file for the account that sent it."""
    await _put(files, seal, _get_path(seal, actor, upload.sha256), _combine(upload, attachments, now))


async def find_kept_upload(
    files: FileStore, seal: Seal, actor: Actor, *, county: str, kind: str, sha256: str, now: datetime
) -> KeptUpload | None:
    """Return the file with this checksum that the account sent within the last hour, for this county and kind."""
    try:
        kept = await _get(files, seal, _get_path(seal, actor, sha256))
    except FileMissing:
        return None
    fits = (kept.county, kept.kind) == (county, kind) and now - kept.kept_at < KEPT_FOR
    return kept if fits else None


async def forget_upload(files: FileStore, seal: Seal, actor: Actor, sha256: str) -> None:
    """Delete a kept file, as after its import."""
    await files.delete([_get_path(seal, actor, sha256)])


async def store_task_upload(
    files: FileStore, seal: Seal, task_upload: UUID, upload: Upload, attachments: Mapping[str, bytes], *, now: datetime
) -> None:
    """Store the upload of a task under the id that the task names."""
    await _put(files, seal, f"{_TASK_FOLDER}/{task_upload}", _combine(upload, attachments, now))


async def load_task_upload(files: FileStore, seal: Seal, task_upload: UUID) -> KeptUpload:
    """Return the upload of a task.

    Raises:
        FileMissing: it was deleted.
    """
    return await _get(files, seal, f"{_TASK_FOLDER}/{task_upload}")


async def delete_task_upload(files: FileStore, task_upload: UUID) -> None:
    """Delete the upload of a task."""
    await files.delete([f"{_TASK_FOLDER}/{task_upload}"])


async def delete_old_uploads(files: FileStore, *, now: datetime) -> None:
    """Delete the files of dry runs that were kept for an hour, and uploads that their tasks left behind."""
    for folder, kept_for in ((_FOLDER, KEPT_FOR), (_TASK_FOLDER, QUEUED_FOR)):
        async for chunk in files.list_older_than(now - kept_for, most=_CHUNK, folder=folder):
            await files.delete(chunk)


def _combine(upload: Upload, attachments: Mapping[str, bytes], now: datetime) -> KeptUpload:
    return KeptUpload(upload.county, upload.kind, upload.name, upload.content, dict(attachments), now)


async def _put(files: FileStore, seal: Seal, path: str, kept: KeptUpload) -> None:
    content = await asyncio.to_thread(lambda: seal.seal_bytes(msgspec.msgpack.encode(kept), _CONTEXT))
    await files.put(path, content)


async def _get(files: FileStore, seal: Seal, path: str) -> KeptUpload:
    sealed = await files.get(path)
    content = await asyncio.to_thread(lambda: seal.open_bytes(sealed, _CONTEXT))
    return msgspec.msgpack.decode(content, type=KeptUpload)
