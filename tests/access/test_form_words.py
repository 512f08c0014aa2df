"""Pages have words of people, whatever is typed into a field: no English of a program, no key names, no hashes."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from market.kernel.postgres.embedded import EmbeddedServer
from tests.access.client import AccessClient
from tests.access.conftest import FixtureDatabase, open_client
from tests.access.route_case import RouteCase
from tests.access.route_cases_pages import PAGE_CASES
from tests.support.markup import Node, parse_html

GARBAGE = "%$九"
"""Neither a number nor a day nor an id; no letter of it is Latin."""
ENDING = ("/sign-out", "/sessions", "/closing")
"""These end the sessions of those who press them."""
UNSEEN = {"script", "style", "svg", "template", "head"}
NAMES = {"CSV", "XLSX", "TXT", "ZIP", "jpg", "wangwu", "SHA", "English"}
"""What people call these themselves (auditors their SHA-256, readers of English theirs), and a name to sign in with."""
_FILE_NAME = re.compile(r"\S+\.(csv|txt|xlsx)")
_WORD = re.compile(r"[A-Za-z]{3,}|[a-z]+_[a-z]+|\w+\[\d+\]")
_HASH = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{16,}")


def list_cases(*, read: bool) -> Iterator[RouteCase]:
    for case in PAGE_CASES:
        if case.is_read is read and not any(part in case.path for part in ENDING):
            yield case


def read_shown(node: Node) -> str:
    """Return the words of a page, without those of closed parts and of those for the printer."""
    closed = node.name == "details" and "open" not in node.attrs
    if node.name in UNSEEN or closed or "onpaper" in node.attrs.get("class", ""):
        return ""
    return " ".join([*node.words, *map(read_shown, node.children)])


async def test_no_answer_to_garbage_has_words_of_programs(
    server: EmbeddedServer, fixture_database: FixtureDatabase
) -> None:
    """Every field of every form, one after the other."""
    found: dict[str, set[str]] = {}
    async with open_client(server, fixture_database) as client:
        handles = {row["handle"] for row in await client.owner.fetch("SELECT handle FROM accounts")}
        for case in list_cases(read=False):
            for field in case.form or {}:
                sent = replace(case, form={**(case.form or {}), field: GARBAGE})
                answer = await client.send(sent, case.policy.acts_as, language="zh")
                if answer.headers.get("content-type", "").startswith("text/html"):
                    shown = _FILE_NAME.sub("", read_shown(parse_html(answer.text)))
                    if words := set(_WORD.findall(shown)) - NAMES - handles:
                        found[f"{case.path} {field} {answer.status_code}"] = words
    assert found == {}


async def test_no_page_shows_a_hash_outside_of_a_closed_part(read_only_client: AccessClient) -> None:
    found: dict[str, list[str]] = {}
    for case in list_cases(read=True):
        answer = await read_only_client.send(case, case.policy.acts_as)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if is_page and (hashes := _HASH.findall(read_shown(parse_html(answer.text)))):
            found[case.path] = hashes
    assert found == {}
