"""Write an iCalendar object. Pure. Source: RFC 5545."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from msgspec import Struct

_MAX_LINE_BYTES = 75
"""The longest line without its end, in bytes. Source: RFC 5545 3.1."""


class CalendarEvent(Struct, frozen=True, kw_only=True):
    """An event: whole days if it starts with a date, else a time; `end` is exclusive.

    `uid` stays the same for the same event, so that calendars replace it.
    """

    uid: str
    summary: str
    start: date | datetime
    end: date | datetime
    description: str = ""


def write_calendar(name: str, events: Iterable[CalendarEvent], *, now: datetime) -> str:
    """Return a calendar with its events; times are in UTC, lines are folded at 75 bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Xiangji//Bookings//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escape(name)}",
    ]
    for event in events:
        lines += _write_event(event, now)
    return "".join(f"{_fold(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _write_event(event: CalendarEvent, now: datetime) -> Sequence[str]:
    description = [f"DESCRIPTION:{_escape(event.description)}"] if event.description else []
    return [
        "BEGIN:VEVENT",
        f"UID:{_escape(event.uid)}",
        f"DTSTAMP:{_format_time(now)}",
        f"DTSTART{_format_moment(event.start)}",
        f"DTEND{_format_moment(event.end)}",
        f"SUMMARY:{_escape(event.summary)}",
        *description,
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]


def _format_moment(moment: date | datetime) -> str:
    if isinstance(moment, datetime):
        return f":{_format_time(moment)}"
    return f";VALUE=DATE:{moment:%Y%m%d}"


def _format_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    """Escape a text value. Source: RFC 5545 3.3.11."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _fold(line: str) -> str:
    """Fold a line so that no part is longer than 75 bytes, without cutting a character."""
    parts: list[str] = []
    part, size = "", 0
    for character in line:
        length = len(character.encode())
        if size + length > _MAX_LINE_BYTES:
            parts.append(part)
            part, size = "", 1
        part, size = part + character, size + length
    return "\r\n ".join([*parts, part])
