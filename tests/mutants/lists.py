"""The lists beside this file: reviewed survivors and mutants written by hand, and a check that they are current."""

import ast
from pathlib import Path

import msgspec
from msgspec import Struct

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Survivor(Struct, frozen=True):
    """A mutant that no test kills: its place and the lines that it changes, without their indentation."""

    file: str
    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        lines = [f"- {line}" for line in self.was.splitlines()] + [f"+ {line}" for line in self.becomes.splitlines()]
        return "\n  ".join([f"{self.file}: {self.function}", *lines])


class Reviewed(Survivor, frozen=True, forbid_unknown_fields=True):
    """A survivor with the reason why it is harmless."""

    why: str


class Harmless(Struct, frozen=True, forbid_unknown_fields=True):
    """A change that is harmless anywhere."""

    was: str
    becomes: list[str]
    why: str

    def covers(self, survivor: Survivor) -> bool:
        """Return whether the survivor is this change and no other."""
        return any(survivor.was.replace(self.was, each) == survivor.becomes for each in self.becomes)


class ByHand(Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that mutmut does not generate: SQL, module constants, decorated functions.

    In `file`, the first `was` after the text `within` becomes `becomes`; `test` must then fail.
    """

    file: str
    within: str
    was: str
    becomes: str
    test: str

    def __str__(self) -> str:
        return f"{self.file}: {self.within}: {self.was!r} becomes {self.becomes!r}"

    def apply_to(self, text: str) -> str:
        """Return the file's text with the change.

        Raises:
            ValueError: the file has no such text.
        """
        at = text.index(self.was, text.index(self.within))
        return text[:at] + self.becomes + text[at + len(self.was) :]


class ReviewedList(Struct, forbid_unknown_fields=True):
    """The reviewed changes: harmless ones anywhere, and single survivors."""

    everywhere: list[Harmless]
    mutants: list[Reviewed]

    def covers(self, survivor: Survivor) -> bool:
        """Return whether the survivor was reviewed."""
        same = (survivor.file, survivor.function, survivor.was, survivor.becomes)
        return any((own.file, own.function, own.was, own.becomes) == same for own in self.mutants) or any(
            change.covers(survivor) for change in self.everywhere
        )


class _ByHandList(Struct, forbid_unknown_fields=True):
    mutants: list[ByHand]


def read_reviewed() -> ReviewedList:
    """Return the reviewed list."""
    return msgspec.toml.decode((HERE / "reviewed.toml").read_bytes(), type=ReviewedList)


def read_by_hand() -> list[ByHand]:
    """Return the mutants written by hand."""
    return msgspec.toml.decode((HERE / "by_hand.toml").read_bytes(), type=_ByHandList).mutants


def list_functions(path: Path) -> dict[str, str]:
    """Return the functions of a module by their names in the lists, each with its text."""
    text = path.read_text()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for own in inside:
            if isinstance(own, ast.FunctionDef | ast.AsyncFunctionDef):
                found[prefix + own.name] = ast.get_source_segment(text, own) or ""
    return found


def list_stale() -> list[str]:
    """Return the entries of both lists that no longer fit the code: their text, function or test no longer exists."""
    stale: list[str] = []
    for own in read_reviewed().mutants:
        path = ROOT / own.file
        text = list_functions(path).get(own.function) if path.exists() else None
        if text is None or not set(own.was.splitlines()) <= {line.strip() for line in text.splitlines()}:
            stale.append(f"reviewed: {own}")
    for mutant in read_by_hand():
        path, (test, _, name) = ROOT / mutant.file, mutant.test.partition("::")
        if not path.exists() or mutant.was not in path.read_text().partition(mutant.within)[2]:
            stale.append(f"by hand: {mutant}")
        elif not (ROOT / test).exists() or name.partition("[")[0] not in list_functions(ROOT / test):
            stale.append(f"by hand: no test {mutant.test}")
    return stale
