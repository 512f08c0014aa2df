"""Sending a row of the matrix as one of its visitors."""

import uuid
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from market.kernel import Connection
from tests.access.fingerprint import fingerprint, watched_tables
from tests.access.people import ANONYMOUS, EVERYONE
from tests.access.rows import Row, with_ids
from tests.access.world import World, a_picture
from tests.service import Service

PICTURE = a_picture(200)


class Knocker(Struct, frozen=True):
    """Knocks at the doors of one service as anybody; `owner` sees all of its database."""

    service: Service
    world: World
    owner: Connection
    folder: Path
    csrf: dict[str, tuple[str, str]]

    async def knock(self, row: Row, visitor: str, ids: dict[str, str] | None = None) -> httpx.Response:
        """Send a row as a visitor, with the world's ids or others of the same names."""
        ids = ids or self.world.ids
        token = self.world.tokens.get(visitor)
        headers = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
        form: dict[str, Any] | None = None
        if row.is_page:
            cookie, csrf = self.csrf[visitor]
            headers["Cookie"] = cookie
            form = None if row.reads else {**with_ids(row.form or {}, ids), "csrf": csrf}
        else:
            headers |= {"Authorization": f"Bearer {token}"} if token else {}
            headers |= {} if row.reads else {"Idempotency-Key": uuid.uuid4().hex}
        files = [(field, (name, PICTURE if content is None else content)) for field, name, content in row.files]
        http = self.service.http
        http.cookies.clear()
        return await http.request(
            row.method,
            row.path(ids),
            params=with_ids(row.query, ids),
            json=None if row.json is None else with_ids(row.json, ids),
            data=form,
            files=files or None,
            headers=headers,
        )

    def leaks(self, visitor: str, answer: httpx.Response) -> list[str]:
        """Words in an answer that are not for the visitor's eyes and that the visitor did not send."""
        request = answer.request
        streamed = request.headers.get("content-type", "").startswith("multipart/")
        sent = f"{request.url}{'' if streamed else request.content.decode()}"
        return [
            f"{visitor} reads {word}"
            for word, readers in self.world.secrets.items()
            if visitor not in readers and word.encode() in answer.content and word not in sent
        ]

    async def kept(self) -> dict[str, tuple[int, str]]:
        """Return the fingerprint of all that the service keeps."""
        return await fingerprint(self.owner, await watched_tables(self.owner), self.folder)


async def csrf_tokens(service: Service, world: World) -> dict[str, tuple[str, str]]:
    """Return the cookie of each visitor and the token of its forms, as a page of theirs carries it."""
    found: dict[str, tuple[str, str]] = {}
    for visitor in EVERYONE:
        service.http.cookies.clear()
        token = world.tokens.get(visitor)
        cookie = f"session={token}" if token else ""
        path = "/sign-in" if visitor == ANONYMOUS else "/sign-in/factor"
        answer = await service.http.get(path, headers={"Cookie": cookie})
        if visitor == ANONYMOUS:
            cookie = answer.headers["set-cookie"].partition(";")[0]
        csrf = answer.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert len(csrf) == 32, f"{visitor}: {answer.status_code}"
        found[visitor] = (cookie, csrf)
    return found
