"""The CSS components and SVG symbols that a page inlines: only those it uses.

A component is one file of `assets/css`; its first line, `/* for: rows row */`, names the classes that include
it (`always` includes it in every page). A symbol is one file of `assets/icons` (`#i-tel`) or `assets/illustrations`
(`#p-egg`, the paper-cut pictures).
"""

import re
from collections.abc import Mapping
from functools import cache
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
    "far",
    "steps",
    "tb",
    "tiles",
    "place",
    "cal",
    "chart",
    "foot",
    "for",
    "lay",
    "plain",
    "people",
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
    "slip",
    "lbl",
    "land",
    "guide",
)
"""The cascade: later components may override earlier ones."""

_CLASS_HEADER = re.compile(r"/\* for: ([a-z0-9 ]+) \*/\n")
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_SVG = re.compile(r'<svg xmlns="http://www\.w3\.org/2000/svg"([^>]*)>(.*)</svg>\s*', re.DOTALL)
_CLASS_ATTRIBUTE = re.compile(r'class="([^"]*)"')
_SYMBOL_REFERENCE = re.compile(r'<use href="#([a-z0-9-]+)"')


class Component(Struct, frozen=True):
    """A block of CSS, and the classes that include it."""

    name: str
    classes: frozenset[str]
    css: str


class ComponentSet(Struct, frozen=True):
    """All components and symbols."""

    components: tuple[Component, ...]
    symbols: Mapping[str, str]

    def styles(self, classes: frozenset[str]) -> str:
        """Return the CSS of the components that `classes` include, in the order of the cascade."""
        return "".join(part.css for part in self.components if part.classes & classes)

    def names(self, classes: frozenset[str]) -> list[str]:
        """Return the names of the components that `classes` include."""
        return [part.name for part in self.components if part.classes & classes]


def find_classes(html: str) -> frozenset[str]:
    """Return all classes of class attributes, and `always`."""
    return frozenset(" ".join({"always", *_CLASS_ATTRIBUTE.findall(html)}).split())


def find_symbols(html: str) -> list[str]:
    """Return the ids that `<use>` elements reference, without duplicates, in order of appearance."""
    return list(dict.fromkeys(_SYMBOL_REFERENCE.findall(html)))


def make_symbol(symbol_id: str, svg: str) -> str:
    """Turn a standalone SVG file into a `<symbol>` of that id.

    Raises:
        ValueError: the file is not one `<svg xmlns=…>` element.
    """
    match = _SVG.fullmatch(svg)
    if match is None:
        raise ValueError(f"{symbol_id}: not an SVG file")
    return f'<symbol id="{symbol_id}"{match[1]}>{match[2].replace("\n", "")}</symbol>'


def _load_component(folder: Path, name: str) -> Component:
    text = (folder / f"{name}.css").read_text(encoding="utf-8")
    match = _CLASS_HEADER.match(text)
    if match is None:
        raise ValueError(f"{name}.css does not begin with its classes")
    return Component(name, frozenset(match[1].split()), _COMMENT.sub("", text))


@cache
def load_components(folder: Path = ASSETS) -> ComponentSet:
    """Read all components and symbols, once for the process.

    Raises:
        ValueError: a component has no class header, a file is not SVG, or `ORDER` misses a component.
    """
    strays = {path.stem for path in (folder / "css").glob("*.css")}.symmetric_difference(ORDER)
    if strays:
        raise ValueError(f"components and their order differ: {sorted(strays)}")
    symbols = {
        f"{prefix}-{path.stem}": make_symbol(f"{prefix}-{path.stem}", path.read_text(encoding="utf-8"))
        for prefix, kind in (("i", "icons"), ("p", "illustrations"))
        for path in sorted((folder / kind).glob("*.svg"))
    }
    return ComponentSet(tuple(_load_component(folder / "css", name) for name in ORDER), symbols)
