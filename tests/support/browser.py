"""A browser without scripts: it opens pages, submits forms, and checks every page strictly."""

import gzip
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from msgspec import Struct

from market.service.web.cookies import DRAFTS_COOKIE
from tests.support.markup import Node, check_page

ORIGIN = "http://market.test"
MAX_PAGE_BYTES = 13 * 1024
"""HTML with its CSS, compressed. Source: web.md, Budgets."""
FORBIDDEN = ("贫困户", "脱贫户", "监测户", "扶贫", "献爱心", "爱心价", "滞销", "卖惨")
"""Source: words.md: never on a page for farmers, buyers or couriers."""
UNPROCESSABLE = 422
TASK_LOOKS = 30
"""How often the page of a task is opened again."""
_NONCE = re.compile(r"'nonce-([^']+)'")


class LoadedPage(Struct, frozen=True):
    """A loaded page."""

    status: int
    path: str
    html: str
    root: Node
    headers: dict[str, str]
    hops: int

    @property
    def text(self) -> str:
        """The text of the page's main element."""
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
        """The links to this site."""
        found = [node.attrs.get("href", "") for node in self.root.all("a")]
        return [each for each in found if each.startswith("/")]

    def form(self, action: str, names: set[str] | None = None) -> Node:
        """Return the form that submits to the path `action` and has fields of these names."""
        fitting = [
            each
            for each in self.root.all("form")
            if each.attrs.get("action", "").split("#")[0].split("?")[0] == action
            and (names or set()) <= {node.attrs.get("name", "") for node in each.walk()}
        ]
        assert fitting, f"no form to {action} on {self.path}: {self.text[:400]}"
        return fitting[0]


def read_form_values(form: Node) -> list[tuple[str, str]]:
    """Return the values that a form submits unchanged."""
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


class PageClient:
    """A visitor with cookies, but without scripts."""

    def __init__(self, app: Any) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=ORIGIN, follow_redirects=False
        )
        self.page: LoadedPage | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    @property
    def current(self) -> LoadedPage:
        """The current page."""
        assert self.page is not None, "no page is open"
        return self.page

    async def open(self, path: str, *, status: int = 200) -> LoadedPage:
        """Open a path and follow its redirects."""
        return await self._follow(await self.client.get(path), status)

    async def wait_for_task(self, page: LoadedPage) -> LoadedPage:
        """Open the page of a task again until it has its result; each time the service waits some seconds."""
        for _ in range(TASK_LOOKS):
            if not any("data-live" in node.attrs for node in page.root.walk()):
                break
            page = await self.open(page.path)
        return page

    async def submit(
        self, action: str, *, typed: Mapping[str, str] | None = None, status: int | None = 200,
        press: tuple[str, str] | None = None, files: dict[str, tuple[str, bytes, str]] | None = None,
        ticked: Mapping[str, Sequence[str]] | None = None, **values: str,
    ) -> LoadedPage:  # fmt: skip
        """Fill in and submit the form to `action`; `press` is the (name, value) of the button, `ticked` the boxes.

        With None as the status every answer is returned.
        """
        values, ticked = {**(typed or {}), **values}, ticked or {}
        form = self.current.form(action, set(values) | set(ticked) | ({press[0]} if press else set()))
        sent = [(name, value) for name, value in read_form_values(form) if name not in values and name not in ticked]
        sent += list(values.items())
        sent += [(name, value) for name, boxes in ticked.items() for value in boxes]
        if press is not None:
            assert press in {(n.attrs.get("name"), n.attrs.get("value")) for n in form.all("button")}, press
            sent.append(press)
        target = form.attrs.get("action") or self.current.path
        if form.attrs.get("method") != "post":
            return await self._follow(
                await self.client.get(target.split("#")[0], params=httpx.QueryParams(urlencode(sent))), status
            )
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        draft = form.attrs.get("data-draft")
        sent += [("draft", draft)] if draft else []
        body: dict[str, list[str]] = {}
        for name, value in sent:
            body.setdefault(name, []).append(value)
        if form.attrs.get("enctype") == "multipart/form-data":
            parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in sent]
            parts += list((files or {}).items()) or [("photo", ("", b"", "application/octet-stream"))]
            answer = await self.client.post(target, files=parts, headers=headers)
        else:
            answer = await self.client.post(target, data=body, headers=headers)
        # What was taken is no draft any more; otherwise draft.js fills it into the next form of that name.
        # A refused checkout is shown again at another address.
        if draft and answer.is_redirect and not answer.headers["location"].startswith(("/checkout?again=1", "/cart")):
            assert answer.cookies.get(DRAFTS_COOKIE) == draft, f"{target} took the draft {draft} and does not end it"
        return await self._follow(answer, status)

    async def _follow(self, answer: httpx.Response, status: int | None) -> LoadedPage:
        hops = 0
        while answer.status_code in {302, 303, 307}:
            assert hops < 5, "too many redirects"
            assert "cache-control" in answer.headers
            where = urljoin(str(answer.url), answer.headers["location"])
            if urlsplit(where).netloc != urlsplit(ORIGIN).netloc:
                raise LeftSiteError(where)
            answer = await self.client.get(where)
            hops += 1
        path = str(answer.url.raw_path, "ascii")
        assert status in {None, answer.status_code}, f"{path} answered {answer.status_code}: {answer.text[-900:]}"
        self.page = parse_page(answer, path, hops)
        return self.page


class LeftSiteError(Exception):
    """A page redirected to another site, such as the payment provider's."""

    @property
    def where(self) -> str:
        """The target of the redirect."""
        return str(self.args[0])


def parse_page(answer: httpx.Response, path: str, hops: int = 0) -> LoadedPage:
    """Parse a response strictly and check the rules for every page."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-type"] == "text/html; charset=utf-8", headers["content-type"]
    assert "cache-control" in headers, f"{path} has no cache-control"
    assert headers["x-content-type-options"] == "nosniff"
    match = _NONCE.search(headers["content-security-policy"])
    assert match is not None
    try:
        root = check_page(answer.text, match[1])
    except AssertionError as fault:
        raise AssertionError(f"{path}: {fault}") from fault
    if "set-cookie" in headers:
        assert headers["cache-control"] == "private, no-store", f"{path} sets a cookie on a cacheable page"
    seen = LoadedPage(answer.status_code, path, answer.text, root, headers, hops)
    # The quickest compression leaves more, and is enough for nearly all.
    is_light = len(gzip.compress(answer.content, 1)) <= MAX_PAGE_BYTES or seen.weight <= MAX_PAGE_BYTES
    assert is_light, f"{path} weighs {seen.weight} bytes"
    # A refused form repeats what was typed, so it may contain such a word.
    forbidden = [word for word in FORBIDDEN if word in answer.text]
    # At the desk divisions keep their real names (天生桥镇易地扶贫搬迁安置区社区) and forms the words of the policy.
    allowed = answer.status_code == UNPROCESSABLE or path.startswith("/desk")
    assert not forbidden or allowed, f"{path} contains {forbidden}"
    return seen
