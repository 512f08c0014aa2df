import re
from pathlib import Path

import pytest

from market.service.web.ui.components import ASSETS, ORDER, find_classes, find_symbols, load_components, make_symbol

LATER_CSS = (
    r":has\(", r":is\(", r":where\(", r":focus-visible", r"@layer", r"@container", r"@property", r"@supports",
    r"\binset:", r"\bclamp\(", r"\bmin\(", r"\bmax\(", r"aspect-ratio", r"accent-color", r"(?<!grid-)(?<!\.)\bgap:",
    r"(margin|padding|inset|border)-(inline|block):", r"&", r"color-mix", r"place-(items|content|self):",
)  # fmt: skip
"""CSS that Chrome 78 does not support, or only in grid. Source: caniuse tables of Chrome 79 and later."""
LATER_JS = (
    r"\?\.",
    r"\?\?",
    r"\|\|=",
    r"&&=",
    r"replaceAll",
    r"\.at\(",
    r"#[a-z]+\b\s*[=(;]",
    r"allSettled",
    r"structuredClone",
)


def test_classes_and_symbols_are_found_in_html() -> None:
    html = '<p class="a b"><svg class="i"><use href="#i-tel"/></svg><svg><use href="#p-egg"/><use href="#i-tel"/></svg>'
    assert find_classes(html) == {"always", "a", "b", "i"}
    assert find_symbols(html) == ["i-tel", "p-egg"]


def test_components_come_in_the_order_of_the_cascade() -> None:
    loaded = load_components()
    assert [part.name for part in loaded.components] == list(ORDER)
    assert loaded.names(frozenset(("always", "note", "acc"))) == ["tokens", "base", "acc", "note"]
    assert loaded.styles(frozenset()) == ""


def test_a_file_becomes_a_symbol_of_its_name() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">\n<path d="M0 0"/>\n</svg>\n'
    assert make_symbol("i-x", svg) == '<symbol id="i-x" viewBox="0 0 24 24"><path d="M0 0"/></symbol>'
    with pytest.raises(ValueError, match="i-x: not an SVG file"):
        make_symbol("i-x", "<p>")


def test_a_component_out_of_order_or_without_classes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    with pytest.raises(ValueError, match="order differ"):
        load_components(tmp_path)
    for name in ORDER:
        (tmp_path / "css" / f"{name}.css").write_text("p{}", encoding="utf-8")
    with pytest.raises(ValueError, match="does not begin with its classes"):
        load_components(tmp_path)


@pytest.mark.parametrize("path", sorted((ASSETS / "css").glob("*.css")), ids=lambda path: path.stem)
def test_a_component_is_written_for_chrome_78(path: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [word for word in LATER_CSS if re.search(word, css)] == []
    assert css.count("{") == css.count("}")
    assert "url(" not in css.replace("url(#hatch)", "")


@pytest.mark.parametrize("path", sorted((ASSETS / "css").glob("*.css")), ids=lambda path: path.stem)
def test_a_component_styles_the_classes_that_include_it(path: Path) -> None:
    css = path.read_text(encoding="utf-8")
    first = css.split("\n", 1)[0].removeprefix("/* for: ").removesuffix(" */").split()
    rules = css.split("\n", 1)[1]
    assert [name for name in first if name not in {"always", "land"} and not re.search(rf"\.{name}\b", rules)] == []


@pytest.mark.parametrize("path", sorted((ASSETS / "js").glob("*.js")), ids=lambda path: path.stem)
def test_a_script_is_written_for_chrome_78(path: Path) -> None:
    script = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert [word for word in LATER_JS if re.search(word, script)] == []
