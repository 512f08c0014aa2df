"""Synonyms of product names."""

from pypinyin import lazy_pinyin

from market.catalogue.listings.search.synonyms import BY_PINYIN, SYNONYMS


def test_the_names_with_synonyms_are_found_by_their_pinyin() -> None:
    words = [word for group in SYNONYMS for word in group]
    assert {"".join(lazy_pinyin(word)): word for word in words} == BY_PINYIN
