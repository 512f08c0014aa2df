"""The service in the test's process, called over HTTP; every response is checked."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx
import msgspec
from litestar import Litestar

from market.kernel.settings import Settings
from market.service.api.openapi import load_schema
from market.service.app import Market, create_app
from market.service.web.services import Services
from market.subsidies.tasks.work import TaskWorker, run_due_tasks

SECRET = "a secret of the tests, 32 characters and more"
_LOST_CONNECTION = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.PostgresConnectionError,
)


def build_settings(dsn: str, folder: Path, **more: Any) -> Settings:
    """Return the settings of a service on the test's database."""
    plain = Settings(
        database_url=dsn,
        data=folder,
        secret=SECRET,
        stripe_key="sk_test_tests",
        stripe_webhook_secret="whsec_tests",
        public_url="http://shop.test",
        keep_ms=0,
        sms_path=str(folder / "sms.jsonl"),
        storage_url=(folder / "files").as_uri(),
    )
    return msgspec.structs.replace(plain, **more)


_idle_apps: defaultdict[int, list[Litestar]] = defaultdict(list)
"""Applications that no test uses now, by the size of an upload, the only setting that their routes depend on."""


@contextmanager
def borrow_app(settings: Settings) -> Generator[Litestar]:
    """Yield an application that takes the settings when it starts; a returned one is used again by the next test.

    To register 400 routes takes a quarter of a second, and starting a registered application some milliseconds.
    """
    idle = _idle_apps[settings.upload_mb]
    app = idle.pop() if idle else create_app(settings)
    app.plugins.get(Market).settings = settings
    yield app
    idle.append(app)


@cache
def build_schema(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI schema of an application, which costs half a second and is the same for each test."""
    return load_schema(app)


class Service:
    """Calls operations by their operationId, as a client generated from the OpenAPI schema does."""

    def __init__(self, app: Litestar, http: httpx.AsyncClient) -> None:
        self.app = app
        self.http = http
        self.schema = build_schema(app)
        self.operations: dict[str, tuple[str, str]] = {
            operation["operationId"]: (method.upper(), path)
            for path, item in self.schema["paths"].items()
            for method, operation in item.items()
        }

    async def call(
        self,
        operation: str,
        body: Any = None,
        *,
        token: str | None = None,
        key: str | None = None,
        path: dict[str, object] | None = None,
        query: dict[str, Any] | None = None,
        files: Any = None,
    ) -> httpx.Response:
        """Call an operation; a POST or PUT gets a new idempotency key unless one is given."""
        method, pattern = self.operations[operation]
        headers = {"Accept-Language": "en"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if method in {"POST", "PUT"}:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        url = pattern.format(**{name: str(value) for name, value in (path or {}).items()})
        response = await self.http.request(method, url, json=body, params=query, headers=headers, files=files)
        self.check_response(response)
        return response

    def check_response(self, response: httpx.Response) -> None:
        """Check the headers of a response, and the problem document of an error."""
        assert "cache-control" in response.headers, f"no cache-control: {response.request.url}"
        assert response.headers["x-content-type-options"] == "nosniff"
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json", response.text
            problem = response.json()
            assert (
                {"type", "title", "status", "detail", "code"}
                <= problem.keys()
                <= {
                    "type",
                    "title",
                    "status",
                    "detail",
                    "code",
                    "errors",
                }
            )
            assert problem["status"] == response.status_code
            assert problem["type"] == f"/problems/{problem['code']}"
            assert "Traceback" not in response.text


async def work_on_tasks(app: Litestar, until: asyncio.Event) -> None:
    """Do the tasks of a running application until the event is set, as its worker does.

    Like it, it goes on after the server ended its connection: synchronous tests block the event loop for longer than a
    transaction may be idle.
    """
    services: Services = app.state["market"]
    worker = TaskWorker(db=services.db, seal=services.seal, files=services.files, clock=services.clock)
    while not until.is_set():
        with suppress(*_LOST_CONNECTION):
            await run_due_tasks(worker)
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), 0.05)


@asynccontextmanager
async def run_app(settings: Settings, *, works: bool = False) -> AsyncGenerator[Litestar]:
    """Yield the service, started as its server starts it; if `works`, its tasks are done beside it."""
    up, down = asyncio.Event(), asyncio.Event()

    async def run_lifespan(app: Litestar) -> None:
        # The same task enters and leaves the lifespan; the two halves of a fixture run in different tasks.
        async with app.lifespan():
            up.set()
            if works:
                await work_on_tasks(app, down)
            await down.wait()

    with borrow_app(settings) as app:
        lifespan = asyncio.create_task(run_lifespan(app))
        starting = asyncio.create_task(up.wait())
        await asyncio.wait({lifespan, starting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if lifespan.done():
                lifespan.result()
            yield app
        finally:
            starting.cancel()
            down.set()
            await lifespan


@asynccontextmanager
async def run_service(settings: Settings, *, works: bool = True) -> AsyncGenerator[Service]:
    """Yield a client of the running service; unless `works` is false its tasks are done beside it."""
    async with run_app(settings, works=works) as app:
        transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=60) as http:
            yield Service(app, http)
