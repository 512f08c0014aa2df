"""What search looks in, and what a typed query asks of it.

Every character and every pair of neighbouring characters of a listing is a word, so that any piece of a title finds it
without a dictionary; a second look at the text itself (`LIKE`) keeps out rows whose pairs stand apart. Letters are
tried as pinyin and as initials too, and only they are forgiven a typing error.
"""

from functools import lru_cache
from itertools import pairwise

import pypinyin
from msgspec import Struct

from market.kernel.text import fold as fold_widths

MOST_CHARACTERS = 40
"""Of a longer query the rest is left out."""
_SHORTEST_PINYIN = 3
_SHORTEST_TYPO = 4
_INITIALS = "~"
_WINDOW = 3


class SearchColumns(Struct, frozen=True):
    """What a listing's row keeps for search: write `words` by `array_to_tsvector`."""

    searched: str
    words: list[str]
    latin: str


class Asked(Struct, frozen=True):
    """A query taken apart.

    `words`, `latin_words` and `any_word` are texts of a tsquery, empty where there is none; `pieces`, `latin_pieces`,
    `latin_piece` and `pinyin` are patterns of LIKE; `pairs` are what neighbours are counted by; `typo` may be misspelt.
    """

    words: str
    pieces: list[str]
    latin: str
    latin_words: str
    latin_pieces: list[str]
    latin_piece: str
    pinyin: str
    any_word: str
    pairs: list[str]
    typo: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that could be looked for."""
        return not self.words and not self.latin


def fold(text: str) -> str:
    """Fold widths and case, character by character, so that a piece of a text folds to a piece of its folding."""
    return fold_widths(text).casefold()


def runs(text: str) -> list[str]:
    """Cut folded text at everything that is neither letter nor digit."""
    return "".join(character if character.isalnum() else " " for character in text).split()


def _pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


def _is_latin(run: str) -> bool:
    return run.isascii() and run.isalpha()


@lru_cache(maxsize=4096)
def _syllables(run: str) -> tuple[str, ...]:
    return tuple(part.casefold() for part in pypinyin.lazy_pinyin(run))


def search_columns(title: str, *, county: str, category: str, producer: str) -> SearchColumns:
    """Return the columns of a listing by which it is found; needed again whenever one of the four changes.

    The pinyin is kept whole, for pieces of it, and in windows of three syllables, so that each syllable begins a word
    that a misspelt query can be compared with.
    """
    searched = " ".join(fold(text) for text in (title, county, category, producer))
    words: dict[str, None] = {}
    latin: dict[str, None] = {}
    for run in runs(searched):
        syllables = _syllables(run)
        initials = "".join(syllable[0] for syllable in syllables)
        words.update(dict.fromkeys([*run, *_pairs(run), *(_INITIALS + pair for pair in _pairs(initials))]))
        windows = ["".join(syllables[start : start + _WINDOW]) for start in range(len(syllables))]
        latin.update(dict.fromkeys(["".join(syllables), initials, *windows]))
    return SearchColumns(searched, list(words), " ".join(latin))


def _joined(sign: str, words: list[str]) -> str:
    return f" {sign} ".join(f"'{word}'" for word in dict.fromkeys(words))


def ask(query: str) -> Asked:
    """Take apart what was typed; every piece of it must be found.

    Pieces of letters alone are joined and tried as text, as initials (from 2 letters), as pinyin (from 3), and, where
    nothing is found, with typing errors forgiven (from 4).
    """
    pieces = runs(fold(query)[:MOST_CHARACTERS])
    letters = [piece for piece in pieces if _is_latin(piece)]
    latin = "".join(letters)
    others = [piece for piece in pieces if not _is_latin(piece)]
    literal = _joined("&", [word for piece in letters for word in (_pairs(piece) or [piece])])
    initials = _joined("&", [_INITIALS + pair for pair in _pairs(latin)])
    pairs = [word for piece in others for word in (_pairs(piece) or [piece])]
    return Asked(
        words=_joined("&", pairs),
        pieces=[f"%{piece}%" for piece in others],
        latin=latin,
        latin_words=f"({literal}) | ({initials})" if initials else literal,
        latin_pieces=[f"%{piece}%" for piece in letters],
        latin_piece=f"%{latin}%",
        pinyin=f"%{latin}%" if len(latin) >= _SHORTEST_PINYIN else "",
        any_word=_joined("|", pairs),
        pairs=[f"%{pair}%" for pair in dict.fromkeys(pairs)],
        typo=latin if len(latin) >= _SHORTEST_TYPO else "",
    )
