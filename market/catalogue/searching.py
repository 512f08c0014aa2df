"""What search looks in, and what a typed query asks of it.

Every character and every pair of neighbouring characters of a listing is a word, so that any piece of a title finds it
without a dictionary; a second look at the text itself (`LIKE`) keeps out rows whose pairs stand apart. Letters are
tried as pinyin and as initials too, and only they are forgiven a typing error.

What names the thing itself is kept a second time under a mark, so that 枣 finds the dates of a county before the gloves
of a county that is called 枣强.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import pypinyin
from msgspec import Struct

from market.catalogue.synonyms import variants_of
from market.kernel.text import fold as fold_widths

MOST_CHARACTERS = 40
"""Of a longer query the rest is left out."""
_SHORTEST_PINYIN = 3
_SHORTEST_TYPO = 4
_INITIALS = "~"
_NAMING = "="
_WINDOW = 3
_DIVISIONS = "省市县区镇乡村"
_SHORTEST_PLACE = 2


class SearchColumns(Struct, frozen=True):
    """What a listing's row keeps for search: write `words` by `array_to_tsvector`."""

    searched: str
    words: list[str]
    latin: str


class Asked(Struct, frozen=True):
    """A query taken apart.

    `words`, `latin_words` and `any_word` are texts of a tsquery, empty where there is none; `naming` and `elsewhere`
    part what `words` finds in two: the name of the thing holds a piece, or it does not. `pieces`, `latin_pieces`,
    `latin_piece` and `pinyin` are patterns of LIKE, `either` are regular expressions of pieces that have several names;
    `pairs` are what neighbours are counted by, first of all by `names`; `typo` may be misspelt.
    """

    words: str
    naming: str
    elsewhere: str
    pieces: list[str]
    either: list[str]
    latin: str
    latin_words: str
    latin_pieces: list[str]
    latin_piece: str
    pinyin: str
    any_word: str
    pairs: list[str]
    names: list[str]
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


def _without_places(title: str, places: Sequence[str]) -> str:
    """Cut the names of places out of a folded title, with and without their 县 or 村: what is left names the thing."""
    names = {fold(place) for place in places} | {fold(place)[:-1] for place in places if place[-1:] in _DIVISIONS}
    for name in sorted((name for name in names if len(name) >= _SHORTEST_PLACE), key=lambda name: (-len(name), name)):
        title = title.replace(name, " ")
    return title


def search_columns(
    title: str, *, county: str, category: str, producer: str, around: Sequence[str] = ()
) -> SearchColumns:
    """Return the columns of a listing by which it is found; needed again whenever one of the five changes.

    `around` are the other divisions that it comes from, from prefecture to village: they are found as written, not by
    pinyin. The pinyin is kept whole, for pieces of it, and in windows of three syllables, so that each syllable begins
    a word that a misspelt query can be compared with.
    """
    spelt = " ".join(fold(text) for text in (title, county, category, producer))
    places = " ".join(dict.fromkeys(fold(place) for place in around))
    words: dict[str, None] = {}
    latin: dict[str, None] = {}
    for run in runs(spelt):
        syllables = _syllables(run)
        initials = "".join(syllable[0] for syllable in syllables)
        words.update(dict.fromkeys([*run, *_pairs(run), *(_INITIALS + pair for pair in _pairs(initials))]))
        windows = ["".join(syllables[start : start + _WINDOW]) for start in range(len(syllables))]
        latin.update(dict.fromkeys(["".join(syllables), initials, *windows]))
    for run in runs(places):
        words.update(dict.fromkeys([*run, *_pairs(run)]))
    for run in runs(f"{_without_places(fold(title), (county, *around))} {fold(category)}"):
        words.update(dict.fromkeys(_NAMING + word for word in (*run, *_pairs(run))))
    return SearchColumns(f"{spelt} {places}".rstrip(), list(words), " ".join(latin))


def _joined(sign: str, words: list[str]) -> str:
    return f" {sign} ".join(f"'{word}'" for word in dict.fromkeys(words))


def _one_of(variants: Sequence[str], mark: str = "") -> str:
    """Write that all pairs of one of the names must be there."""
    return "(" + " | ".join(_joined("&", [mark + word for word in _pairs(each) or [each]]) for each in variants) + ")"


def ask(query: str) -> Asked:
    """Take apart what was typed; every piece of it must be found, under any of its names.

    Pieces of letters alone are joined and tried as text, as initials (from 2 letters), as pinyin (from 3), and, where
    nothing is found, with typing errors forgiven (from 4).
    """
    pieces = runs(fold(query)[:MOST_CHARACTERS])
    letters = [piece for piece in pieces if _is_latin(piece)]
    latin = "".join(letters)
    others = [variants_of(piece) for piece in pieces if not _is_latin(piece)]
    literal = _joined("&", [word for piece in letters for word in (_pairs(piece) or [piece])])
    initials = _joined("&", [_INITIALS + pair for pair in _pairs(latin)])
    words = " & ".join(dict.fromkeys(_one_of(variants) for variants in others))
    naming = " | ".join(dict.fromkeys(_one_of(variants, _NAMING) for variants in others))
    pairs = list(dict.fromkeys(word for variants in others for each in variants for word in (_pairs(each) or [each])))
    return Asked(
        words=words,
        naming=f"{words} & ({naming})" if words else "",
        elsewhere=f"{words} & !({naming})" if words else "",
        pieces=[f"%{variants[0]}%" for variants in others if len(variants) == 1],
        either=["|".join(variants) for variants in others if len(variants) > 1],
        latin=latin,
        latin_words=f"({literal}) | ({initials})" if initials else literal,
        latin_pieces=[f"%{piece}%" for piece in letters],
        latin_piece=f"%{latin}%",
        pinyin=f"%{latin}%" if len(latin) >= _SHORTEST_PINYIN else "",
        any_word=_joined("|", pairs),
        pairs=[f"%{pair}%" for pair in pairs],
        names=[f"'{_NAMING}{pair}'" for pair in pairs],
        typo=latin if len(latin) >= _SHORTEST_TYPO else "",
    )
