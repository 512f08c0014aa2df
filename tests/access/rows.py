"""One row of the access matrix: a route, for whom it is, and what is sent to it."""

import re
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from tests.access.audience import Audience

_PLACE = re.compile(r"\{(\w+)(?:=([^}]*))?\}")

type Sent = str | int | bool | list[Sent] | dict[str, Sent] | None


class Row(Struct, frozen=True, kw_only=True):
    """A route, for whom it is, and what is sent to it; `ok` is the answer to who is let in.

    In `address` the place `{order_id}` is filled with the world's id of that name, `{order_id=paid}` with the one named
    `paid`, `{kind='plans'}` with the word itself. A text `@name` in query, JSON or form stands for the world's id of
    that name. `files` are (field, name, content), a small photo where the content is None.
    """

    method: str
    address: str
    audience: Audience
    json: dict[str, Sent] | None = None
    form: dict[str, str] | None = None
    files: tuple[tuple[str, str, bytes | None], ...] = ()
    ok: int = 200

    @property
    def name(self) -> str:
        """How a test names the row."""
        return f"{self.method} {self.address}"

    @property
    def pattern(self) -> str:
        """The address as the application declares it, types left out."""
        return _PLACE.sub(r"{\1}", self.address.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """What follows the question mark; a page of the desk is always that of the county, whoever asks."""
        here = {"county": "@county"} if self.address.startswith("/desk") else {}
        return {**here, **dict(parse_qsl(self.address.partition("?")[2]))}

    @property
    def reads(self) -> bool:
        """Whether the row only reads, so that who is let in may be let in again and again."""
        return self.method == "GET"

    @property
    def is_page(self) -> bool:
        """Whether people see it, so that a session is shown by cookie and a form carries its token."""
        return not self.pattern.startswith(("/api/", "/schema", "/healthz", "/readyz", "/metrics", "/payments/"))

    def path(self, ids: Mapping[str, str]) -> str:
        """Return the address with the world's ids in its places."""
        return _PLACE.sub(lambda place: _filled(place[2] or place[1], ids), self.address.partition("?")[0])

    def places(self) -> list[str]:
        """Return the names of the address's places."""
        return [place[0] for place in _PLACE.findall(self.address)]

    def named(self, place: str) -> str:
        """Return the name of the id that fills a place of the address."""
        return next(given or name for name, given in _PLACE.findall(self.address) if name == place)

    def asking_for(self, place: str, value: str) -> Self:
        """Return the row with a value of its own in one place of the address."""
        address = re.sub(rf"\{{{place}(=[^}}]*)?\}}", f"{{{place}='{value}'}}", self.address)
        return msgspec.structs.replace(self, address=address)


def _filled(name: str, ids: Mapping[str, str]) -> str:
    return name.strip("'") if name.startswith("'") else ids[name]


def with_ids(sent: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return what is sent, with the world's ids in the place of their names."""
    if isinstance(sent, str):
        return ids[sent[1:]] if sent.startswith("@") else sent
    if isinstance(sent, dict):
        return {name: with_ids(value, ids) for name, value in sent.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(sent, list):
        return [with_ids(value, ids) for value in sent]  # pyright: ignore[reportUnknownVariableType]
    return sent


def get(address: str, audience: Audience, **more: Any) -> Row:  # noqa: ANN401 - any field of a row
    """A row that reads."""
    return Row(method="GET", address=address, audience=audience, **more)


def post(address: str, audience: Audience, **more: Any) -> Row:  # noqa: ANN401 - any field of a row
    """A row that changes something."""
    return Row(method="POST", address=address, audience=audience, **more)


def put(address: str, audience: Audience, **more: Any) -> Row:  # noqa: ANN401 - any field of a row
    """A row that sets something."""
    return Row(method="PUT", address=address, audience=audience, **more)


def delete(address: str, audience: Audience, **more: Any) -> Row:  # noqa: ANN401 - any field of a row
    """A row that ends something."""
    return Row(method="DELETE", address=address, audience=audience, **more)
