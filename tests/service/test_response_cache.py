"""Public responses that are kept for a moment: for whom, for how long, and how much."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar.types import HTTPScope, Message, Receive, Scope, Send

from market.service import response_cache
from market.service.response_cache import ResponseCache
from market.service.web.pages import WayBack
from market.service.web.ui.renderer import Renderer, SiteInfo, make_content_security_policy
from tests.support.app import Service, build_settings, run_service
from tests.support.make import make_product

PUBLIC = (b"cache-control", b"public, max-age=1")
REFUSAL: dict[str, Any] = {
    "status": 404, "number": 1000, "back": WayBack("/", "回首页", "没有"), "faults": [], "sign_in": "", "actor": None,
    "daily_warning": "",
}  # fmt: skip


class Origin:
    """An ASGI application that counts its requests and answers with headers and a body that tests set."""

    def __init__(self) -> None:
        self.requests = 0
        self.cookies: list[bytes | None] = []
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = [PUBLIC]
        self.chunks: list[bytes] = [b"page"]
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        self.cookies.append(dict(scope["headers"]).get(b"cookie"))
        await self.gate.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for number, chunk in enumerate(self.chunks, 1):
            await send({"type": "http.response.body", "body": chunk, "more_body": number < len(self.chunks)})


class Shared:
    """Two pages that show nothing of a person; the token of a person's forms is the cookie `session`."""

    def covers(self, path: str, cookies: Mapping[str, str]) -> bool:
        """Return whether it is one of them."""
        return path == "/list" or (path == "/goods" and "session" not in cookies)

    def get_tokens(self, scope: HTTPScope) -> tuple[bytes, bytes]:
        """Return the token of nobody, and that of the request."""
        return b"nobody", dict(scope["headers"])[b"cookie"].partition(b"session=")[2].partition(b";")[0]


class Client:
    """Asks a cache, with a clock that tests turn."""

    def __init__(self) -> None:
        self.origin = Origin()
        self.seconds = 0.0
        self.cache = ResponseCache(self.origin, seconds=1.0, shared=Shared(), read_seconds=lambda: self.seconds)

    async def get(self, path: str = "/", *, query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; `if_none_match="…"` sends If-None-Match."""
        sent: list[Message] = []
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope: Any = {
            "type": "http", "method": "GET", "path": path, "path_template": path, "query_string": query.encode(),
            "headers": raw, "state": {},
        }  # fmt: skip

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError

        await self.cache(scope, receive, send)
        answered: Any = sent[0]
        bodies: Any = sent[1:]
        found = {name.decode(): value.decode() for name, value in answered["headers"]}
        return answered["status"], found, b"".join(each["body"] for each in bodies)


async def test_a_public_response_is_kept_for_its_second_and_says_that_it_is_old() -> None:
    client = Client()
    _, first, _ = await client.get()
    client.seconds = 0.999
    status, second, body = await client.get()
    assert (status, body, client.origin.requests) == (200, b"page", 1)
    assert "age" not in first
    assert second == first | {"age": "1"}
    client.seconds = 1.0
    await client.get()
    assert client.origin.requests == 2


async def test_path_query_host_language_and_mode_each_have_their_own() -> None:
    client = Client()
    requests: list[dict[str, Any]] = [
        {},
        {"path": "/goods/1"},
        {"query": "page=2"},
        {"host": "other.test"},
        {"accept_language": "en-GB"},
        {"cookie": "elder=1"},
        {"cookie": "elder=0"},
        {"cookie": "band=0; elder=1"},
        {"cookie": "currency=USD"},
        {"cookie": "currency=EUR"},
        {"cookie": "lang=en"},
        {"cookie": "lang=zh"},
    ]
    for _ in range(2):
        for request in requests:
            await client.get(**request)
    assert client.origin.requests == len(requests)


async def test_a_validator_of_the_response_is_kept_as_it_is() -> None:
    client = Client()
    client.origin.headers = [PUBLIC, (b"etag", b'"own"')]
    for sent, status in (("", 200), ('"own"', 304), ('W/"own"', 304), ('"other"', 200)):
        found = await client.get(if_none_match=sent)
        assert (found[0], found[1]["etag"]) == (status, '"own"')
    assert client.origin.requests == 1


async def test_nothing_is_kept_of_or_for_a_person() -> None:
    client = Client()
    await client.get()
    for headers in (
        {"cookie": "session=a"},
        {"cookie": "__Host-session=a"},
        {"cookie": "elder=1; cart=a"},
        {"cookie": "visitor=a"},
        {"authorization": "Bearer a"},
        {"cookie": "elder=0; elder=1"},
    ):
        for _ in range(2):
            _, found, _ = await client.get(**headers)
            assert "age" not in found
            assert "etag" not in found
    assert client.origin.requests == 13


async def test_who_sees_a_page_as_everybody_does_is_shown_what_is_kept_with_the_own_token() -> None:
    client = Client()
    client.origin.chunks = [b'<input name="csrf" value="nobody">']
    _, first, body = await client.get("/list", cookie="elder=1; session=ann")
    assert body == b'<input name="csrf" value="ann">'
    assert client.origin.cookies == [b"elder=1"]
    _, second, body = await client.get("/list", cookie="session=bob; elder=1")
    assert body == b'<input name="csrf" value="bob">'
    _, third, body = await client.get("/list", cookie="elder=1")
    assert body == b'<input name="csrf" value="nobody">'
    assert client.origin.requests == 1
    assert [each["cache-control"] for each in (first, second, third)] == [
        "private, no-cache", "private, no-cache", "public, max-age=1",
    ]  # fmt: skip
    assert len({each["etag"] for each in (first, second, third)}) == 3
    assert ("age" in first, "age" in second, "age" in third) == (False, False, True)
    assert (await client.get("/list", cookie="elder=1; session=ann", if_none_match=first["etag"]))[0] == 304
    assert (await client.get("/list", cookie="elder=1; session=bob", if_none_match=first["etag"]))[0] == 200


async def test_a_page_for_guests_is_kept_for_a_visitor_and_not_for_who_is_signed_in() -> None:
    client = Client()
    for cookie, requests in (("visitor=a", 1), ("visitor=b", 1), ("session=c", 2), ("session=c", 3)):
        await client.get("/goods", cookie=cookie)
        assert client.origin.requests == requests, cookie
    assert client.origin.cookies == [None, b"session=c", b"session=c"]


async def test_a_person_is_answered_with_their_own_response_if_it_is_not_for_all() -> None:
    answers: list[tuple[list[tuple[bytes, bytes]], list[bytes]]] = [
        ([(b"cache-control", b"private, no-store"), (b"set-cookie", b"visitor=new")], [b"page"]),
        ([PUBLIC], [b"a", b"b"]),
    ]
    for headers, chunks in answers:
        client = Client()
        client.origin.headers, client.origin.chunks = headers, chunks
        status, found, body = await client.get("/list", cookie="session=ann")
        assert (status, body, found["cache-control"]) == (200, b"".join(chunks), headers[0][1].decode())
        assert client.origin.cookies == [None, b"session=ann"]


async def test_what_is_private_personal_or_refused_is_not_kept() -> None:
    answers: list[tuple[int, list[tuple[bytes, bytes]]]] = [
        (200, [(b"cache-control", b"private, no-store")]),
        (200, []),
        (200, [PUBLIC, (b"set-cookie", b"visitor=a")]),
        (404, [PUBLIC]),
        (303, [PUBLIC]),
    ]
    for status, headers in answers:
        client = Client()
        client.origin.status, client.origin.headers = status, headers
        await client.get()
        await client.get()
        assert client.origin.requests == 2, (status, headers)


async def test_a_streamed_or_long_response_passes_whole_and_is_not_kept() -> None:
    for chunks in ([b"a", b"b"], [b"a" * (response_cache.MAX_RESPONSE_BYTES + 1)]):
        client = Client()
        client.origin.chunks = chunks
        for _ in range(2):
            _, _, body = await client.get()
            assert body == b"".join(chunks)
        assert client.origin.requests == 2


async def test_many_at_once_make_one_request_and_share_its_answer() -> None:
    client = Client()
    client.origin.gate.clear()
    waiting = [asyncio.create_task(client.get()) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[20].cancel()
    await asyncio.sleep(0)
    client.origin.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert client.origin.requests == 1
    assert sum(not isinstance(each, BaseException) and each[2] == b"page" for each in answers) == 49


async def test_nobody_waits_for_a_response_that_is_not_for_all() -> None:
    client = Client()
    client.origin.headers = []
    client.origin.gate.clear()
    waiting = [asyncio.create_task(client.get()) for _ in range(3)]
    await asyncio.sleep(0)
    client.origin.gate.set()
    answers = await asyncio.gather(*waiting)
    assert [body for _, _, body in answers] == [b"page"] * 3
    assert client.origin.requests == 3


async def test_who_waits_for_a_visitor_that_goes_away_is_answered() -> None:
    client = Client()
    client.origin.gate.clear()
    first = asyncio.create_task(client.get())
    second = asyncio.create_task(client.get())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    client.origin.gate.set()
    _, _, body = await second
    assert body == b"page"


async def test_an_equal_page_is_not_sent_again_although_its_nonce_is_another() -> None:
    renderer = Renderer(SiteInfo())
    client = Client()

    def answer(nonce: str, title: str) -> None:
        page = renderer.page("refusal.html", REFUSAL | {"text": title}, nonce=nonce)
        etag = renderer.make_etag(page, nonce).encode()
        policy = make_content_security_policy(nonce).encode()
        client.origin.headers = [PUBLIC, (b"etag", etag), (b"content-security-policy", policy)]
        client.origin.chunks = [page]

    answer("first nonce", "没有找到。")
    _, headers, _ = await client.get()
    client.seconds = 5.0
    answer("second nonce", "没有找到。")
    status, found, body = await client.get(if_none_match=f'"other", {headers["etag"]}')
    assert (status, body, found) == (304, b"", {"cache-control": "public, max-age=1", "etag": headers["etag"]})
    client.seconds = 9.0
    answer("second nonce", "这里没有。")
    assert (await client.get(if_none_match=headers["etag"]))[0] == 200


async def test_memory_is_bounded_and_the_oldest_give_way() -> None:
    client = Client()
    client.origin.chunks = [b"a" * response_cache.MAX_RESPONSE_BYTES]
    kept = response_cache.MAX_BYTES // response_cache.MAX_RESPONSE_BYTES
    for number in range(kept + 20):
        await client.get(f"/{number}")
    requests = client.origin.requests
    await client.get(f"/{kept + 19}")
    assert client.origin.requests == requests
    await client.get("/0")
    assert client.origin.requests == requests + 1


async def test_a_changed_price_and_a_withdrawn_product_are_seen_within_the_second(
    dsn: str, folder: Any, database: Any
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=1280)
    async with run_service(build_settings(dsn, folder, keep_ms=100), works=False) as service:
        await _check_changes(service, database, product)


async def _check_changes(service: Service, database: Any, product: Any) -> None:
    async with database.connection() as conn:
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id)
    assert "12.80" in (await service.http.get(f"/goods/{number}")).text
    async with database.transaction() as conn:
        await conn.execute("UPDATE variants SET price_fen = 1390 WHERE listing_id = $1", product.listing_id)
    await asyncio.sleep(0.1)
    changed = await service.http.get(f"/goods/{number}")
    assert "13.90" in changed.text
    assert "12.80" not in changed.text
    async with database.transaction() as conn:
        await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE id = $1", product.listing_id)
    await asyncio.sleep(0.1)
    assert (await service.http.get(f"/goods/{number}")).status_code == 410
