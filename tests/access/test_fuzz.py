"""Generated requests to every operation of the OpenAPI document, by every kind of caller: never an error of the server.

Schemathesis generates requests that fit the document and requests that do not. Ids in paths, queries and bodies are
replaced by those of the fixtures in most of them, so that they get past the search for their object.
"""

import asyncio
import contextlib
import itertools
import re
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from msgspec import Struct
from msgspec.structs import replace
from schemathesis import GenerationMode

from market.kernel.postgres.embedded import EmbeddedServer
from tests.access.actors import ALL_ACTORS
from tests.access.client import AccessClient
from tests.access.conftest import FixtureDatabase, open_client
from tests.access.route_case import FixtureId
from tests.access.route_cases_api import API_CASES

pytestmark = pytest.mark.long

EXAMPLES = 2
"""Of each operation, that fit the document, and as many that do not."""
CALLERS = 5
"""How many of the callers send each request, in turn; with those before it, an operation is called by all of them."""
LAST = ("/api/v1/sessions/current", "/api/v1/me/closing")
"""These end a session."""
MANY = 1_000_000
SERVER_ERROR = 500
_PARAMETER = re.compile(r"{(\w+)}")
KNOWN_PARAMS = {
    (case.method, case.path): {name: case.get_param(name) for name in case.list_params()} for case in API_CASES
}


class GeneratedRequest(Struct, frozen=True, kw_only=True):
    """A generated request; `path` is the path of the document."""

    method: str
    path: str
    url: str
    body: dict[str, Any]


def generate(document: dict[str, Any]) -> Iterator[GeneratedRequest]:
    """Generate requests to every operation of a document."""
    schema: Any = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE,) if fits_always(operation) else GenerationMode:
            for case in draw_cases(operation.as_strategy(generation_mode=mode)):
                sent = case.as_transport_kwargs(base_url="http://shop.test")
                body = {name: sent[name] for name in ("json", "data", "params") if sent.get(name) is not None}
                if sent.get("files"):
                    body["files"] = [(name, read_part(value)) for name, value in sent["files"]]
                yield GeneratedRequest(method=sent["method"], path=operation.path, url=sent["url"], body=body)


def fits_always(operation: Any) -> bool:
    """Return whether no request can misfit, for which Hypothesis would search in vain: at most texts in the path."""
    texts = all(each.definition["schema"] == {"type": "string"} for each in operation.path_parameters)
    return texts and not any((*operation.query, *operation.headers, *operation.cookies, *operation.body))


def read_part(value: Any) -> Any:
    """Return a part of a form as bytes: generated ones may be of any type."""
    name, content, *more = value if isinstance(value, tuple) else (None, value)  # pyright: ignore[reportUnknownVariableType]
    encoded = content if isinstance(content, bytes) else str(content).encode("utf-8", "replace")  # pyright: ignore[reportUnknownArgumentType]
    return (name, encoded, *more)  # pyright: ignore[reportUnknownVariableType]


def draw_cases(strategy: Any) -> list[Any]:
    """Draw some cases; an operation may have none."""
    cases: list[Any] = []

    @hypothesis_settings(
        max_examples=EXAMPLES, phases=[Phase.generate], database=None, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(case=strategy)
    def collect(case: Any) -> None:
        cases.append(case)

    with contextlib.suppress(Unsatisfiable):
        collect()
    return cases


def use_fixtures(request: GeneratedRequest, ids: dict[str, str]) -> GeneratedRequest:
    """Replace the parameters of the path, and the ids in query and body, by those of the fixtures."""
    known = KNOWN_PARAMS.get((request.method, request.path), {})

    def fill(match: re.Match[str]) -> str:
        value = known.get(match[1], FixtureId(match[1]))
        return ids.get(value.name, "1") if isinstance(value, FixtureId) else value

    body = {name: _use_ids(value, ids) if name in {"json", "params"} else value for name, value in request.body.items()}
    return replace(request, url="http://shop.test" + _PARAMETER.sub(fill, request.path), body=body)


def _use_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: ids.get(str(name), _use_ids(each, ids)) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [_use_ids(each, ids) for each in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


@pytest.fixture
async def client(server: EmbeddedServer, fixture_database: FixtureDatabase) -> AsyncGenerator[AccessClient]:
    """A client whose many requests are not limited."""
    free = replace(
        fixture_database.settings, rate_pages=MANY, rate_searches=MANY, rate_writes=MANY, rate_uploads=MANY,
        rate_sign_ins=MANY,
    )  # fmt: skip
    async with open_client(server, replace(fixture_database, settings=free)) as opened:
        yield opened


async def send(client: AccessClient, request: GeneratedRequest, actor: str, statuses: Counter[int]) -> str | None:
    """Send a request as an actor and count the status; return what is wrong with the answer, if anything is."""
    token = client.fixtures.tokens.get(actor)
    headers = {"Accept-Language": "en", "Idempotency-Key": uuid.uuid4().hex}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    http = client.service.http
    http.cookies.clear()
    answer = await http.request(request.method, request.url, headers=headers, **request.body)
    client.service.check_response(answer)
    statuses[answer.status_code] += 1
    if answer.status_code < SERVER_ERROR:
        return None
    return f"{actor}: {request.method} {request.url} {str(request.body)[:300]}: {answer.status_code}"


async def test_no_generated_request_makes_the_server_fail(client: AccessClient) -> None:
    document = (await client.service.http.get("/schema/openapi.json")).json()
    # In a thread, because it takes longer than the service's transactions may be idle.
    found = await asyncio.to_thread(lambda: list(generate(document)))
    generated = sorted(found, key=lambda each: each.path in LAST)
    assert {each.path for each in generated} == set(document["paths"])
    callers = itertools.cycle(ALL_ACTORS)
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    for number, request in enumerate(generated):
        sent = use_fixtures(request, client.fixtures.ids) if number % 3 else request
        for actor in itertools.islice(callers, CALLERS):
            fault = await send(client, sent, actor, statuses)
            wrong += [fault] if fault else []
    assert wrong == []
    assert {200, 201, 204, 400, 401, 403, 404, 409, 422} <= statuses.keys(), statuses
