"""The sandbox of a tracking service over real HTTP: signed requests in, signed pushes out."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from msgspec import Struct

from market.kernel.signed_http import build_signed_headers, verify_signed_request
from market.sales.carriers.http_port import NO_SUCH_PARCEL
from market.service.demo.carrier.routes import Fate, SandboxParcel, get_fate, list_facts
from payments.errors import InvalidSignature
from payments.models import resolve_time

PUSH_SECONDS = 0.5
TRACK_PATH = "/track"

HttpRequest = Request[Any, Any, State]


class _TrackRequest(Struct, forbid_unknown_fields=True):
    carrier: str
    number: str
    push: str


class CarrierSandbox:
    """The parcels that were asked for, and whether the service answers at all (`mute`).

    With a `path` they are those of the file, where new ones are added, so that they survive a restart.
    """

    def __init__(
        self, now: Callable[[], datetime], *, key_id: str, secret: str, speed: int = 1, path: Path | None = None
    ) -> None:
        self.now, self.key_id, self.secret, self.speed, self.path = now, key_id, secret, speed, path
        known = [] if path is None else read_parcels(path)
        self.parcels = {(each.carrier, each.number): each for each in known}
        self.mute = False
        self.calls = 0

    def track(self, request: _TrackRequest) -> tuple[int, dict[str, object]]:
        """Return the status and the body of an answer; a number that is new was accepted a moment ago."""
        fate = get_fate(request.number)
        if self.mute or fate is Fate.UNANSWERED:
            return 503, {"code": "busy"}
        if fate is Fate.UNHEARD_OF:
            return 404, {"code": NO_SUCH_PARCEL}
        now = self.now()
        parcel = self.parcels.get((request.carrier, request.number))
        if parcel is None:
            parcel = SandboxParcel(request.carrier, request.number, now, self.speed, request.push)
            self.parcels[request.carrier, request.number] = parcel
            if self.path is not None:
                write_parcels(self.path, self.parcels.values())
        parcel.push = request.push
        facts = list_facts(parcel, now)
        parcel.pushed = max(parcel.pushed, len(facts))
        return 200, {
            "code": "OK",
            "facts": [{"at": each.happened_at.isoformat(), "step": each.step, "detail": each.detail} for each in facts],
        }

    async def push_news(self, http: httpx.AsyncClient) -> int:
        """Push once for each parcel that has moved since it was asked for or pushed; return how many were accepted."""
        accepted = 0
        for parcel in list(self.parcels.values()):
            facts = len(list_facts(parcel, self.now()))
            if parcel.push and facts > parcel.pushed and not self.mute and await self._push(http, parcel):
                parcel.pushed = facts
                accepted += 1
        return accepted

    async def _push(self, http: httpx.AsyncClient, parcel: SandboxParcel) -> bool:
        message = {"id": f"push_{uuid.uuid4().hex}", "carrier": parcel.carrier, "number": parcel.number}
        body = json.dumps(message).encode()
        headers = build_signed_headers(self.key_id, self.secret, path=urlsplit(parcel.push).path, body=body)
        try:
            return (await http.post(parcel.push, content=body, headers=headers)).is_success
        except httpx.HTTPError:
            return False


@post(TRACK_PATH, status_code=200)
async def track(request: HttpRequest) -> Response[dict[str, object]]:
    """Answer where a parcel is."""
    sandbox: CarrierSandbox = request.app.state["sandbox"]
    sandbox.calls += 1
    body = await request.body()
    try:
        verify_signed_request(
            sandbox.secret, key_id=sandbox.key_id, path=TRACK_PATH, headers=dict(request.headers), body=body,
            now=resolve_time(None),
        )  # fmt: skip
        asked = msgspec.json.decode(body, type=_TrackRequest)
    except (InvalidSignature, msgspec.MsgspecError) as error:
        return Response({"code": "bad_request", "why": str(error)}, status_code=400)
    status, answer = sandbox.track(asked)
    return Response(answer, status_code=status)


@get("/healthz")
async def healthz() -> dict[str, str]:
    """Return ok."""
    return {"status": "ok"}


def create_app(sandbox: CarrierSandbox) -> Litestar:
    """Return the service; it pushes what is new twice a second."""

    @asynccontextmanager
    async def push_in_background(_: Litestar) -> AsyncGenerator[None]:
        async with httpx.AsyncClient(timeout=10.0) as http:

            async def repeat() -> None:
                while True:
                    await sandbox.push_news(http)
                    await asyncio.sleep(PUSH_SECONDS)

            pushing = asyncio.create_task(repeat())
            try:
                yield
            finally:
                pushing.cancel()

    app = Litestar([track, healthz], lifespan=[push_in_background], openapi_config=None, logging_config=None)
    app.state["sandbox"] = sandbox
    return app


def write_parcels(path: Path, parcels: Iterable[SandboxParcel]) -> None:
    """Write parcels that the sandbox knows when it starts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(list(parcels)))


def read_parcels(path: Path) -> list[SandboxParcel]:
    """Read those parcels; none if there is no file."""
    return msgspec.json.decode(path.read_bytes(), type=list[SandboxParcel]) if path.exists() else []
