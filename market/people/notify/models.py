"""A text message on its way to a phone, and what a provider reports about it."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True):
    """A text message to one phone: its text, and the template and facts that the text is made of."""

    id: UUID
    phone: str
    template: str
    facts: dict[str, str]
    text: str
    at: datetime


class DeliveryReceipt(Struct, frozen=True):
    """What the provider reports about a message that it accepted; `reason` is its code if it was not delivered."""

    ref: str
    delivered: bool
    reason: str = ""


class SendFailed(Exception):
    """The message was not sent, or it is unknown whether it was.

    A `permanent` failure is not retried. After an `unknown` outcome the message may arrive nevertheless.
    """

    def __init__(self, reason: str, *, permanent: bool = False, unknown: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.unknown = unknown


class MessagePort(Protocol):
    """Sends text messages. Any exception is a failed attempt; `SendFailed` says more about it."""

    async def send(self, message: Message) -> str | None:
        """Send one message; return the provider's reference for its receipt, if there is one."""
        ...
