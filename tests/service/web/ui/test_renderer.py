import gzip
import re
from pathlib import Path

import pytest
from minijinja import Environment, TemplateError

from market.service.web.ui import components
from market.service.web.ui.renderer import SITE_LINKS, TEMPLATES, Renderer, SiteInfo, make_content_security_policy
from tests.service.web.ui.styleguide_pages import PAGES, RENDERER, page
from tests.support.markup import check_markup

TYPICAL = ("guide/desk.html", "guide/farmer.html", "guide/home.html", "guide/printed_form.html", "guide/plain.html")
FLIGHT = 13 * 1024
"""HTML, CSS and drawings of a public page, gzip. Source: design page web.md, budgets."""


def small_renderer(folder: Path, **templates: str) -> Renderer:
    for name, text in templates.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return Renderer(SiteInfo(), folder)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("elder", [False, True])
def test_an_example_page_is_strictly_well_formed(name: str, *, elder: bool) -> None:
    check_markup(page(name, elder=elder), "n0nce")


@pytest.mark.parametrize("name", TYPICAL)
def test_a_typical_page_fits_into_the_initial_congestion_window(name: str) -> None:
    assert len(gzip.compress(page(name).encode())) <= FLIGHT


def test_a_page_inlines_only_the_components_it_uses() -> None:
    html = page("guide/plain.html")
    assert RENDERER.parts.names(components.find_classes(html)) == [
        "tokens",
        "base",
        "top",
        "btn",
        "fld",
        "note",
        "foot",
        "plain",
    ]
    style = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    assert len(style) == 1
    assert ".narrow{" in style[0]
    assert ".goods{" not in style[0]
    assert "/*" not in style[0]


def test_a_page_inlines_only_the_symbols_it_uses_each_once() -> None:
    html = page("guide/farmer.html")
    assert re.findall(r'<symbol id="([^"]+)"', html) == [
        "i-logo",
        "i-home",
        "i-truck",
        "i-grid",
        "i-me",
        "i-right",
        "i-down",
        "p-parcel",
        "p-millet",
        "p-phone",
        "p-egg",
        "i-print",
        "i-tel",
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_class_of_a_page_belongs_to_a_component_it_inlines(name: str) -> None:
    html = page(name)
    used = components.find_classes(html)
    css = RENDERER.parts.styles(used)
    styled = set(re.findall(r"\.([a-z][a-z0-9]*)", css))
    # `always` belongs to the renderer; the other two classes have no rules of their own.
    assert used - styled - {"always", "paper", "tabbed"} == set()


def test_the_style_element_carries_the_nonce_of_the_policy() -> None:
    html = page("styleguide.html")
    assert re.findall(r"<style[^>]*>", html) == ['<style nonce="n0nce">']
    assert "style-src 'nonce-n0nce'" in make_content_security_policy("n0nce")
    assert "'unsafe-inline'" not in make_content_security_policy("n0nce")
    assert "form-action 'self' https://pay.example;" in make_content_security_policy("n0nce", ("https://pay.example",))


def test_elder_mode_is_a_class_and_the_switch_redirects_back() -> None:
    assert '<body class="tabbed elder">' in page("styleguide.html", elder=True)
    assert '<body class="tabbed">' in page("styleguide.html")
    switch = '<input type="hidden" name="to" value="/styleguide"><button name="elder" value="1">长辈版</button>'
    assert switch in page("styleguide.html")
    assert '<button name="elder" value="0">标准版</button>' in page("styleguide.html", elder=True)


def test_a_layout_is_in_the_language_of_the_page() -> None:
    html = page("styleguide.html", lang="en")
    assert '<html lang="en">' in html
    assert "Skip to content" in html
    assert "跳到正文" not in html


def test_the_sample_data_banner_is_shown_only_in_the_demo() -> None:
    demo = page("guide/plain.html")
    live = Renderer(SiteInfo()).page("guide/plain.html", {}, nonce="n").decode()
    hidden = Renderer(SiteInfo(demo=True)).page("guide/plain.html", {}, nonce="n", band=False).decode()
    link = f'href="{SITE_LINKS.demo_people}"'
    assert [link in html for html in (demo, live, hidden)] == [True, False, False]
    assert "（样例）" not in live


def test_farm_pages_warn_of_fraud_and_show_a_contact() -> None:
    html = page("guide/farmer.html")
    assert "补贴不收费、不要验证码、不用转账；有疑问拨 96110。" in html
    assert 'href="tel:' in html


def test_a_plain_page_asks_for_a_code_and_does_not_say_that_none_is_needed() -> None:
    html = page("guide/plain.html")
    assert "不要验证码" not in html
    assert 'href="tel:' in html


def test_user_input_is_escaped(tmp_path: Path) -> None:
    renderer = small_renderer(tmp_path, page="<p>{{ name }}</p><!--styles--><!--symbols-->")
    html = renderer.page("page.html", {"name": "<!--styles--><b>&"}, nonce="n").decode()
    assert html.startswith("<p>&lt;!--styles--&gt;&lt;b&gt;&amp;</p>")


def test_a_slash_is_printed_as_it_is_and_typed_escapes_stay_what_was_typed(tmp_path: Path) -> None:
    renderer = small_renderer(tmp_path, page='<a href="{{ path }}">{{ typed }}</a>')
    html = renderer.page("page.html", {"path": "/goods/1", "typed": "&#x2f;'/\""}, nonce="n").decode()
    assert html == '<a href="/goods/1">&amp;#x2f;&#x27;/&quot;</a>'


def test_without_the_guard_of_the_tests_values_are_printed_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Renderer, "refuses_none", False)
    renderer = small_renderer(tmp_path, page='<a href="{{ path }}">{{ n }}{{ name }}</a>')
    html = renderer.page("page.html", {"path": "/a?b=1&c=2", "n": 3, "name": "<b>"}, nonce="n").decode()
    assert html == '<a href="/a?b=1&amp;c=2">3&lt;b&gt;</a>'


def test_an_undefined_name_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="undefined"):
        small_renderer(tmp_path, page="{{ nobody }}").page("page.html", {}, nonce="n")


def test_none_is_never_printed(tmp_path: Path) -> None:
    renderer = small_renderer(tmp_path, page="{{ name }}")
    with pytest.raises(ValueError, match="print None"):
        renderer.page("page.html", {"name": None}, nonce="n")


def test_a_symbol_that_does_not_exist_fails_the_page(tmp_path: Path) -> None:
    renderer = small_renderer(tmp_path, page='<svg><use href="#p-nothing"/></svg>')
    with pytest.raises(AssertionError, match="p-nothing"):
        renderer.page("page.html", {}, nonce="n")


def test_templates_outside_the_folder_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret", encoding="utf-8")
    inner = tmp_path / "templates"
    inner.mkdir()
    renderer = small_renderer(inner, page='{% include "../secret.html" %}')
    with pytest.raises(TemplateError, match="not"):
        renderer.page("page.html", {}, nonce="n")


def test_a_static_file_is_named_by_its_content() -> None:
    url = RENDERER.url("draft.js")
    assert re.fullmatch(r"/static/draft-[0-9a-f]{10}\.js", url)
    file = RENDERER.static[url]
    assert file.media_type == "text/javascript; charset=utf-8"
    assert file.content == (components.ASSETS / "js" / "draft.js").read_bytes()
    assert RENDERER.static[RENDERER.url("mark.svg")].media_type == "image/svg+xml"
    with pytest.raises(KeyError):
        RENDERER.url("nothing.js")


def test_the_scripts_of_a_page_fit_their_budget() -> None:
    """Those of its template and of the layouts that it extends; the gate's page also has a worker."""
    sizes = {
        re.sub(r"-[0-9a-f]{10}\.js$", "", url.removeprefix("/static/")): len(gzip.compress(file.content))
        for url, file in RENDERER.static.items()
        if url.endswith(".js")
    }
    pages = {str(path.relative_to(TEMPLATES)): list_scripts(path) for path in TEMPLATES.rglob("*.html")}
    assert set().union(*pages.values()) == sizes.keys() - {"gate-worker"}
    heavy = {name: scripts for name, scripts in pages.items() if sum(sizes[each] for each in scripts) > 5 * 1024}
    assert heavy == {}
    assert sizes["gate"] + sizes["gate-worker"] <= 5 * 1024


def list_scripts(path: Path) -> set[str]:
    """Return the scripts of a template and of its layouts."""
    text = path.read_text(encoding="utf-8")
    layout = re.search(r'{% extends "([^"]+)" %}', text)
    above = list_scripts(TEMPLATES / layout[1]) if layout else set[str]()
    return above | set(re.findall(r"static\('([a-z-]+)\.js'\)", text))


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_every_template_compiles_and_contains_no_inline_style_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    filters = dict.fromkeys(re.findall(r"\|\s*([a-z_]+)", text), str)
    Environment(templates={path.name: text}, filters=filters).undeclared_variables_in_template(path.name)
    assert re.findall(r"\sstyle=|\son[a-z]+=|javascript:", text) == []


UNKEPT = {
    "shop/grievance.html": "a phone that several people use keeps no grievance of one of them",
    "shop/grievance_answer.html": "the same",
    "shop/objection.html": "the same",
    "shop/village_notice.html": "the same",
    "farm/nights.html": "name and phone of a guest",
    "farm/guest_register.html": "documents of guests",
    "farm/listing.html": "a count or price of days ago would stand over what is left now",
    "shop/activity.html": "two small numbers, chosen anew for another day",
}
"""Forms that a phone does not keep, and why."""


@pytest.mark.parametrize("folder", ["farm", "shop", "account"])
def test_forms_in_which_sellers_and_buyers_write_keep_what_was_typed(folder: str) -> None:
    forgetful: list[str] = []
    for path in sorted((TEMPLATES / folder).glob("*.html")):
        name, text = f"{folder}/{path.name}", path.read_text(encoding="utf-8")
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
            written = len(re.findall(r"\{\{ area\(|<textarea", form)) * 2 + len(re.findall(r"\{\{ text\(", form))
            head = form.partition("{{ keyed")[0].partition("<input")[0]
            if 'method="post"' in head and written >= 2 and "data-draft" not in head and name not in UNKEPT:
                forgetful.append(f"{name}: {head[:90]}")
        assert "data-draft" not in text or "draft.js" in text, name
    assert forgetful == []


def test_the_draft_of_a_form_about_one_thing_names_it() -> None:
    """What was typed about one thing must not be filled in for another."""
    found = [
        f"{path.name}: {tag}"
        for path in TEMPLATES.rglob("*.html")
        for tag in re.findall(r"<form[^>]*>", path.read_text(encoding="utf-8"))
        if re.search(r'action="[^"?]*\{\{ [a-z]', tag) and re.search(r'data-draft="[^{"]*"', tag)
    ]
    assert found == []


def test_a_browser_cuts_no_long_number_that_is_written_with_gaps() -> None:
    """It cuts a pasted `130624 19900303 9917` without a word, and what is left is refused as wrong."""
    found = [
        f"{path.name}: {field}"
        for path in TEMPLATES.rglob("*.html")
        for field in re.findall(r'(?:text\("|name=")(?:identity|credit_code)[^>}]*\}', path.read_text(encoding="utf-8"))
        for length in re.findall(r'maxlength="?(\d+)', field)
        if int(length) < 24
    ]
    assert found == []
