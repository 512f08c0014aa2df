"""Imported macros, written out when a template is compiled.

The engine runs a whole library for each import of each page, a third of the time of a page.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec import Struct

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_IMPORT = re.compile(r'\{% from "([^"]+)" import ([^%]+?)(?: with context)? %\}')
_IMPORT_OR_COMMENT = re.compile(f"{_COMMENT.pattern}|{_IMPORT.pattern}", re.DOTALL)
_MACRO = re.compile(r"\{% macro (\w+)(\(.*?\{% endmacro %\})", re.DOTALL)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_CALL = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.|])(\w+)(?=\()""")


class _Library(Struct, frozen=True):
    """The macros of a template, each from its parameters to its end, and which macro of which library a name means."""

    macros: dict[str, str]
    imported: dict[str, tuple[str, str]]


def link_macros(source: str, load: Callable[[str], str]) -> str:
    """Return a template with each import replaced by the macros that it names, and those that these call.

    `load` returns the source of a library. A macro has the name under which it is imported; what it calls has a name
    that no template uses, so that it hides no variable.
    """

    def write(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        chosen = {local: (match[1], macro) for local, macro in _list_names(match[2])}
        return "".join(_write_macros(chosen, load))

    return _IMPORT_OR_COMMENT.sub(write, source)


def _write_macros(chosen: dict[str, tuple[str, str]], load: Callable[[str], str]) -> Iterator[str]:
    """Yield the chosen macros by the names they get, each after those that it calls."""
    written: set[str] = set()

    def write(local: str, library: str, macro: str) -> Iterator[str]:
        if local in written:
            return
        written.add(local)
        found = _read_library(load(library))
        body = found.macros[macro]
        called = {
            name: (library, name) if name in found.macros else found.imported[name]
            for name in _find_calls(body)
            if name in found.macros or name in found.imported
        }
        for other in called.values():
            if other != (library, macro):
                yield from write(_make_private(*other), *other)
        names = {name: _make_private(*other) for name, other in called.items()}
        names |= {name: local for name, other in called.items() if other == (library, macro)}
        yield f"{{% macro {local}{_rename_calls(body, names)}"

    for local, (library, macro) in chosen.items():
        yield from write(local, library, macro)


@lru_cache(maxsize=64)
def _read_library(source: str) -> _Library:
    source = _COMMENT.sub("", source)
    imported = {
        local: (match[1], macro) for match in _IMPORT.finditer(source) for local, macro in _list_names(match[2])
    }
    return _Library({match[1]: match[2] for match in _MACRO.finditer(source)}, imported)


def _list_names(imported: str) -> Iterator[tuple[str, str]]:
    """Yield the local name and the macro of each part of `a, b as c`."""
    for part in imported.split(","):
        macro, _, local = part.strip().partition(" as ")
        yield local or macro, macro


def _find_calls(body: str) -> set[str]:
    """Return the names that the statements and expressions of a macro call."""
    return {call[2] for code in _split_code(body) for call in _CALL.finditer(code) if call[2]}


def _rename_calls(body: str, names: dict[str, str]) -> str:
    def rename(call: re.Match[str]) -> str:
        return names.get(call[2], call[2]) if call[2] else call[0]

    head, end, rest = body.partition("%}")
    return _CALL.sub(rename, head) + end + _CODE.sub(lambda code: _CALL.sub(rename, code[0]), rest)


def _split_code(body: str) -> Iterator[str]:
    """Yield the parameters of a macro, then each statement and expression."""
    head, _, rest = body.partition("%}")
    yield head
    yield from _CODE.findall(rest)


def _make_private(library: str, macro: str) -> str:
    return f"{re.sub(r'\W', '_', library)}__{macro}"
