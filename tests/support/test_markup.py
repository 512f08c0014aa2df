"""The strict parser: what a browser repairs in silence is refused, with the line."""

import pytest

from tests.support.markup import check_markup, parse_html


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p>\n<b>枣</p>", "line 2: </p> closes <b>"),
        ("<p>枣</p></p>", "line 1: </p> closes <#page>"),
        ("<p>枣", "line 1: <p> is never closed"),
        ("<br></br>", "line 1: </br> closes nothing"),
        ("<p/>", "line 1: <p/> closes itself"),
        ('<p id="a" id="b">枣</p>', "line 1: <p> has an attribute twice: ['id', 'id']"),
        ("<p>3 < 4</p>", "line 1: no tag: < 4</p>"),
        ('<p title="a"b>枣</p>', 'line 1: no tag: <p title="a"b>枣</p>'),
        ('<p title="a>枣</p>', 'line 1: no tag: <p title="a>枣</p>'),
        ("<script>1 < 2", "line 1: <script> is never closed"),
        ('<p>枣</p id="a">', "line 1: </p> has attributes"),
    ],
)
def test_what_a_browser_repairs_is_refused(html: str, fault: str) -> None:
    with pytest.raises(AssertionError) as refused:
        parse_html(html)
    assert str(refused.value) == fault


def test_what_is_written_is_read() -> None:
    root = parse_html(
        "<!DOCTYPE html><!-- <p> --><p CLASS='a' title=\"&lt;枣&amp;\" hidden>大 &amp;\n 小<br>枣</p>"
        '<style>a > b { }</style><svg viewBox="0 0 1 1"><use href="#x"/></svg><a href=/cart>车</a>'
    )
    assert [(each.name, each.attrs, each.words) for each in root.walk()[1:]] == [
        ("p", {"class": "a", "title": "<枣&", "hidden": ""}, ["大 & 小", "枣"]),
        ("br", {}, []),
        ("style", {}, ["a > b { }"]),
        ("svg", {"viewbox": "0 0 1 1"}, []),
        ("use", {"href": "#x"}, []),
        ("a", {"href": "/cart"}, ["车"]),
    ]


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<p id="a">枣</p><p id="a">枣</p>', "repeated ids: ['a']"),
        ('<label for="a">枣</label>', "<label for> points nowhere: {'a'}"),
        ('<a href="#a">枣</a>', "#a points nowhere"),
        ('<p onclick="x">枣</p>', "<p> has ['onclick']"),
        ('<p style="x">枣</p>', "<p> has an inline style"),
        ("<style>a { }</style>", "a style without the page's nonce"),
    ],
)
def test_ids_references_and_policy_are_checked(html: str, fault: str) -> None:
    with pytest.raises(AssertionError) as refused:
        check_markup(html, "n")
    assert str(refused.value).startswith(fault)
