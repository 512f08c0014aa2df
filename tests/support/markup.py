"""A strict parser of our pages: errors that a browser tolerates fail the test."""

import itertools
import re
from collections import Counter
from html import unescape

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
_REFERENCES = frozenset({"aria-labelledby", "aria-describedby", "aria-controls", "for"})
_RAW = frozenset({"script", "style"})
"""Elements whose content is no markup."""
_NAME = r"[^\s\"'<>/=]+"
_VALUE = r"""\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+"""
_TAG = re.compile(rf"<(/?)([A-Za-z][\w-]*)((?:\s+{_NAME}(?:\s*=\s*(?:{_VALUE}))?)*)\s*(/?)>")
_ATTRIBUTE = re.compile(rf"({_NAME})(?:\s*=\s*({_VALUE}))?")
_UNMARKED = re.compile(r"<!--.*?-->|<!DOCTYPE html>", re.DOTALL)


class Node(Struct):
    """An element with its attributes and content."""

    name: str
    attrs: dict[str, str]
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list["Node"])
    words: list[str] = field(default_factory=list[str])

    def walk(self) -> "list[Node]":
        """Return this element and its descendants, in document order."""
        found: list[Node] = []
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += reversed(node.children)
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


class _Tree:
    """Builds the tree of a page and fails on unbalanced tags."""

    def __init__(self) -> None:
        self.root = Node("#page", {})
        self.at = self.root

    def open(self, tag: str, attributes: str) -> None:
        """Open an element."""
        read = [(name.lower(), _read_value(value)) for name, value in _ATTRIBUTE.findall(attributes)]
        attrs = dict(read)
        assert len(attrs) == len(read), f"<{tag}> has an attribute twice: {[name for name, _ in read]}"
        node = Node(tag, attrs, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def close(self, tag: str) -> None:
        """Close the innermost open element, and fail on any other."""
        assert tag not in VOID, f"</{tag}> closes nothing"
        assert self.at.name == tag, f"</{tag}> closes <{self.at.name}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def add_text(self, text: str) -> None:
        """Add text to the open element."""
        if words := text.split():
            self.at.words.append(" ".join(words))


def _read_value(written: str) -> str:
    return unescape(written[1:-1] if written[:1] in {'"', "'"} else written)


def parse_html(html: str) -> Node:
    """Parse HTML strictly.

    Raises:
        AssertionError: a tag is unbalanced or unreadable, or an attribute is repeated.
    """
    tree, at = _Tree(), 0
    try:
        while at < len(html):
            begin = html.find("<", at)
            begin = len(html) if begin < 0 else begin
            tree.add_text(unescape(html[at:begin]))
            at = begin
            if at < len(html):
                at = _parse_tag(tree, html, at)
        assert tree.at is tree.root, f"<{tree.at.name}> is never closed"
    except AssertionError as fault:
        raise AssertionError(f"line {html.count('\n', 0, at) + 1}: {fault}") from None
    return tree.root


def _parse_tag(tree: _Tree, html: str, at: int) -> int:
    """Take in what begins with `<`, and return where it ends."""
    if unmarked := _UNMARKED.match(html, at):
        return unmarked.end()
    found = _TAG.match(html, at)
    assert found is not None, f"no tag: {html[at : at + 40]}"
    closing, tag, attributes, closed = found[1], found[2].lower(), found[3], found[4]
    if closing:
        assert not attributes, f"</{tag}> has attributes"
        tree.close(tag)
        return found.end()
    assert not closed or tag in _SVG_TAGS, f"<{tag}/> closes itself"
    tree.open(tag, attributes)
    if closed:
        tree.close(tag)
    if tag in _RAW:
        end = html.find(f"</{tag}", found.end())
        assert end >= 0, f"<{tag}> is never closed"
        tree.add_text(html[found.end() : end])
        return end
    return found.end()


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
    known = Counter(node.attrs["id"] for node in nodes if "id" in node.attrs)
    twice = sorted(each for each, times in known.items() if times > 1)
    assert not twice, f"repeated ids: {twice}"
    for node in nodes:
        for name in _REFERENCES & node.attrs.keys():
            missing = set(node.attrs[name].split()) - known.keys()
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
