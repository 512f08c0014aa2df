-- Package: listings.
-- Return whether a listing that has the words of a search is on sale and has what no index of words knows. Typed pieces are
-- compared with the text, because their terms need not be adjacent in it.
CREATE OR REPLACE FUNCTION is_match(
    l listings, p_pieces text[], p_synonyms text[], p_latin_words tsquery, p_latin_pieces text[], p_latin_piece text,
    p_pinyin text, p_today date, p_producer uuid, p_price_from bigint, p_price_to bigint
) RETURNS boolean
LANGUAGE sql STABLE
RETURN l.state = 'live' AND l.certified_until >= p_today
    AND (p_producer IS NULL OR l.producer_id = p_producer)
    AND (p_price_from IS NULL OR l.listed_price_fen >= p_price_from)
    AND (p_price_to IS NULL OR l.listed_price_fen <= p_price_to)
    AND l.search_text LIKE ALL (p_pieces) AND l.search_text ~ ALL (p_synonyms)
    AND (p_latin_piece IS NULL
         OR (l.search_words @@ p_latin_words
             AND (l.search_text LIKE ALL (p_latin_pieces) OR l.search_pinyin LIKE p_latin_piece))
         OR (p_pinyin <> '' AND l.search_pinyin LIKE p_pinyin));
