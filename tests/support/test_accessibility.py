"""What a journey checks of a page: everything once for each path, and the contrast of each text in its surroundings."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.support.accessibility import find_new_faults
from tests.support.chromium import start_chromium

PALE = '<style>.card p { color: #ccc }</style><div class="card"><p>核桃和枣</p></div>'


@pytest.fixture(scope="module")
def tab() -> Generator[Page]:
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        yield browser.new_page()
        browser.close()


def show(tab: Page, path: str, body: str) -> None:
    """Open a page at a path."""
    html = f'<!DOCTYPE html><html lang="zh"><title>t</title><body><main><h1>t</h1>{body}</main></body></html>'
    tab.unroute_all()
    tab.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    tab.goto(f"http://market.invalid/{path}")


def find_pale(tab: Page, path: str, body: str) -> list[str]:
    """Return the elements without contrast on a page at a path."""
    show(tab, path, body)
    found = dict(find_new_faults(tab))
    assert found.keys() <= {"color-contrast"}
    return found.get("color-contrast", [])


def test_a_text_without_contrast_is_found_where_its_surroundings_are_new(tab: Page) -> None:
    assert find_pale(tab, "plain", '<div class="plain"><p>核桃和枣</p></div>') == []
    # The element is known, with contrast, in another place.
    assert find_pale(tab, "card", PALE) == ["<p>核桃和枣</p>"]
    # Elsewhere the same text in the same place says nothing new.
    assert find_pale(tab, "other", PALE) == []


def test_a_text_that_was_hidden_is_checked_once_it_shows(tab: Page) -> None:
    body = '<style>.note b { color: #ccc }</style><div class="note"><b class="now" hidden>核桃和枣</b></div>'
    assert find_pale(tab, "hidden", body) == []
    assert find_pale(tab, "shown", body.replace(" hidden", "")) == ['<b class="now">核桃和枣</b>']


def test_dark_colours_are_checked_by_themselves(tab: Page) -> None:
    body = (
        "<style>body { background: #fff } @media (prefers-color-scheme: dark) { .night { color: #eee } }</style>"
        '<p class="night">核桃和枣</p>'
    )
    assert find_pale(tab, "day", body) == []
    tab.emulate_media(color_scheme="dark")
    assert find_pale(tab, "night", body) == ['<p class="night">核桃和枣</p>']
    tab.emulate_media(color_scheme="light")


def test_every_other_fault_is_found_on_each_new_path(tab: Page) -> None:
    for path in ("one", "two"):
        show(tab, path, '<img src="data:,">')
        assert [rule for rule, _ in find_new_faults(tab)] == ["image-alt"]
