"""Templates in another language: Chinese messages are replaced when a template is compiled, so a page pays nothing."""

import re
from collections.abc import Callable

from market.kernel.language import find_english

HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
"""A character or punctuation mark of Chinese text."""
MARK = ' lang="zh-Hans"'
"""The attribute of an element whose text stays Chinese on a page in English; `zh` in templates."""

_PARTS = re.compile(r"(\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<(?:[^<>{]|\{\{.*?\}\}|\{%.*?%\}|\{)*>)", re.DOTALL)
_LITERAL = re.compile(r"""page\.say\([^()]*(?:\([^()]*\)[^()]*)*\)|"([^"]*)"|'([^']*)'""")
_ATTRIBUTE = re.compile(r"""([\w-]+=)"((?:[^"{]|\{\{.*?\}\}|\{%.*?%\}|\{)*)\"""", re.DOTALL)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BOTH = re.compile(r"""page\.say\(("[^"]*"|'[^']*'), ("[^"]*"|'[^']*')\)""")


def choose_words(source: str, *, english: bool) -> str:
    """Return a template with each `page.say` of two plain strings replaced by that of the language."""
    return _BOTH.sub(r"\2" if english else r"\1", source)


def translate_template(source: str, find: Callable[[str], str | None] = find_english) -> str:
    """Return a template with its Chinese messages replaced by those that `find` returns for them.

    A message is what stands between two tags or statements, its expressions included: `订单 {{ number }} 下的`; or the
    value of an attribute; or a string of an expression. Comments and `page.say(…)`, which has both languages, stay.
    """
    out: list[str] = []
    text: list[str] = []

    def flush() -> None:
        if text:
            out.append(_translate_message("".join(text), find))
            text.clear()

    for part in _PARTS.split(source):
        if part.startswith("{#"):
            flush()
            out.append("{# #}")  # what follows a comment loses its line end
            continue
        if part.startswith("{{"):
            text.append(part)
        elif part.startswith(("{%", "<")):
            flush()
            out.append(_translate_code(part, find) if part.startswith("{%") else _translate_tag(part, find))
        else:
            text.append(part)
    flush()
    return "".join(out)


def _translate_message(message: str, find: Callable[[str], str | None]) -> str:
    """Return a run of text and expressions in the other language, with the blanks around it."""
    core = message.strip()
    if HAN.search(_CODE.sub("", core)):
        found = find(core)
        if found is not None:
            return message.replace(core, found, 1)
    return _CODE.sub(lambda match: _translate_code(match[0], find), message)


def _translate_tag(tag: str, find: Callable[[str], str | None]) -> str:
    """Return an HTML tag with its attributes, and the strings of its expressions, in the other language."""
    if not HAN.search(tag):
        return tag
    translated = _ATTRIBUTE.sub(
        lambda match: f'{match[1]}"{_translate_message(match[2], find)}"' if HAN.search(match[2]) else match[0], tag
    )
    return _CODE.sub(lambda match: _translate_code(match[0], find), translated)


def _translate_code(code: str, find: Callable[[str], str | None]) -> str:
    """Return an expression or statement with its strings in the other language."""

    def replace(match: re.Match[str]) -> str:
        words = match[1] if match[1] is not None else match[2]
        if words is None or not HAN.search(words):
            return match[0]
        found = find(words)
        quote = match[0][0]
        return match[0] if found is None else f"{quote}{found}{quote}"

    return _LITERAL.sub(replace, code)
