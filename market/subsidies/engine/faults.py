"""Naming what is wrong with a case: the JSON path, and the value that stands there."""

import json

from market.subsidies.engine.models import Fault

type Path = tuple[str | int, ...]
"""Keys and positions from the top of the case: `("lines", 3, "active", 0)`."""

_SHOWN = 40
"""Characters of a value that a message shows."""


def name_path(path: Path) -> str:
    """Return the path as it is written, `lines[3].active[0].until`; `$` is the whole case."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier() and step.isprintable() and len(step) <= _SHOWN:
            text += f".{step}" if text else step
        else:
            text += f"[{name_text(step)}]"
    return text or "$"


def name_text(text: str) -> str:
    """Return the text in quotes, on one line, cut where it is long."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return json.dumps(shown, ensure_ascii=not shown.isprintable())


def name_value(value: object) -> str:
    """Return a JSON value as a message shows it."""
    match value:
        case str():
            return name_text(value)
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            # null, true, false, numbers; NaN and Infinity, too, which are no JSON.
            return json.dumps(value)


class Faults:
    """The faults found so far, in the order in which the case is walked."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: Path, message: str) -> None:
        """Note one fault."""
        self.found.append(Fault(name_path(path), message))

    def must_be(self, path: Path, wanted: str, value: object) -> None:
        """Note that a value is of another form than the contract wants."""
        self.add(path, f"must be {wanted}, not {name_value(value)}")
