"""The language of the page that is being answered: Chinese as written in the code, English by a catalogue.

A message is looked up by its Chinese words. Names and texts of sellers and places are no messages.
"""

import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

CHINESE, ENGLISH = "zh", "en"
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
def keep_language() -> Generator[None]:
    """Begin in Chinese, and go back to the language before."""
    token = _language.set(CHINESE)
    try:
        yield
    finally:
        _language.reset(token)


def find_english(chinese: str) -> str | None:
    """Return the English of a message, or None if the catalogue lacks it."""
    return _english.get(chinese)


def say(chinese: str, *facts: object) -> str:
    """Return a message in the page's language with its facts, `{0}`, `{1}`, filled in.

    A message without facts may be a word of a table; one that the catalogue lacks stays Chinese.
    """
    words = chinese if _language.get() == CHINESE else _english.get(chinese, chinese)
    return words.format(*facts) if facts else words
