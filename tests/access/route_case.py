"""One case of the access table: a route, its policy, and the request to send."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec
from msgspec import Struct

from tests.access.policies import AccessPolicy


class FixtureId(Struct, frozen=True):
    """Stands for the entry of that name in `AccessFixtures.ids`."""

    name: str


type Value = str | int | bool | FixtureId | list[Value] | dict[str, Value] | None


class UploadedFile(Struct, frozen=True):
    """A file of a multipart form."""

    field: str
    name: str
    content: bytes


class RouteCase(Struct, frozen=True, kw_only=True):
    """A route, its access policy and the request to send; `status` is the response to an allowed actor.

    `path` is the route as declared, without types. A path parameter takes its value from `params`, by default the
    fixture id of its own name.
    """

    method: str
    path: str
    policy: AccessPolicy
    params: dict[str, str | FixtureId] = {}
    query: dict[str, str | FixtureId] = {}
    json: dict[str, Value] | None = None
    form: dict[str, str | FixtureId] | None = None
    files: tuple[UploadedFile, ...] = ()
    status: int = 200

    @property
    def name(self) -> str:
        """The case as a test id: the route, with the parameters that are not the default."""
        given = [f"{key}={value.name if isinstance(value, FixtureId) else value}" for key, value in self.params.items()]
        return " ".join([self.method, self.path, *given])

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing, so that it can be repeated with every allowed actor."""
        return self.method == "GET"

    @property
    def is_page(self) -> bool:
        """Whether the route belongs to the pages: authenticated by cookie, with a CSRF token in each form."""
        return not self.path.startswith(("/api/", "/schema", "/healthz", "/readyz", "/metrics", "/payments/"))

    def list_params(self) -> list[str]:
        """Return the names of the path parameters."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def get_param(self, name: str) -> str | FixtureId:
        """Return the value of a path parameter."""
        return self.params.get(name, FixtureId(name))

    def with_param(self, name: str, value: str) -> Self:
        """Return the case with another value of a path parameter."""
        return msgspec.structs.replace(self, params={**self.params, name: value})

    def build_path(self, ids: Mapping[str, str]) -> str:
        """Return the path with its parameters filled."""
        values = {f"{{{name}}}": str(self.resolve(self.get_param(name), ids)) for name in self.list_params()}
        return "/".join(values.get(part, part) for part in self.path.split("/"))

    def build_query(self, ids: Mapping[str, str]) -> dict[str, str]:
        """Return the query; pages of the desk always name the county of the fixtures, for every actor."""
        query = {"county": FixtureId("county"), **self.query} if self.path.startswith("/desk") else self.query
        return self.resolve(query, ids)

    @staticmethod
    def resolve(value: Any, ids: Mapping[str, str]) -> Any:
        """Return the value with every `FixtureId` in it replaced by the id."""
        if isinstance(value, FixtureId):
            return ids[value.name]
        if isinstance(value, dict):
            return {name: RouteCase.resolve(each, ids) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, list):
            return [RouteCase.resolve(each, ids) for each in value]  # pyright: ignore[reportUnknownVariableType]
        return value


def get(path: str, policy: AccessPolicy, **fields: Any) -> RouteCase:
    """Return a case of a GET route."""
    return RouteCase(method="GET", path=path, policy=policy, **fields)


def post(path: str, policy: AccessPolicy, **fields: Any) -> RouteCase:
    """Return a case of a POST route."""
    return RouteCase(method="POST", path=path, policy=policy, **fields)


def put(path: str, policy: AccessPolicy, **fields: Any) -> RouteCase:
    """Return a case of a PUT route."""
    return RouteCase(method="PUT", path=path, policy=policy, **fields)


def delete(path: str, policy: AccessPolicy, **fields: Any) -> RouteCase:
    """Return a case of a DELETE route."""
    return RouteCase(method="DELETE", path=path, policy=policy, **fields)
