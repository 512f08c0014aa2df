"""The words for a household's standing, each with the days on which it is the word (`terminology.csv`).

A record keeps the word of its date, and a page or paper of a month the words of that month. Only officials' desks show
them (R16).

Source: subsidy-rulebook, Words: origin, monitoring; the document of each word is in the table. The types have no first
day: a register of an earlier month is typed in today's types.
"""

import csv
from datetime import date
from pathlib import Path

from msgspec import Struct


class StandingWord(Struct, frozen=True, kw_only=True):
    """A word for `concept`, from `start` until `until`, exclusive; null is without limit.

    The concepts: `registered` before, under monitoring (`monitored`), and each `type` of monitoring, of which
    `registered` is what a household of the type answers to 原建档立卡, null for either.
    """

    concept: str
    word: str
    start: date | None
    until: date | None
    registered: bool | None
    source: str


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _read_words() -> tuple[StandingWord, ...]:
    with (Path(__file__).parent / "terminology.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            StandingWord(
                concept=row["concept"], word=row["word"], start=_read_day(row["from"]), until=_read_day(row["until"]),
                registered={"是": True, "否": False}.get(row["registered"]), source=row["source"],
            )
            for row in csv.DictReader(lines)
        )  # fmt: skip


WORDS = _read_words()
"""Every word that is or was used."""


def get_word(concept: str, day: date, words: tuple[StandingWord, ...] = WORDS) -> str:
    """Return the word for a concept on a day, which has exactly one."""
    [word] = [each.word for each in words if each.concept == concept and _is_used(each, day, day)]
    return word


def list_types(
    first: date = date.min, last: date = date.max, words: tuple[StandingWord, ...] = WORDS
) -> tuple[str, ...]:
    """Return the types of monitoring whose words are used on a day between two, both included; by default all."""
    return tuple(each.word for each in words if each.concept == "type" and _is_used(each, first, last))


def contradicts(*, registered: bool, monitoring: str) -> bool:
    """Return whether a household's answer to 原建档立卡 contradicts its type of monitoring."""
    return any(
        each.registered is not None and each.registered is not registered for each in WORDS if each.word == monitoring
    )


def fill_words(text: str, day: date) -> str:
    """Return a text in which `{registered}` and `{monitored}` are replaced by the words of a day."""
    for concept in ("registered", "monitored"):
        text = text.replace(f"{{{concept}}}", get_word(concept, day))
    return text


def _is_used(word: StandingWord, first: date, last: date) -> bool:
    return (word.start is None or word.start <= last) and (word.until is None or first < word.until)
