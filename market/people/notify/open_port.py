"""Select the message port of the settings."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from market.kernel.settings import Settings
from market.people.notify.http_port import HttpPort
from market.people.notify.models import MessagePort
from market.people.notify.ports import FilePort, MissingPort


@asynccontextmanager
async def open_port(settings: Settings) -> AsyncGenerator[MessagePort]:
    """Yield the port to the provider, to a file, or, with neither, one that refuses every message."""
    if settings.sms_url:
        async with HttpPort(
            settings.sms_url,
            key_id=settings.sms_key_id,
            secret=settings.sms_key_secret,
            template_ids=settings.get_sms_template_ids(),
        ) as port:
            yield port
    elif settings.sms_path:
        yield FilePort(Path(settings.sms_path))
    else:
        yield MissingPort()
