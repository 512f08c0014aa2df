-- Lists by price and by sales were sorted whole for each page. Both orders have indexes now, and each page starts where
-- the one before it ended. A sale writes none of them: `ranked_sold_count` is a copy that the nightly scores make of
-- `sold_count`, in the update that writes the indexes of the score anyway.
ALTER TABLE listings ADD COLUMN listed_price_fen bigint, ADD COLUMN ranked_sold_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN listings.listed_price_fen IS 'of the pack at position 0, kept by copy_listing_price';
COMMENT ON COLUMN listings.ranked_sold_count IS 'sold_count when the scores were last computed; lists are ordered by it';
REVOKE ALL ON FUNCTION copy_listing_price() FROM PUBLIC;
CREATE TRIGGER variants_price AFTER INSERT OR UPDATE OF price_fen, position ON variants
    FOR EACH ROW WHEN (NEW.position = 0) EXECUTE FUNCTION copy_listing_price();

-- A search ranks a word that is the whole name, or names the category, before other names that contain it. The terms
-- are those that market.catalogue.listings.search.text writes.
UPDATE listings l
   SET listed_price_fen = (SELECT v.price_fen FROM variants v WHERE v.listing_id = l.id AND v.position = 0),
       ranked_sold_count = sold_count,
       search_words = search_words || array_to_tsvector(ARRAY(
           SELECT '==' || word
             FROM regexp_split_to_table(
                      regexp_replace(lower(normalize(l.title, NFKC)), p.names, ' ', 'g'), '[^[:alnum:]]+') AS word
            WHERE word <> ''
            UNION
           SELECT '==' || word
             FROM categories g, regexp_split_to_table(g.name || ' ' || regexp_replace(g.name, '(.)', '\1 ', 'g'), ' +') AS word
            WHERE g.code = l.category_code AND word <> ''))
  FROM (SELECT w.code,
               (SELECT string_agg(d.name || '|' || regexp_replace(d.name, '^(..+)[省市县区镇乡村]$', '\1'), '|'
                                  ORDER BY length(d.name) DESC)
                  FROM divisions d
                 WHERE d.code IN (ancestor_code(w.code, 2), ancestor_code(w.code, 3), ancestor_code(w.code, 4), w.code)
               ) AS names
          FROM divisions w) AS p
 WHERE p.code = l.origin_code;

CREATE INDEX listings_by_price ON listings (listed_price_fen, id) WHERE state = 'live';
CREATE INDEX listings_by_price_category ON listings (category_code, listed_price_fen, id) WHERE state = 'live';
CREATE INDEX listings_by_price_county ON listings (county_code, listed_price_fen, id) WHERE state = 'live';
CREATE INDEX listings_by_sales ON listings ((-ranked_sold_count), id) WHERE state = 'live';
CREATE INDEX listings_by_sales_category ON listings (category_code, (-ranked_sold_count), id) WHERE state = 'live';
CREATE INDEX listings_by_sales_county ON listings (county_code, (-ranked_sold_count), id) WHERE state = 'live';
GRANT UPDATE (ranked_sold_count) ON listings TO market_app;
