"""The queries that run, by name and in order, and those that a table of docs/architecture.md names."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from market.kernel import Connection
from payments.sql import Query

PAGE = Path("docs/architecture.md").read_text("utf-8")


def list_documented(heading: str) -> list[str]:
    """Return the queries that the table below a heading or bold words names, in order."""
    table = PAGE.split(heading, 1)[1].split("\n|---", 1)[1].split("\n\n", 1)[0]
    names = set(name_queries().values())
    documented = [name for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", table) if name in names]
    assert documented, heading
    return documented


def name_queries() -> dict[int, str]:
    """Return the name of each query by its id."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in {"market", "payments"}]
    values: list[tuple[str, object]] = [item for module in modules for item in vars(module).items()]
    return {id(value): name for name, value in values if type(value).__name__ == "Query"}


class QueryTrace:
    """The names of the queries that ran, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        resolve: Callable[[Query[Any], Connection], str] = Query[Any].resolve
        names = name_queries()

        def record(query: Query[Any], conn: Connection) -> str:
            self.names.append(names.get(id(query), "?"))
            return resolve(query, conn)

        monkeypatch.setattr(Query, "resolve", record)

    def take(self) -> list[str]:
        """Return the names since the last call."""
        names, self.names[:] = list(self.names), []
        return names


def find_missing(documented: list[str], ran: list[str]) -> list[str]:
    """Return the documented names that do not follow one another in what ran."""
    rest = iter(ran)
    return [name for name in documented if name not in rest]
