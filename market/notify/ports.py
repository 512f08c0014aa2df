"""Ways to people's phones: the port, and the adapters that the demo and the tests use."""

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
    """What goes to one phone."""

    phone: str
    text: str
    at: datetime


class Port(Protocol):
    """A way to send a text message; what goes wrong is raised as OSError and tried again later."""

    async def send(self, message: Message) -> None:
        """Hand over one message."""
        ...


class ConsolePort:
    """Prints each message on standard error, the number masked."""

    async def send(self, message: Message) -> None:
        """Print it."""
        print(f"SMS {mask_phone(message.phone)} {message.text}", file=sys.stderr, flush=True)  # noqa: T201 - its work


class FilePort:
    """Appends each message to a file as one JSON line: `{"phone", "text", "at"}`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, message: Message) -> None:
        """Append it; a line is written whole, so that several processes may share the file."""
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
    """Sends nothing: messages count as sent, for an operator who has no contract with a carrier yet."""

    async def send(self, message: Message) -> None:
        """Let it go."""


class BothPorts:
    """Sends each message through two ports, the first one first."""

    def __init__(self, first: Port, second: Port) -> None:
        self._first, self._second = first, second

    async def send(self, message: Message) -> None:
        """Hand it to both."""
        await self._first.send(message)
        await self._second.send(message)


def port_of(sms_path: str) -> Port:
    """Return the port that the settings ask for: a named file, shown on the console too, or none at all."""
    return BothPorts(FilePort(Path(sms_path)), ConsolePort()) if sms_path else SilentPort()
