"""The style guide in Chromium: accessible, readable, within the screen, in both colour schemes and in print."""

from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from market.service.web.ui.components import ASSETS
from tests.service.web.ui.styleguide_pages import PAGES, page
from tests.support.accessibility import find_faults
from tests.support.chromium import start_chromium

pytestmark = pytest.mark.long

SMALL_TEXT = """
() => Array.from(document.querySelectorAll('body *')).filter((el) => {
  const own = Array.from(el.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim());
  return own && !el.closest('svg, .defs') && parseFloat(getComputedStyle(el).fontSize) < 18;
}).map((el) => el.outerHTML.slice(0, 80))
"""
SMALL_TARGETS = """
() => Array.from(document.querySelectorAll(
  'a, button, summary, input:not([type=hidden]), select, textarea',
)).filter((el) => {
  if (!el.getClientRects().length) return false;
  if (el.matches('.skip') || el.closest('p, dd') && el.matches('a:not([class])')) return false;
  const box = (el.closest('label') || el).getBoundingClientRect();
  return box.height < 48 || box.width < 48;
}).map((el) => el.outerHTML.slice(0, 100))
"""

FAR_ICONS = """
() => Array.from(document.querySelectorAll('.rows .row'))
  .map((row) => ['.th > .i', 'b'].map((each) => row.querySelector(each)).map((each) => each?.getBoundingClientRect()))
  .filter(([icon]) => icon).map(([icon, words]) => words.left - icon.right)
"""


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        running = start_chromium(playwright)
        yield running
        running.close()


@pytest.fixture(scope="module")
def guide(browser: Browser) -> Page:
    """A tab in which the pages of the style guide follow one another; another costs more than a page."""
    return browser.new_page()


def show(tab: Page, html: str, *, width: int = 360, scheme: str = "light", media: str = "screen") -> None:
    tab.set_viewport_size({"width": width, "height": 740})
    tab.emulate_media(
        media="print" if media == "print" else "screen", color_scheme="dark" if scheme == "dark" else "light"
    )
    tab.set_content(html)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("mode", ["day", "night", "elder", "elder night", "print"])
def test_axe_finds_no_violations(guide: Page, name: str, mode: str) -> None:
    show(guide, page(name, elder="elder" in mode), scheme="dark" if "night" in mode else "light", media=mode)
    assert find_faults(guide, looks=mode not in {"day", "print"}) == []


def test_axe_finds_what_is_wrong_and_with_looks_only_what_depends_on_the_mode(guide: Page) -> None:
    show(guide, '<main><h1 style="color:#ccc">今天卖什么</h1><img src="data:,"></main>')
    assert {rule for rule, _ in find_faults(guide)} >= {"color-contrast", "image-alt"}
    assert [rule for rule, _ in find_faults(guide, looks=True)] == ["color-contrast"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("elder", [False, True])
def test_nothing_overflows_the_screen(guide: Page, name: str, width: int, *, elder: bool) -> None:
    show(guide, page(name, elder=elder), width=width)
    assert guide.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", PAGES)
def test_text_is_large_and_targets_can_be_hit(guide: Page, name: str) -> None:
    show(guide, page(name))
    assert (guide.evaluate(SMALL_TEXT), guide.evaluate(SMALL_TARGETS)) == ([], [])
    assert guide.evaluate(FAR_ICONS) == ([14] if name == "styleguide.html" else [])


def test_a_printed_form_fits_one_landscape_page(guide: Page, tmp_path: Path) -> None:
    show(guide, page("guide/printed_form.html"))
    guide.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    sheet = (tmp_path / "sheet.pdf").read_bytes()
    assert sheet.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 841" in sheet


FORM = """
<!DOCTYPE html><html><body><form data-draft="t" action="/sent">
<input name="price" id="price"><input name="kept" id="kept" value="server"><input type="hidden" name="h" value="1">
<label><input type="radio" name="pack" value="a" id="a">a</label>
<label><input type="radio" name="pack" value="b" id="b">b</label>
<input name="code" id="code" data-code>
<label for="photo">照片</label><input type="file" id="photo" data-shrink data-keep accept="image/*">
<button id="go">go</button>
</form></body></html>
"""


def served(browser: Browser, script: str, html: str = FORM) -> Page:
    tab = browser.new_page()
    serve(tab, html, script)
    return tab


def serve(tab: Page, html: str, *scripts: str) -> None:
    """Serve and open a page with these scripts."""
    modules = "".join(
        f'<script type="module">{(ASSETS / "js" / script).read_text(encoding="utf-8")}</script>' for script in scripts
    )
    text = html.replace("</body>", f"{modules}</body>")
    tab.unroute_all()
    tab.route("**/*", lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    tab.goto("http://market.invalid/form")


def test_a_draft_wins_over_what_the_server_filled_in_and_leaves_the_rest(browser: Browser) -> None:
    tab = served(browser, "draft.js")
    tab.fill("#kept", "typed")
    tab.check("#b")
    serve(tab, FORM.replace('id="price"', 'id="price" value="45"').replace('id="a"', 'id="a" checked'), "draft.js")
    assert tab.input_value("#price") == "45"
    assert tab.input_value("#kept") == "typed"
    assert tab.is_checked("#b")
    tab.close()


def test_a_draft_belongs_to_one_account(browser: Browser) -> None:
    tab = browser.new_page()
    serve(tab, FORM.replace("<body>", '<body data-owner="one">'), "draft.js")
    tab.fill("#price", "39")
    serve(tab, FORM.replace("<body>", '<body data-owner="two">'), "taken.js", "draft.js")
    assert tab.input_value("#price") == ""
    assert tab.evaluate("Object.keys(localStorage)") == []
    tab.close()


@pytest.mark.parametrize(("cookie", "kept"), [("t", ""), ("*", ""), ("other", "39")])
def test_a_draft_is_deleted_once_its_form_was_taken_or_its_owner_signed_out(
    browser: Browser, cookie: str, kept: str
) -> None:
    tab = browser.new_page()
    page = FORM.replace("<body>", '<body data-owner="one">')
    serve(tab, page, "draft.js")
    tab.fill("#price", "39")
    tab.evaluate(f"document.cookie = 'drafts={cookie}; path=/'")
    # The page that the form led to has no form of its own.
    serve(tab, '<!DOCTYPE html><html><body data-owner="one"></body></html>', "taken.js")
    assert tab.evaluate("document.cookie") == "", "the next form that is taken, in another tab, would replace it"
    serve(tab, page, "draft.js")
    assert tab.input_value("#price") == kept
    assert tab.evaluate("document.cookie") == ""
    tab.close()


def test_a_form_sends_the_name_of_its_draft(browser: Browser) -> None:
    tab = served(browser, "draft.js")
    assert tab.evaluate("new FormData(document.forms[0]).get('draft')") == "t"
    tab.close()


def test_a_chosen_photo_is_shown_and_stays_in_the_draft(browser: Browser, tmp_path: Path) -> None:
    photo = tmp_path / "millet.jpg"
    Image.effect_noise((300, 200), 60).save(photo)
    tab = browser.new_page()
    serve(tab, FORM, "draft.js", "photo.js")
    tab.set_input_files("#photo", photo)
    tab.wait_for_function("document.querySelector('img.shot') && localStorage['draft::t#photo']")
    serve(tab, FORM, "draft.js", "photo.js")
    assert tab.evaluate("document.querySelector('#photo').files[0].name") == "millet.jpg"
    assert tab.evaluate("document.querySelector('#photo').files[0].size") == photo.stat().st_size
    tab.wait_for_function("document.querySelector('img.shot').naturalWidth === 300")
    tab.close()


def test_a_photo_of_a_certificate_is_in_no_draft(browser: Browser, tmp_path: Path) -> None:
    photo = tmp_path / "card.jpg"
    Image.effect_noise((300, 200), 60).save(photo)
    tab = browser.new_page()
    serve(tab, FORM.replace(" data-keep", ""), "draft.js", "photo.js")
    tab.set_input_files("#photo", photo)
    tab.wait_for_function("document.querySelector('img.shot')")
    assert tab.evaluate("Object.keys(localStorage).filter((key) => key.endsWith('#photo'))") == []
    tab.close()


def test_a_form_sent_offline_is_kept_and_sent_once_the_network_returns(browser: Browser) -> None:
    other = '<button name="do" value="voucher">voucher</button><button id="go">'
    html = FORM.replace('<button id="go">', other).replace("<form", '<form method="post"')
    plain = (
        '<form method="post" action="/plain"><textarea name="text"></textarea>'
        '<button name="do" value="a" id="a1">a</button></form></body>'
    )
    tab = browser.new_page()
    serve(tab, html.replace("</body>", plain), "draft.js", "offline.js")
    tab.fill("#price", "39")
    tab.context.set_offline(offline=True)
    tab.click("#go")
    assert tab.inner_text("[data-offline]") == "现在没有网。填的都存在手机里，有网了自己交上去。"
    assert tab.evaluate("JSON.parse(localStorage['draft::t']).typed.price") == "39"
    with tab.expect_request("**/sent") as sent:
        tab.context.set_offline(offline=False)
    assert sent.value.post_data is not None
    assert "price=39" in sent.value.post_data
    assert "do=voucher" not in sent.value.post_data, "the button that was pressed is pressed again"
    # A form that keeps nothing stays on its page too, instead of the browser's own page.
    serve(tab, html.replace("</body>", plain), "draft.js", "offline.js")
    tab.fill("textarea", "答复")
    tab.context.set_offline(offline=True)
    tab.click("#a1")
    assert tab.inner_text("[data-offline]") == "现在没有网。还没交上去，这一页别关，有网了自己交上去。"
    assert (tab.url, tab.input_value("textarea")) == ("http://market.invalid/form", "答复")
    with tab.expect_request("**/plain") as sent:
        tab.context.set_offline(offline=False)
    assert "do=a" in (sent.value.post_data or "")
    tab.close()


@pytest.mark.parametrize(("again", "times"), [("", 1), (" data-again", 2)])
def test_a_form_that_is_pressed_twice_is_sent_once(browser: Browser, again: str, times: int) -> None:
    """Except one whose every press counts."""
    form = f'<form method="post" action="/slow"{again}><input name="text"><button>go</button></form>'
    tab = browser.new_page()
    serve(tab, f"<!DOCTYPE html><html><body>{form}</body></html>", "offline.js")
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.method))
    # An answer without a page leaves the form where it is, as a slow one does.
    tab.route("**/slow", lambda route: route.fulfill(status=204))
    press = "const button = document.querySelector('button'); button.click(); setTimeout(() => button.click(), 50);"
    tab.evaluate(f"() => {{ {press} }}")
    tab.wait_for_timeout(300)
    assert sent == ["POST"] * times
    told = tab.locator("[data-offline]").all_inner_texts()
    assert told == (["正在交，不用再按。"] if times == 1 else [])
    # What is corrected meanwhile is sent.
    tab.evaluate("document.querySelector('[name=text]').dispatchEvent(new Event('input', { bubbles: true }))")
    tab.evaluate("document.querySelector('button').click()")
    tab.wait_for_timeout(300)
    assert len(sent) == times + 1
    tab.close()


DESK = """
<!DOCTYPE html><html><body data-owner="{owner}">
<form method="post" action="/other"><input name="text"></form>
<form method="post" action="/desk/save"><textarea name="text"></textarea>
<input type="hidden" name="key" value="{owner}">
<input type="radio" name="act" value="a"><input type="radio" name="act" value="b" id="b"><button>go</button></form>
<script type="module">{script}</script></body></html>
"""
SIGNED_OUT = '<!DOCTYPE html><html><body><a data-signed-out>in</a><script type="module">{script}</script></body></html>'


@pytest.mark.parametrize(
    ("ended", "owner", "page", "kept"),
    [
        (True, "one", "/desk?county=1", "不同意，因为……"),
        (False, "one", "/desk?county=1", ""),
        (True, "two", "/desk?county=1", ""),
        (True, "one", "/desk?county=2", ""),
    ],
)
def test_what_was_typed_when_the_session_had_ended_is_there_after_signing_in(
    browser: Browser, ended: bool, owner: str, page: str, kept: str
) -> None:
    """For the same person on the same page, and once."""
    script = (ASSETS / "js" / "typed.js").read_text(encoding="utf-8")
    shown = {"owner": "one", "answer": (SIGNED_OUT if ended else DESK).replace("{script}", script)}

    def answer(route: Route) -> None:
        page = DESK.replace("{script}", script) if route.request.method == "GET" else shown["answer"]
        route.fulfill(body=page.replace("{owner}", shown["owner"]), content_type="text/html; charset=utf-8")

    tab = browser.new_page()
    tab.route("**/*", answer)
    tab.goto("http://market.invalid/desk?county=1")
    tab.fill("textarea", "不同意，因为……")
    tab.check("#b")
    tab.click("button")
    tab.wait_for_url("**/desk/save")
    shown["owner"] = owner
    tab.goto(f"http://market.invalid{page}")
    assert (tab.input_value("textarea"), tab.is_checked("#b")) == (kept, bool(kept))
    assert tab.get_by_role("status").all_inner_texts() == (["登录前写的填回来了，看一遍再交。"] if kept else [])
    tab.goto("http://market.invalid/desk?county=1")
    assert tab.input_value("textarea") == ""
    tab.close()


def test_a_pasted_message_fills_in_its_code_and_focuses_the_button(browser: Browser) -> None:
    tab = served(browser, "code.js")
    tab.evaluate(
        """() => {
          const held = new DataTransfer();
          held.setData('text', '【乡集】验证码 482 913，5 分钟内有效');
          const event = new ClipboardEvent('paste', { clipboardData: held, bubbles: true, cancelable: true });
          document.getElementById('code').dispatchEvent(event);
        }"""
    )
    assert tab.input_value("#code") == "482913"
    assert tab.evaluate("document.activeElement.id") == "go"
    tab.close()


def test_a_large_photo_is_shrunk_before_it_is_sent(browser: Browser, tmp_path: Path) -> None:
    noise = Image.effect_noise((2400, 1800), 60).convert("RGB")
    noise.save(tmp_path / "field.jpg", quality=95)
    assert (tmp_path / "field.jpg").stat().st_size > 1_000_000
    tab = served(browser, "photo.js")
    tab.set_input_files("#photo", tmp_path / "field.jpg")
    tab.wait_for_function("document.getElementById('photo').files[0].size <= 204800")
    kept = tab.evaluate("(({ name, type }) => [name, type])(document.getElementById('photo').files[0])")
    assert kept == ["field.jpg", "image/jpeg"]
    assert tab.is_enabled("#go")
    tab.close()


def test_a_small_photo_is_sent_unchanged(browser: Browser, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "#9C2A22").save(tmp_path / "small.png")
    tab = served(browser, "photo.js")
    tab.set_input_files("#photo", tmp_path / "small.png")
    tab.wait_for_function("!document.getElementById('go').disabled")
    assert tab.evaluate("document.getElementById('photo').files[0].name") == "small.png"
    tab.close()
