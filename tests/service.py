"""The service in the test's own process, called over HTTP, with every answer looked at strictly."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
from litestar import Litestar

from market.app import create_app
from market.settings import Settings

SECRET = "a secret of the tests, 32 characters and more"


def settings_for(dsn: str, folder: Path, **more: Any) -> Settings:  # noqa: ANN401 - any setting
    """Return the settings of a service on a database of the test's own."""
    plain = Settings(
        database_url=dsn,
        data=folder,
        secret=SECRET,
        stripe_key="sk_test_tests",
        stripe_webhook_secret="whsec_tests",
        public_url="http://shop.test",
        sms_path=str(folder / "sms.jsonl"),
        storage_url=(folder / "files").as_uri(),
    )
    return msgspec.structs.replace(plain, **more)


class Service:
    """Calls operations by their id, as a program that has read the OpenAPI would."""

    def __init__(self, app: Litestar, http: httpx.AsyncClient) -> None:
        self.app = app
        self.http = http
        self.schema: dict[str, Any] = app.openapi_schema.to_schema()
        self.operations: dict[str, tuple[str, str]] = {
            operation["operationId"]: (method.upper(), path)
            for path, item in self.schema["paths"].items()
            for method, operation in item.items()
        }

    async def call(
        self,
        operation: str,
        body: Any = None,  # noqa: ANN401 - any JSON
        *,
        token: str | None = None,
        key: str | None = None,
        path: dict[str, object] | None = None,
        query: dict[str, Any] | None = None,
        files: Any = None,  # noqa: ANN401 - what httpx takes
    ) -> httpx.Response:
        """Call an operation; a key of its own goes with each POST and PUT unless one is given."""
        method, pattern = self.operations[operation]
        headers = {"Accept-Language": "en"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if method in {"POST", "PUT"}:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        url = pattern.format(**{name: str(value) for name, value in (path or {}).items()})
        response = await self.http.request(method, url, json=body, params=query, headers=headers, files=files)
        self.look_at(response)
        return response

    def look_at(self, response: httpx.Response) -> None:
        """Hold an answer against what every answer must be."""
        assert "cache-control" in response.headers, f"no caching rule: {response.request.url}"
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


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[Service]:
    """Lend the service, started as its server would start it."""
    app = create_app(settings)
    up, down = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # One task enters and leaves it: a fixture's two halves run in two.
        async with app.lifespan():
            up.set()
            await down.wait()

    living = asyncio.create_task(live())
    starting = asyncio.create_task(up.wait())
    await asyncio.wait({living, starting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if living.done():
            living.result()
        transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=60) as http:
            yield Service(app, http)
    finally:
        down.set()
        await living
