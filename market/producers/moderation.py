"""Forbidden words in sellers' texts: appeals to pity, medical claims, superlatives.

Source: docs/glossary.md (words of pity and of categories of people); 广告法 17 (only advertisements of medicines may
claim to cure disease) and 9 (no superlatives); 食品安全法 73.
"""

import re

from msgspec import Struct

from market.kernel import FieldFault, Refusal
from market.kernel.text import normalize_text


class ForbiddenWordRule(Struct, frozen=True):
    """A group of forbidden words, with the reason shown to the seller."""

    words: tuple[str, ...]
    why: str


FORBIDDEN_WORD_RULES = (
    ForbiddenWordRule(
        ("贫困户", "脱贫户", "监测户", "扶贫", "献爱心", "爱心价", "滞销", "卖惨", "卖不出去", "烂在地里", "求求"),
        "说东西好在哪里，不说难处",
    ),
    ForbiddenWordRule(
        ("治病", "治疗", "治愈", "根治", "药到病除", "抗癌", "防癌", "降血糖", "降血压", "降血脂", "包治", "疗效"),
        "农产品不能说治病",
    ),
    ForbiddenWordRule(("国家级", "最高级", "最佳", "全国第一", "世界第一"), "不能用最高级的说法"),
)
_GAPS = re.compile(r"[\s\W_]+")


class ForbiddenWord(Refusal):
    """A text contains a forbidden word; `errors` lists each field with its word."""

    code = "forbidden_word"
    status = 422
    zh = "请换个说法：{word}。{why}。"
    en = "Rephrase the text: the word {word} is not allowed."


def find_forbidden_word(text: str) -> tuple[str, str] | None:
    """Return the first forbidden word of a text and the reason, or None; blanks and punctuation are ignored."""
    folded = _GAPS.sub("", normalize_text(text))
    for reason in FORBIDDEN_WORD_RULES:
        for word in reason.words:
            if word in folded:
                return word, reason.why
    return None


def require_allowed_words(**fields: str) -> None:
    """Require that no field contains a forbidden word.

    Raises:
        ForbiddenWord: a field contains one; `errors` lists every such field with its word.
    """
    hits = {name: hit for name, text in fields.items() if (hit := find_forbidden_word(text))}
    if hits:
        word, why = next(iter(hits.values()))
        raise ForbiddenWord(
            errors=tuple(FieldFault(name, f"请换个说法：{hit}。{reason}") for name, (hit, reason) in hits.items()),
            word=word,
            why=why,
        )
