"""A strict parser of our pages: errors that a browser tolerates fail the test."""

import itertools
from html.parser import HTMLParser
from typing import NoReturn

from msgspec import Struct, field

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_SVG_TAGS = frozenset(
    [
        "svg",
        "path",
        "circle",
        "rect",
        "use",
        "g",
        "text",
        "symbol",
        "line",
        "defs",
        "pattern",
        "polygon",
        "ellipse",
        "title",
        "desc",
    ]
)
_NEEDS_LABEL = frozenset({"input", "select", "textarea"})
_UNLABELLED_TYPES = frozenset({"hidden", "submit", "button"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class Node(Struct):
    """An element with its attributes and content."""

    name: str
    attrs: dict[str, str]
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list["Node"])
    words: list[str] = field(default_factory=list[str])

    def walk(self) -> "list[Node]":
        """Return this element and its descendants, in document order."""
        found: list[Node] = [self]
        for child in self.children:
            found += child.walk()
        return found

    def all(self, name: str) -> "list[Node]":
        """Return the descendants of that name."""
        return [node for node in self.walk() if node.name == name]

    def inside(self, name: str) -> "Node | None":
        """Return the nearest ancestor of that name."""
        at = self.parent
        while at is not None and at.name != name:
            at = at.parent
        return at

    @property
    def text(self) -> str:
        """Its text, joined by spaces."""
        return " ".join(word for node in self.walk() for word in node.words)


class StrictParser(HTMLParser):
    """Builds the tree and fails on unbalanced tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("#page", {})
        self.at = self.root

    def fail(self, fault: str) -> NoReturn:
        """Fail with the line number."""
        raise AssertionError(f"line {self.getpos()[0]}: {fault}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.fail(f"<{tag}> has an attribute twice: {names}")
        node = Node(tag, {name: value if value is not None else "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Accept `<use/>`; an HTML element does not close itself."""
        if tag not in _SVG_TAGS:
            self.fail(f"<{tag}/> closes itself")
        self.handle_starttag(tag, attrs)
        self.at = self.at.parent or self.root

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost open element, and fail on any other."""
        if tag in VOID or self.at.name != tag:
            self.fail(f"</{tag}> closes <{self.at.name}>")
        self.at = self.at.parent or self.root

    def handle_data(self, data: str) -> None:
        """Add text to the open element."""
        if data.strip():
            self.at.words.append(" ".join(data.split()))


def parse_html(html: str) -> Node:
    """Parse HTML strictly.

    Raises:
        AssertionError: a tag is unbalanced, or an attribute is repeated.
    """
    reader = StrictParser()
    reader.feed(html)
    reader.close()
    if reader.at is not reader.root:
        reader.fail(f"<{reader.at.name}> is never closed")
    return reader.root


def check_markup(html: str, nonce: str) -> Node:
    """Parse HTML, check its ids, references and content security policy, and return it."""
    assert "{{" not in html, "a template tag is left"
    assert "{%" not in html, "a template tag is left"
    root = parse_html(html)
    nodes = root.walk()
    _check_ids(nodes)
    _check_policy(nodes, nonce)
    return root


def check_page(html: str, nonce: str) -> Node:
    """Parse a page, check the rules for every page, and return it."""
    assert html.startswith("<!DOCTYPE html>"), "no doctype"
    root = check_markup(html, nonce)
    nodes = root.walk()
    _check_outline(root)
    _check_fields(root)
    _check_images(nodes)
    return root


def _check_ids(nodes: list[Node]) -> None:
    ids = [node.attrs["id"] for node in nodes if "id" in node.attrs]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    assert not twice, f"repeated ids: {twice}"
    known = set(ids)
    for node in nodes:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            missing = set(node.attrs.get(name, "").split()) - known
            assert not missing, f"<{node.name} {name}> points nowhere: {missing}"
        target = node.attrs.get("href", "")
        if target.startswith("#"):
            assert target[1:] in known, f"{target} points nowhere"


def _check_policy(nodes: list[Node], nonce: str) -> None:
    for node in nodes:
        assert "style" not in node.attrs, f"<{node.name}> has an inline style"
        handlers = [name for name in node.attrs if name.startswith("on")]
        assert not handlers, f"<{node.name}> has {handlers}"
        if node.name == "style":
            assert node.attrs.get("nonce") == nonce, "a style without the page's nonce"
        if node.name == "script" and "src" not in node.attrs:
            assert node.attrs.get("nonce") == nonce, "a script without the page's nonce"


def _check_outline(root: Node) -> None:
    (page,) = root.all("html")
    assert page.attrs.get("lang") in {"zh-Hans", "en"}
    assert root.all("title")[0].text.strip(), "no title"
    assert len(root.all("main")) == 1
    levels = [int(node.name[1]) for node in root.walk() if node.name in _HEADINGS]
    assert levels.count(1) == 1, f"headings {levels}"
    assert levels[0] == 1, f"headings {levels}"
    for before, after in itertools.pairwise(levels):
        assert after <= before + 1, f"a heading jumps from h{before} to h{after}"


def _check_fields(root: Node) -> None:
    labelled = {label.attrs["for"] for label in root.all("label") if "for" in label.attrs}
    for node in root.walk():
        if node.name in _NEEDS_LABEL and node.attrs.get("type") not in _UNLABELLED_TYPES:
            named = node.attrs.get("id") in labelled or node.inside("label") or "aria-label" in node.attrs
            assert named, f"<{node.name} name={node.attrs.get('name')}> has no label"
        if node.name == "button":
            assert node.text.strip() or node.attrs.get("aria-label"), "a button has no text"
            assert node.inside("form") is not None, "a button outside a form does nothing without scripts"
        if node.name == "a":
            assert node.text.strip() or node.attrs.get("aria-label"), f"a link has no text: {node.attrs}"
    for form in root.all("form"):
        if form.attrs.get("method") == "post" and form.attrs.get("action") not in {
            "/elder",
            "/demo/band",
            "/language",
            "/currency",
        }:
            names = [node.attrs.get("name") for node in form.all("input")]
            assert names.count("csrf") == 1, f"the form to {form.attrs.get('action')} has {names.count('csrf')} tokens"


def _check_images(nodes: list[Node]) -> None:
    for node in nodes:
        if node.name == "img":
            missing = {"alt", "width", "height"} - set(node.attrs)
            assert not missing, f"<img> without {missing}"
