"""Imported macros are written out when a template is compiled, and print what they did."""

import re
from pathlib import Path

import pytest
from minijinja import Environment

from market.service.web.ui.link_macros import link_macros
from market.service.web.ui.renderer import TEMPLATES

LIBRARIES = {
    "icons.html": '{# {% from "none.html" import none %} #}{% macro icon(name) %}<i>{{ name }}</i>{% endmacro %}',
    "parts.html": """{% from "icons.html" import icon as sign %}
{% macro row(words, mark=sign("x")) %}<li>{{ mark }}{{ words }}, not row(…)</li>{% endmacro %}
{% macro rows(all) %}{% for words in all %}{{ row(words, sign("a")) }}{% endfor %}{{ caller() }}{% endmacro %}
{% macro unused() %}{{ nothing() }}{% endmacro %}""",
}
PAGE = """{% extends "frame.html" %}{# {% from "none.html" import none %} #}
{% from "parts.html" import rows, row as line %}
{% block main %}{% for row in lines %}{{ line(row) }}{% endfor %}
{% call rows(["b"]) %}{{ sign }}{% endcall %}{% endblock %}"""
SOURCES = {**LIBRARIES, "frame.html": "<ul>{% block main %}{% endblock %}</ul>", "page.html": PAGE}


def test_a_linked_page_prints_what_it_did_and_hides_no_variable() -> None:
    names = {"lines": ["1", "2"], "sign": "sign"}
    linked = {name: link_macros(source, LIBRARIES.__getitem__) for name, source in SOURCES.items()}
    pages = [
        Environment(loader=sources.get, trim_blocks=True, lstrip_blocks=True).render_template("page.html", **names)
        for sources in (SOURCES, linked)
    ]
    assert pages[1] == pages[0]
    assert pages[1].count("<li>") == 3
    assert "import rows" not in linked["page.html"]
    assert "unused" not in linked["page.html"]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_imports_anything_once_it_is_linked(path: Path) -> None:
    linked = link_macros(path.read_text("utf-8"), lambda name: (TEMPLATES / name).read_text("utf-8"))
    assert re.findall(r"\{%-? *(?:from|import)\b", re.sub(r"\{#.*?#\}", "", linked, flags=re.DOTALL)) == []
