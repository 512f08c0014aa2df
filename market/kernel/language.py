"""The language of the page that is being answered: Chinese as written in the code, English by a catalogue.

A message is looked up by its Chinese words. Names and texts of sellers and places are no messages.
"""

import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path

CHINESE, ENGLISH = "zh", "en"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
CATALOGUE = Path(__file__).parent / "languages" / "en.toml"

_language: ContextVar[str] = ContextVar("language", default=CHINESE)


def load_catalogue() -> dict[str, str]:
    """Return the English of each message by its Chinese."""
    sections = tomllib.loads(CATALOGUE.read_text("utf-8")).values()
    return {chinese: english for section in sections for chinese, english in section.items()}


_english = load_catalogue()


def get_language() -> str:
    """Return the language of the page that is being answered."""
    return _language.get()


def use_language(language: str) -> None:
    """Answer the present request in a language."""
    _language.set(language)


@contextmanager
def answer_in(language: str) -> Generator[None]:
    """Answer in a language, and go back to the one before."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def say_day(day: date) -> str:
    """Write a day without its year: `10月3日`, or `3 October`."""
    return f"{day.month}月{day.day}日" if _language.get() == CHINESE else f"{day.day} {MONTHS[day.month - 1]}"


def find_english(chinese: str) -> str | None:
    """Return the English of a message, or None if the catalogue lacks it."""
    return _english.get(chinese)


def say(chinese: str, *facts: object) -> str:
    """Return a message in the page's language with its facts, `{0}`, `{1}`, filled in.

    A message without facts may be a word of a table; one that the catalogue lacks stays Chinese. An English message
    with a bar has two forms: `{0} room|{0} rooms`, the first if `{0}` is 1.
    """
    if _language.get() == CHINESE:
        return chinese.format(*facts) if facts else chinese
    words = _english.get(chinese, chinese)
    if not facts:
        return words
    one, several, many = words.partition("|")
    return (many if several and str(facts[0]) != "1" else one).format(*facts)
