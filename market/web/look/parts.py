"""The components and drawings that a page carries with it: only those which it uses.

A component is one file of `assets/css`; its first line, `/* for: rows row */`, names the classes that bring it
in (`always` brings it into every page). A symbol is one file of `assets/icons` (`#i-tel`) or `assets/cuts`
(`#p-egg`, the paper-cut pictures).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

ASSETS = Path(__file__).parent.parent / "assets"

ORDER = (
    "tokens",
    "base",
    "hd",
    "top",
    "bar",
    "pic",
    "money",
    "goods",
    "rows",
    "btn",
    "fld",
    "tpl",
    "file",
    "range",
    "acc",
    "note",
    "steps",
    "tb",
    "place",
    "cal",
    "chart",
    "foot",
    "for",
    "lay",
    "plain",
    "pager",
    "farmer",
    "home",
    "product",
    "split",
    "stay",
    "shop",
    "cart",
    "subsidy",
    "desk",
    "case",
    "sheet",
    "land",
    "guide",
)
"""The cascade: later components may refine earlier ones."""

_FOR = re.compile(r"/\* for: ([a-z0-9 ]+) \*/\n")
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_SVG = re.compile(r'<svg xmlns="http://www\.w3\.org/2000/svg"([^>]*)>(.*)</svg>\s*', re.DOTALL)
_CLASS = re.compile(r'class="([^"]*)"')
_USED = re.compile(r'<use href="#([a-z0-9-]+)"')


class Component(Struct, frozen=True):
    """One block of CSS and the classes that bring it in."""

    name: str
    classes: frozenset[str]
    css: str


class Parts(Struct, frozen=True):
    """Everything that a page may carry."""

    components: tuple[Component, ...]
    symbols: Mapping[str, str]

    def styles(self, classes: frozenset[str]) -> str:
        """Return the CSS of the components that `classes` bring in, in the order of the cascade."""
        return "".join(part.css for part in self.components if part.classes & classes)

    def names(self, classes: frozenset[str]) -> list[str]:
        """Return the names of the components that `classes` bring in."""
        return [part.name for part in self.components if part.classes & classes]


def classes_in(html: str) -> frozenset[str]:
    """Return the values of all class attributes, split into classes, and `always`."""
    return frozenset(" ".join({"always", *_CLASS.findall(html)}).split())


def symbols_in(html: str) -> list[str]:
    """Return the ids that `<use>` elements point to, each once, in their first order."""
    return list(dict.fromkeys(_USED.findall(html)))


def symbol(symbol_id: str, svg: str) -> str:
    """Turn a standalone SVG file into a `<symbol>` of that id.

    Raises:
        ValueError: the file is not one `<svg xmlns=…>` element.
    """
    match = _SVG.fullmatch(svg)
    if match is None:
        raise ValueError(f"{symbol_id}: not an SVG file")
    return f'<symbol id="{symbol_id}"{match[1]}>{match[2].replace("\n", "")}</symbol>'


def _component(folder: Path, name: str) -> Component:
    text = (folder / f"{name}.css").read_text(encoding="utf-8")
    match = _FOR.match(text)
    if match is None:
        raise ValueError(f"{name}.css does not begin with its classes")
    return Component(name, frozenset(match[1].split()), _COMMENT.sub("", text))


def load_parts(folder: Path = ASSETS) -> Parts:
    """Read all components and symbols once, at start.

    Raises:
        ValueError: a component without its classes, a file that is not SVG, or a component that `ORDER` misses.
    """
    strays = {path.stem for path in (folder / "css").glob("*.css")}.symmetric_difference(ORDER)
    if strays:
        raise ValueError(f"components and their order differ: {sorted(strays)}")
    symbols = {
        f"{prefix}-{path.stem}": symbol(f"{prefix}-{path.stem}", path.read_text(encoding="utf-8"))
        for prefix, kind in (("i", "icons"), ("p", "cuts"))
        for path in sorted((folder / kind).glob("*.svg"))
    }
    return Parts(tuple(_component(folder / "css", name) for name in ORDER), symbols)
