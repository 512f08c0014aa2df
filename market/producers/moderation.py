"""Words that may not stand in what sellers write: of false misery, and of medicine.

Source: docs/glossary.md (the words of misery and of categories of people); 广告法 17 (no advertisement but those of
medicines may speak of curing disease) and 9 (no superlatives); 食品安全法 73.
"""

import re

from msgspec import Struct

from market.kernel import FieldFault, Refusal
from market.kernel.text import fold


class Reason(Struct, frozen=True):
    """Why a group of words is not taken, said to who wrote them."""

    words: tuple[str, ...]
    why: str


REASONS = (
    Reason(
        ("贫困户", "脱贫户", "监测户", "扶贫", "献爱心", "爱心价", "滞销", "卖惨", "卖不出去", "烂在地里", "求求"),
        "说东西好在哪里，不说难处",
    ),
    Reason(
        ("治病", "治疗", "治愈", "根治", "药到病除", "抗癌", "防癌", "降血糖", "降血压", "降血脂", "包治", "疗效"),
        "农产品不能说治病",
    ),
    Reason(("国家级", "最高级", "最佳", "全国第一", "世界第一"), "不能用最高级的说法"),
)
_GAPS = re.compile(r"[\s\W_]+")


class ForbiddenWord(Refusal):
    """What is offered holds a word that may not stand there; `errors` names the field and the word."""

    code = "forbidden_word"
    status = 422
    zh = "请换个说法：{word}。{why}。"
    en = "Put it another way: {word} may not stand there."


def forbidden_in(text: str) -> tuple[str, str] | None:
    """Return the first forbidden word of a text and why, or None; blanks and signs inside it do not hide it."""
    folded = _GAPS.sub("", fold(text))
    for reason in REASONS:
        for word in reason.words:
            if word in folded:
                return word, reason.why
    return None


def moderate(**fields: str) -> None:
    """Let pass what holds no forbidden word.

    Raises:
        ForbiddenWord: a field holds one; every such field is named with its word.
    """
    found = {name: hit for name, text in fields.items() if (hit := forbidden_in(text))}
    if found:
        word, why = next(iter(found.values()))
        raise ForbiddenWord(
            errors=tuple(FieldFault(name, f"请换个说法：{hit}。{reason}") for name, (hit, reason) in found.items()),
            word=word,
            why=why,
        )
