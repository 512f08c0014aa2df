"""Format the faults of a case: the JSON path and the value there."""

import json

from market.subsidies.engine.models import CaseFault

type Path = tuple[str | int, ...]
"""Keys and positions from the root of the case: `("lines", 3, "active", 0)`."""

MAX_FAULTS = 1_000
"""As many as of a spreadsheet; millions would fill the memory and be read by nobody."""
_SHOWN = 40
"""The maximum length of a value in a message."""


def format_path(path: Path) -> str:
    """Return the path as text, `lines[3].active[0].until`; `$` is the whole case."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier() and step.isprintable() and len(step) <= _SHOWN:
            text += f".{step}" if text else step
        else:
            text += f"[{format_text(step)}]"
    return text or "$"


def format_text(text: str) -> str:
    """Return the text quoted, on one line, truncated if long."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return json.dumps(shown, ensure_ascii=not shown.isprintable())


def format_value(value: object) -> str:
    """Return a JSON value as shown in a message."""
    match value:
        case str():
            return format_text(value)
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            # null, true, false and numbers; also NaN and Infinity, which are not JSON.
            return json.dumps(value)


class FaultCollector:
    """Collects faults in the order in which the case is read; beyond the first 1,000 they are counted."""

    def __init__(self) -> None:
        self._kept: list[CaseFault] = []
        self._more = 0

    def add(self, path: Path, message: str) -> None:
        """Add one fault."""
        if self._has_room():
            self._kept.append(CaseFault(format_path(path), message))

    def must_be(self, path: Path, required: str, value: object) -> None:
        """Add a fault for a value that does not have the required form."""
        if self._has_room():
            self._kept.append(CaseFault(format_path(path), f"must be {required}, not {format_value(value)}"))

    def _has_room(self) -> bool:
        """Return whether one more fault is kept; otherwise count it."""
        has_room = len(self._kept) < MAX_FAULTS
        self._more += not has_room
        return has_room

    def list_found(self) -> list[CaseFault]:
        """Return the first 1,000 faults; if there are more, a last one about the whole case says how many."""
        if not self._more:
            return self._kept
        return [*self._kept, CaseFault("$", f"has {self._more} more faults, which are not listed")]
