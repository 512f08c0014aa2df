"""The port for sending text messages, and adapters for the console, a file and no sending at all."""

import asyncio
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from market.kernel.text import mask_phone


class Message(Struct, frozen=True):
    """A text message to one phone."""

    phone: str
    text: str
    at: datetime


class MessagePort(Protocol):
    """Sends text messages. A failure is raised as OSError, and the message is retried later."""

    async def send(self, message: Message) -> None:
        """Send one message."""
        ...


class ConsolePort:
    """Prints each message to standard error with the phone number masked."""

    async def send(self, message: Message) -> None:
        """Print the message."""
        print(f"SMS {mask_phone(message.phone)} {message.text}", file=sys.stderr, flush=True)


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


class SilentPort:
    """Sends nothing and reports success, for installations without an SMS provider."""

    async def send(self, message: Message) -> None:
        """Discard the message."""


class TeePort:
    """Sends each message through two ports, in order."""

    def __init__(self, first: MessagePort, second: MessagePort) -> None:
        self._first, self._second = first, second

    async def send(self, message: Message) -> None:
        """Send the message through both ports."""
        await self._first.send(message)
        await self._second.send(message)


def make_port(sms_path: str) -> MessagePort:
    """Return a port that writes to the file and the console, or one that sends nothing if no path is set."""
    return TeePort(FilePort(Path(sms_path)), ConsolePort()) if sms_path else SilentPort()
