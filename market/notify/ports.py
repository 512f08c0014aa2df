"""Ports that send to the console, to a file, or nowhere."""

import asyncio
import json
import os
import sys
from pathlib import Path

from market.kernel.text import mask_phone
from market.notify.models import Message, MessagePort, SendFailed
from market.notify.templates import SECRET_TEMPLATES


class ConsolePort:
    """Prints each message to standard error with the phone number masked, and no text that contains a code."""

    async def send(self, message: Message) -> None:
        """Print the message."""
        text = f"({message.template})" if message.template in SECRET_TEMPLATES else message.text
        print(f"SMS {mask_phone(message.phone)} {text}", file=sys.stderr, flush=True)


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


class TeePort:
    """Sends each message through two ports, in order."""

    def __init__(self, first: MessagePort, second: MessagePort) -> None:
        self._first, self._second = first, second

    async def send(self, message: Message) -> str | None:
        """Send the message through both ports; the reference is the first one's."""
        ref = await self._first.send(message)
        await self._second.send(message)
        return ref
