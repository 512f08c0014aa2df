"""Tokenise listings for the search index, and typed queries for the search.

Every character, pair and triple of adjacent characters of a listing is a term, so that any piece of a title matches
without a dictionary; a recheck of the text (`LIKE`) excludes rows whose terms are not adjacent. A query has as few
terms as cover it, the longest, which fewer listings have. Letters also match as
pinyin and as initials, and only they tolerate typing errors.

Terms of the product name are indexed a second time with a mark, so that 枣 ranks dates above the gloves of 枣强
county, and its whole words with another mark, so that 桃 ranks peaches above peach wood. A third mark is that of the
whole names of county, divisions and producer, so that the name of a cooperative is one term, which few listings have.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from market.catalogue.listings.search.synonyms import OTHER_PRODUCTS, expand_synonyms, find_name_by_pinyin
from market.kernel.text import normalize_text as fold_widths

MAX_QUERY_LENGTH = 40
"""A longer query is cut to this many characters."""
_MIN_PINYIN_LENGTH = 3
_MIN_TYPO_LENGTH = 4
_INITIALS_MARK = "~"
_NAME_MARK = "="
_WHOLE_MARK = "=="
_PLACE_MARK = "==="
_QUOTED = re.compile("'([^']+)'")
_WINDOW = 3
_TRIPLE = 3
_DIVISION_SUFFIXES = "省市县区镇乡村"
_MIN_DIVISION_NAME_LENGTH = 2


class SearchColumns(Struct, frozen=True):
    """The search columns of a listing; write `search_words` with `array_to_tsvector`."""

    search_text: str
    search_words: list[str]
    search_pinyin: str


class SearchQuery(Struct, frozen=True):
    """A parsed query.

    `words`, `latin_words` and `any_word` are tsquery texts, possibly empty; `name_match` and `other_match` split the
    matches of `words` by whether the product name contains a piece, and `whole_match` and `part_match` split those of
    `name_match` by whether the only piece is a whole word of the name, or names the category; `place_match` has those
    of whose places or producer the only piece is the name, which `other_match` leaves out. The three are empty if there
    are several pieces. `pieces`, `latin_pieces`, `latin_piece` and `pinyin` are LIKE patterns, `synonyms` regular
    expressions of pieces that have synonyms. `pairs` and, first, `names` rank similar listings; `typo` is compared with
    typing errors tolerated, and `sounding` are the pieces of Chinese text that `sound` compares.
    """

    words: str
    name_match: str
    whole_match: str
    part_match: str
    place_match: str
    other_match: str
    pieces: list[str]
    synonyms: list[str]
    latin: str
    latin_words: str
    latin_pieces: list[str]
    latin_piece: str
    pinyin: str
    any_word: str
    pairs: list[str]
    names: list[str]
    typo: str
    sounding: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the query contains nothing to search for."""
        return not self.words and not self.latin

    @property
    def sound(self) -> str:
        """The LIKE pattern of Chinese text typed with another character of the same pinyin; empty for short text."""
        sound = "".join(syllable for piece in self.sounding for syllable in _list_syllables(piece))
        return f"%{sound}%" if len(sound) >= _MIN_TYPO_LENGTH else ""


def fold(text: str) -> str:
    """Fold widths and case character by character, so that folding keeps substrings."""
    return fold_widths(text).casefold()


def split_runs(text: str) -> list[str]:
    """Split folded text at every character that is neither a letter nor a digit."""
    return "".join(character if character.isalnum() else " " for character in text).split()


def _list_pairs(run: str) -> list[str]:
    return [first + second for first, second in pairwise(run)]


def _list_terms(run: str) -> list[str]:
    """Return the indexed terms of a run of a listing."""
    return [*run, *_list_pairs(run), *(run[start : start + _TRIPLE] for start in range(len(run) - _TRIPLE + 1))]


def _cover_run(run: str) -> list[str]:
    """Return terms that cover a typed run, as long and as few as possible."""
    if len(run) <= _TRIPLE:
        return [run]
    last = len(run) - _TRIPLE
    return [run[start : start + _TRIPLE] for start in (*range(0, last, _TRIPLE), last)]


def _is_latin(run: str) -> bool:
    return run.isascii() and run.isalpha()


@lru_cache(maxsize=4096)
def _list_syllables(run: str) -> tuple[str, ...]:
    # 50 MB, which a process does without until a listing is written, or a search finds too little.
    from pypinyin import lazy_pinyin

    return tuple(part.casefold() for part in lazy_pinyin(run))


def _remove_division_names(title: str, division_names: Sequence[str]) -> str:
    """Remove division names, with and without their 县 or 村, from a folded title, leaving the product name."""
    folded = {fold(name) for name in division_names}
    names = folded | {name[:-1] for name in folded if name[-1:] in _DIVISION_SUFFIXES}
    for name in sorted(
        (name for name in names if len(name) >= _MIN_DIVISION_NAME_LENGTH), key=lambda name: (-len(name), name)
    ):
        title = title.replace(name, " ")
    return title


def build_search_columns(
    title: str, *, county: str, category: str, producer: str, division_names: Sequence[str] = ()
) -> SearchColumns:
    """Return the search columns of a listing; rebuild them whenever an argument changes.

    `division_names` are those of its origin from prefecture to village without the county; they match as written, not
    by pinyin. The pinyin is stored whole, for substrings, and in windows of three syllables, so that each syllable
    starts a word to compare a misspelt query with.
    """
    spelled = " ".join(fold(text) for text in (title, county, category, producer))
    divisions = " ".join(dict.fromkeys(fold(name) for name in division_names))
    words: dict[str, None] = {}
    latin: dict[str, None] = {}
    for run in split_runs(spelled):
        syllables = _list_syllables(run)
        initials = "".join(syllable[0] for syllable in syllables)
        words.update(dict.fromkeys([*_list_terms(run), *(_INITIALS_MARK + pair for pair in _list_pairs(initials))]))
        windows = ["".join(syllables[start : start + _WINDOW]) for start in range(len(syllables))]
        latin.update(dict.fromkeys(["".join(syllables), initials, *windows]))
    for run in split_runs(divisions):
        words.update(dict.fromkeys(_list_terms(run)))
    names = split_runs(f"{_remove_division_names(fold(title), (county, *division_names))} {fold(category)}")
    for run in names:
        words.update(dict.fromkeys(_NAME_MARK + word for word in _list_terms(run)))
    words.update(dict.fromkeys(_WHOLE_MARK + word for word in (*names, *fold(category))))
    places = split_runs(f"{fold(county)} {fold(producer)} {divisions}")
    words.update(dict.fromkeys(_PLACE_MARK + place for place in places))
    return SearchColumns(f"{spelled} {divisions}".rstrip(), list(words), " ".join(latin))


def _join_terms(sign: str, words: list[str]) -> str:
    return f" {sign} ".join(f"'{word}'" for word in dict.fromkeys(words))


def _match_any(variants: Sequence[str], mark: str = "") -> str:
    """Return a tsquery that matches all terms of any one variant."""
    return "(" + " | ".join(_join_terms("&", [mark + word for word in _cover_run(each)]) for each in variants) + ")"


def _exclude_other_products(variants: Sequence[str]) -> list[str]:
    return [f"!'{_NAME_MARK}{word}'" for word in OTHER_PRODUCTS.get(variants[0], ())]


def _match_name(variants: Sequence[str]) -> str:
    """Return a tsquery for the product name alone, without the words that name another product."""
    return " & ".join([_match_any(variants, _NAME_MARK), *_exclude_other_products(variants)])


def _match_place(variants: Sequence[str]) -> str:
    """Return a tsquery for the whole name of a place or producer."""
    return f"({_join_terms('|', [_PLACE_MARK + each for each in variants])})"


def _match_whole(variants: Sequence[str]) -> str:
    """Return a tsquery for whole words of the product name, which matches a part of what `_match_name` matches."""
    words = _join_terms("|", [_WHOLE_MARK + each for each in variants])
    return " & ".join([f"({words})", *_exclude_other_products(variants)])


def mark_bands(words: str) -> str:
    """Return a tsquery text with `#` before each word, for which `find_matches` puts the band that it looks up."""
    return _QUOTED.sub(r"'#\1'", words)


def parse_query(query: str) -> SearchQuery:
    """Parse a typed query; every piece of it must match, under any of its synonyms.

    Pieces that are letters only are joined and matched as text, as initials (from 2 letters), as pinyin (from 3) and,
    if nothing matches, with typing errors tolerated (from 4).
    """
    pieces = split_runs(fold(query)[:MAX_QUERY_LENGTH])
    name = find_name_by_pinyin("".join(pieces))
    pieces = [name] if name else pieces
    letters = [piece for piece in pieces if _is_latin(piece)]
    latin = "".join(letters)
    others = [expand_synonyms(piece) for piece in pieces if not _is_latin(piece)]
    literal = _join_terms("&", [word for piece in letters for word in (_list_pairs(piece) or [piece])])
    initials = _join_terms("&", [_INITIALS_MARK + pair for pair in _list_pairs(latin)])
    words = " & ".join(dict.fromkeys(_match_any(variants) for variants in others))
    name_terms = " | ".join(dict.fromkeys(_match_name(variants) for variants in others))
    whole_match, place = (_match_whole(others[0]), _match_place(others[0])) if len(others) == 1 else ("", "")
    # A name match of the only piece matches `words` too; saying so would make the planner expect too few rows.
    each_word = f"{words} & " if len(others) > 1 else ""
    pairs = list(
        dict.fromkeys(word for variants in others for each in variants for word in (_list_pairs(each) or [each]))
    )
    return SearchQuery(
        words=words,
        name_match=f"{each_word}({name_terms})" if words else "",
        whole_match=whole_match,
        part_match=f"{name_terms} & !({whole_match})" if whole_match else "",
        place_match=f"{place} & !({name_terms})" if place else "",
        other_match=f"{words} & !({name_terms})" + (f" & !{place}" if place else "") if words else "",
        pieces=[f"%{variants[0]}%" for variants in others if len(variants) == 1],
        synonyms=["|".join(variants) for variants in others if len(variants) > 1],
        latin=latin,
        latin_words=f"({literal}) | ({initials})" if initials else literal,
        latin_pieces=[f"%{piece}%" for piece in letters],
        latin_piece=f"%{latin}%",
        pinyin=f"%{latin}%" if len(latin) >= _MIN_PINYIN_LENGTH else "",
        any_word=_join_terms("|", pairs),
        pairs=[f"%{pair}%" for pair in pairs],
        names=[f"'{_NAME_MARK}{pair}'" for pair in pairs],
        typo=latin if len(latin) >= _MIN_TYPO_LENGTH else "",
        sounding=() if letters else tuple(pieces),
    )
