"""A visitor who reads English: pages and refusals are searched for Chinese that is no name or text of a seller."""

import re
from typing import Any

from market.service.web.ui.translate_template import HAN
from tests.support.browser import LoadedPage, PageClient
from tests.support.markup import Node

_SHOWN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "content")
NAMES = """
SELECT string_agg(name, E'\n') FROM (
    SELECT name FROM divisions UNION SELECT rtrim(name, '市') FROM divisions WHERE level = 2
    UNION SELECT title FROM listings UNION SELECT name FROM producers
    UNION SELECT unit FROM variants UNION SELECT story FROM listings UNION SELECT name FROM accounts
    UNION SELECT source FROM rates UNION SELECT basis FROM channel_counties UNION SELECT name FROM coupons
    UNION SELECT title FROM packages UNION SELECT story FROM packages UNION SELECT name FROM pickup_points
) AS data (name)
WHERE name <> ''
"""
"""What stays Chinese on a page in English."""


class EnglishReader:
    """A client that sends Accept-Language: en, and notes what is left of Chinese on each page in `found`."""

    def __init__(self, client: PageClient, names: str) -> None:
        self.client = client
        self.found: list[str] = []
        data = sorted({each for each in names.split("\n") if len(each) > 1}, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, data)))
        client.client.headers["Accept-Language"] = "en-GB,en;q=0.9"

    async def open(self, path: str, *, status: int = 200) -> LoadedPage:
        """Open a page, which must be in English."""
        return self._check(path, await self.client.open(path, status=status))

    async def submit(self, action: str, **values: Any) -> LoadedPage:
        """Submit a form as `PageClient.submit` does; what answers must be in English."""
        return self._check(f"POST {action}", await self.client.submit(action, **values))

    def _check(self, about: str, seen: LoadedPage) -> LoadedPage:
        assert seen.root.all("html")[0].attrs["lang"] == "en", about
        self._walk(about, seen.root)
        return seen

    def _walk(self, about: str, node: Node) -> None:
        for name in _SHOWN_ATTRIBUTES:
            self._look(about, node.attrs.get(name, ""))
        if node.attrs.get("lang") == "zh-Hans" or node.name in {"script", "style"}:
            return
        for words in node.words:
            self._look(about, words)
        for child in node.children:
            self._walk(about, child)

    def _look(self, about: str, words: str) -> None:
        if HAN.search(words) and HAN.search(self._names.sub("", words)):
            self.found.append(f"{about}: {words.strip()}")
