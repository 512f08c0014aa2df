"""The file of noted heads: one line an hour, outside of the database."""

import errno
import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from market.kernel import Refusal
from market.people.audit.verification import AuditHead


class HeadsNotReadable(Refusal):
    """The file of noted heads is missing or is not one."""

    code = "bad_heads_file"
    status = 400
    zh = "读不了审计链头文件 {path}。"
    en = "Cannot read the file of audit heads {path}."


class NotedHeads(Struct, frozen=True):
    """The heads at a time."""

    at: datetime
    heads: list[AuditHead]


def append_heads(path: Path, noted: NotedHeads) -> None:
    """Append a line and wait until it is on disk; only the owner may read the file.

    Raises:
        OSError: the disk has no room for the line; the file has as many as before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        line = msgspec.json.encode(noted) + b"\n"
        size = os.fstat(handle).st_size
        if os.write(handle, line) < len(line):  # the part of a line would make the whole file unreadable
            os.ftruncate(handle, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)


def read_heads(path: Path) -> list[NotedHeads]:
    """Return the lines of the file, oldest first.

    Raises:
        HeadsNotReadable: the file is missing, or a line is not one of heads.
    """
    try:
        lines = path.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=NotedHeads) for line in lines if line]
    except (OSError, msgspec.MsgspecError) as error:
        raise HeadsNotReadable(path=str(path)) from error
