"""Forbidden words in sellers' texts: appeals to pity, medical claims, superlatives.

Source: docs/glossary.md (words of pity and of categories of people); 广告法 17 (only advertisements of medicines may
claim to cure disease) and 9 (no superlatives); 食品安全法 73.
"""

from msgspec import Struct

from market.kernel import FieldFault, Refusal
from market.kernel.language import say
from market.kernel.text import fold_text
from market.people.identity.reserved_names import NameKind, find_name_fault


class ForbiddenWordRule(Struct, frozen=True):
    """A group of forbidden words, with the reason, and what to say instead."""

    words: tuple[str, ...]
    reason: str
    instead: str


FORBIDDEN_WORD_RULES = (
    ForbiddenWordRule(
        (
            "贫困户",
            "脱贫户",
            "监测户",
            "扶贫",
            "献爱心",
            "爱心价",
            "滞销",
            "卖惨",
            "卖不出去",
            "烂在地里",
            "求求",
            "血本无归",
            "可怜",
            "救救",
            "帮帮我",
            "帮帮老人",
            "没人要",
            "愁白了头",
            "再不卖就",
        ),
        "说东西好在哪里，不说难处",
        "写哪天摘的、多大、甜不甜、怎么吃",
    ),
    ForbiddenWordRule(
        (
            "治病",
            "治疗",
            "治愈",
            "根治",
            "药到病除",
            "抗癌",
            "防癌",
            "降血糖",
            "降血压",
            "降血脂",
            "包治",
            "疗效",
            "降三高",
            "排毒",
            "抗病毒",
            "增强免疫",
            "提高免疫",
            "壮阳",
            "延年益寿",
            "药用价值",
            "消炎",
            "祛湿",
            "治失眠",
            "治便秘",
        ),
        "农产品不能说治病",
        "写味道、产地、种法，有检测报告的写报告的数",
    ),
    ForbiddenWordRule(
        ("国家级", "最高级", "最佳", "全国第一", "世界第一"),
        "不能用最高级的说法",
        "写看得见的：多重、哪年评上的、谁评的",
    ),
)
NAME_LENGTHS = range(2, 61)
"""Length of the name of a producer, and of the title of a listing."""
MAX_STORY_LENGTH = 2000


class ForbiddenWord(Refusal):
    """A text contains a forbidden word; `errors` lists each field with its word."""

    code = "forbidden_word"
    status = 422
    zh = "请换个说法：{word}。{reason}。"
    en = "Rephrase the text: the word {word} is not allowed."


def list_name_faults(field: str, name: str) -> list[FieldFault]:
    """Return the fault of a name or title of the wrong length, or that passes for the platform or an authority."""
    if len(name) not in NAME_LENGTHS:
        return [FieldFault(field, f"名称写 {NAME_LENGTHS[0]} 到 {NAME_LENGTHS[-1]} 个字")]
    fault = find_name_fault(name, NameKind.SHOP)
    return [] if fault is None else [FieldFault(field, fault)]


def list_story_faults(story: str) -> list[FieldFault]:
    """Return the fault of an introduction that is too long, if it is."""
    return [FieldFault("story", f"介绍最多 {MAX_STORY_LENGTH} 个字")] if len(story) > MAX_STORY_LENGTH else []


def find_forbidden_word(text: str) -> tuple[str, str] | None:
    """Return the first forbidden word of a text and the reason with what to say instead, or None.

    Whitespace and punctuation are ignored.
    """
    folded = fold_text(text)
    for rule in FORBIDDEN_WORD_RULES:
        for word in rule.words:
            if word in folded:
                return word, f"{rule.reason}：{rule.instead}"
    return None


def require_allowed_words(**fields: str) -> None:
    """Require that no field contains a forbidden word.

    Raises:
        ForbiddenWord: a field contains one; `errors` lists every such field with its word.
    """
    matches = {name: match for name, text in fields.items() if (match := find_forbidden_word(text))}
    if matches:
        faults = [
            FieldFault(name, say("请换个说法：{0}。{1}", word, reason)) for name, (word, reason) in matches.items()
        ]
        word, reason = next(iter(matches.values()))
        raise ForbiddenWord(errors=tuple(faults), word=word, reason=reason)
