"""Ports that write to a file, or refuse."""

import asyncio
import json
import os
from pathlib import Path

from market.people.notify.models import Message, SendFailed


class FilePort:
    """Appends each message to a file as one JSON line: `{"phone", "text", "at"}`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, message: Message) -> None:
        """Append the message in a single write, so that several processes may share the file."""
        line = json.dumps(
            {"phone": message.phone, "text": message.text, "at": message.at.isoformat()}, ensure_ascii=False
        )
        await asyncio.to_thread(self._append, line + "\n")

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)


class MissingPort:
    """Refuses every message: the installation has no SMS provider."""

    async def send(self, message: Message) -> None:
        """Refuse the message.

        Raises:
            SendFailed: always, for good.
        """
        raise SendFailed(f"no SMS provider is configured for {message.template}", permanent=True)
