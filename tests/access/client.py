"""The client that sends a case of the access table as one of its actors."""

import uuid
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from market.kernel import Connection
from tests.access.actors import ALL_ACTORS, ANONYMOUS
from tests.access.database_fingerprint import Fingerprints
from tests.access.fixtures import AccessFixtures
from tests.access.route_case import RouteCase
from tests.support.app import Service


class AccessClient(Struct, frozen=True):
    """Sends requests to one service as any actor; `owner` is a connection that sees its whole database."""

    service: Service
    fixtures: AccessFixtures
    owner: Connection
    folder: Path
    csrf: dict[str, tuple[str, str]]
    fingerprints: Fingerprints

    async def send(
        self, case: RouteCase, actor: str, ids: dict[str, str] | None = None, *, language: str = "en"
    ) -> httpx.Response:
        """Send a case as an actor, with the fixture ids or others of the same names."""
        ids = ids or self.fixtures.ids
        token = self.fixtures.tokens.get(actor)
        headers = {"Accept-Language": language, "Sec-Fetch-Site": "same-origin"}
        form: dict[str, Any] | None = None
        if case.is_page:
            cookie, csrf = self.csrf[actor]
            headers["Cookie"] = cookie
            form = None if case.is_read else {**case.resolve(case.form or {}, ids), "csrf": csrf}
        else:
            headers |= {"Authorization": f"Bearer {token}"} if token else {}
            headers |= {} if case.is_read else {"Idempotency-Key": uuid.uuid4().hex}
        files = [(file.field, (file.name, file.content)) for file in case.files]
        http = self.service.http
        http.cookies.clear()
        response = await http.request(
            case.method,
            case.build_path(ids),
            params=case.build_query(ids),
            json=case.resolve(case.json, ids),
            data=form,
            files=files or None,
            headers=headers,
        )
        # The response of a form that begins a task is the page that waits for it.
        location = response.headers.get("location", "")
        return await http.get(location, headers=headers) if location.startswith("/desk/tasks/") else response

    def find_leaks(self, actor: str, response: httpx.Response) -> list[str]:
        """Return the secrets in a response that the actor may not read and did not send."""
        request = response.request
        streamed = request.headers.get("content-type", "").startswith("multipart/")
        sent = f"{request.url}{'' if streamed else request.content.decode()}"
        return [
            f"{actor} reads {word}"
            for word, readers in self.fixtures.secrets.items()
            if actor not in readers and word.encode() in response.content and word not in sent
        ]

    async def list_changes(self, request: str = "") -> list[str]:
        """Return what changed in the service's database and files since the last call."""
        return await self.fingerprints.list_changes(request)


async def fetch_csrf_tokens(service: Service, fixtures: AccessFixtures) -> dict[str, tuple[str, str]]:
    """Return each actor's session cookie and the CSRF token of its forms, read from a page."""
    tokens: dict[str, tuple[str, str]] = {}
    for actor in ALL_ACTORS:
        service.http.cookies.clear()
        token = fixtures.tokens.get(actor)
        cookie = f"session={token}" if token else ""
        path = "/sign-in" if actor == ANONYMOUS else "/sign-in/factor"
        response = await service.http.get(path, headers={"Cookie": cookie})
        if actor == ANONYMOUS:
            cookie = response.headers["set-cookie"].partition(";")[0]
        csrf = response.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert len(csrf) == 32, f"{actor}: {response.status_code}"
        tokens[actor] = (cookie, csrf)
    return tokens
