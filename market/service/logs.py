"""JSON logs without personal data: numbers that look like phone or identity numbers are masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_NUMBERS = re.compile(r"(?<!\d)(?:(\d{6})\d{8}(\d{3}[\dXx])|(1[3-9]\d)\d{4}(\d{4}))(?!\d)")


def mask_numbers(text: str) -> str:
    """Mask every identity number (18 characters) and mobile number (11 digits) in a text."""
    return _NUMBERS.sub(lambda m: f"{m[1]}********{m[2]}" if m[1] else f"{m[3]}****{m[4]}", text)


def _mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: mask_numbers(value) if isinstance(value, str) else value for name, value in event.items()}


def configure_logs() -> None:
    """Write all logs, including those of libraries, to standard error as one JSON object per line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer(ensure_ascii=False)
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
