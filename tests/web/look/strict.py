"""A strict reading of HTML: what a browser forgives is a fault here."""

from collections import Counter
from html.parser import HTMLParser
from typing import override

VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.pointers: list[tuple[str, str]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        self.faults += [f"<{tag}> repeats {name}" for name, times in names.items() if times > 1]
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag}> has {name}")
            if name == "id" and value is not None:
                self.ids[value] += 1
            if name in _POINTERS:
                self.pointers += [(name, part) for part in (value or "").split()]
            if name == "href" and value is not None and value.startswith("#"):
                self.pointers.append((name, value[1:]))
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()

    @override
    def handle_data(self, data: str) -> None:
        if (not self.open or self.open[-1] not in {"style", "script"}) and ("{{" in data or "{%" in data):
            self.faults.append(f"a template's mark was printed: {data.strip()[:40]}")


def faults(html: str) -> list[str]:
    """List what is wrong: unbalanced tags, repeated ids and attributes, pointers to nothing, inline style or script."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [
        *reader.faults,
        *(f"<{tag}> is not closed" for tag in reader.open),
        *(f"id {name} is used {times} times" for name, times in reader.ids.items() if times > 1),
        *(f"{name} points to #{target}" for name, target in reader.pointers if target not in reader.ids),
    ]
