"""Someone who walks through our pages without scripts: opens them, fills forms, and reads strictly all along."""

import gzip
import re
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from msgspec import Struct

from tests.web.pages.strict import Node, check

ORIGIN = "http://market.test"
FIRST_FLIGHT = 13 * 1024
"""HTML with its CSS, compressed. Source: web.md, Budgets."""
FORBIDDEN = ("贫困户", "脱贫户", "监测户", "扶贫", "献爱心", "爱心价", "滞销", "卖惨")
"""Source: words.md: never anywhere a farmer, a buyer or a courier can see."""
REFUSED_FORM = 422
_NONCE = re.compile(r"'nonce-([^']+)'")


class Seen(Struct, frozen=True):
    """A page that was read."""

    status: int
    path: str
    html: str
    root: Node
    headers: dict[str, str]
    hops: int

    @property
    def text(self) -> str:
        """The words of the page's main part."""
        return self.root.all("main")[0].text

    @property
    def heading(self) -> str:
        """The page's first heading."""
        return self.root.all("h1")[0].text

    @property
    def weight(self) -> int:
        """Bytes of HTML with CSS and drawings, compressed."""
        return len(gzip.compress(self.html.encode()))

    def links(self) -> list[str]:
        """Where the page leads on this site."""
        found = [node.attrs.get("href", "") for node in self.root.all("a")]
        return [each for each in found if each.startswith("/")]

    def form(self, action: str, names: set[str] | None = None) -> Node:
        """Return the form that sends to `action`, an address without its query, and has fields of these names."""
        fitting = [
            each
            for each in self.root.all("form")
            if each.attrs.get("action", "").split("#")[0].split("?")[0] == action
            and (names or set()) <= {node.attrs.get("name", "") for node in each.walk()}
        ]
        assert fitting, f"no form to {action} on {self.path}: {self.text[:400]}"
        return fitting[0]


def filled(form: Node) -> list[tuple[str, str]]:
    """Return what a form sends as it stands."""
    sent: list[tuple[str, str]] = []
    for node in form.walk():
        name = node.attrs.get("name")
        if not name:
            continue
        if node.name == "textarea":
            sent.append((name, node.text))
        elif node.name == "select":
            options = node.all("option")
            chosen = next((each for each in options if "selected" in each.attrs), options[0])
            sent.append((name, chosen.attrs.get("value", "")))
        elif node.name == "input" and node.attrs.get("type") in {"radio", "checkbox"}:
            if "checked" in node.attrs:
                sent.append((name, node.attrs.get("value", "on")))
        elif node.name == "input" and node.attrs.get("type") != "file":
            sent.append((name, node.attrs.get("value", "")))
    return sent


class Walker:
    """A visitor with a browser's memory of cookies, and no scripts."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any ASGI application
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=ORIGIN, follow_redirects=False
        )
        self.page: Seen | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    @property
    def seen(self) -> Seen:
        """The page that is open."""
        assert self.page is not None, "no page is open"
        return self.page

    async def open(self, path: str, *, status: int = 200) -> Seen:
        """Open an address and follow where it leads."""
        return await self._follow(await self.client.get(path), status)

    async def submit(
        self, action: str, *, typed: Mapping[str, str] | None = None, status: int = 200,
        press: tuple[str, str] | None = None, files: dict[str, tuple[str, bytes, str]] | None = None, **values: str,
    ) -> Seen:  # fmt: skip
        """Fill the form that sends to `action` and send it, as a browser would; `press` is a button's (name, value)."""
        values = {**(typed or {}), **values}
        form = self.seen.form(action, set(values) | ({press[0]} if press else set()))
        sent = [(name, value) for name, value in filled(form) if name not in values]
        sent += list(values.items())
        if press is not None:
            assert press in {(n.attrs.get("name"), n.attrs.get("value")) for n in form.all("button")}, press
            sent.append(press)
        target = form.attrs.get("action") or self.seen.path
        if form.attrs.get("method") != "post":
            return await self._follow(
                await self.client.get(target.split("#")[0], params=httpx.QueryParams(urlencode(sent))), status
            )
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        body: dict[str, list[str]] = {}
        for name, value in sent:
            body.setdefault(name, []).append(value)
        if form.attrs.get("enctype") == "multipart/form-data":
            parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in sent]
            parts += list((files or {}).items()) or [("photo", ("", b"", "application/octet-stream"))]
            return await self._follow(await self.client.post(target, files=parts, headers=headers), status)
        return await self._follow(await self.client.post(target, data=body, headers=headers), status)

    async def _follow(self, answer: httpx.Response, status: int) -> Seen:
        hops = 0
        while answer.status_code in {302, 303, 307}:
            assert hops < 5, "led round in a circle"
            assert "cache-control" in answer.headers
            where = urljoin(str(answer.url), answer.headers["location"])
            if urlsplit(where).netloc != urlsplit(ORIGIN).netloc:
                raise LeftTheSiteError(where)
            answer = await self.client.get(where)
            hops += 1
        path = str(answer.url.raw_path, "ascii")
        assert answer.status_code == status, f"{path} answered {answer.status_code}: {answer.text[-900:]}"
        self.page = look_at(answer, path, hops)
        return self.page


class LeftTheSiteError(Exception):
    """A page led to another site: the payment provider's."""

    @property
    def where(self) -> str:
        """The address that it led to."""
        return str(self.args[0])


def look_at(answer: httpx.Response, path: str, hops: int = 0) -> Seen:
    """Read an answer strictly and check what holds for every page."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "text/html; charset=utf-8", headers["content-type"]
    assert "cache-control" in headers, f"{path} has no caching rule"
    assert headers["x-content-type-options"] == "nosniff"
    match = _NONCE.search(headers["content-security-policy"])
    assert match is not None
    try:
        root = check(answer.text, match[1])
    except AssertionError as fault:
        raise AssertionError(f"{path}: {fault}") from fault
    if "set-cookie" in headers:
        assert headers["cache-control"] == "private, no-store", f"{path} sets a cookie on a page that is kept"
    seen = Seen(answer.status_code, path, answer.text, root, headers, hops)
    assert seen.weight <= FIRST_FLIGHT, f"{path} weighs {seen.weight} bytes"
    # What a person typed is shown again with what is wrong about it, so a refused form may hold such a word.
    said = [word for word in FORBIDDEN if word in answer.text]
    # At the desk places keep their real names (天生桥镇易地扶贫搬迁安置区社区) and forms the words of the policy.
    allowed = answer.status_code == REFUSED_FORM or path.startswith("/desk")
    assert not said or allowed, f"{path} says {said}"
    return seen
