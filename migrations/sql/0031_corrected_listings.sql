-- Each correction of name, text, photo or category counts the version up; one made from an older version is refused.
ALTER TABLE listings ADD COLUMN version integer NOT NULL DEFAULT 1 CONSTRAINT listings_version CHECK (version > 0);

-- A pack never changes into another: carts and orders refer to what they were shown. Its successor takes its position.
-- No version of the service reads the column; they only compare and order by it.
-- squawk-ignore ban-drop-not-null
ALTER TABLE variants ALTER COLUMN position DROP NOT NULL;
COMMENT ON COLUMN variants.position IS 'among the packs of the listing; null once another pack has replaced it';

GRANT UPDATE (version, title, story, category_code, photo_id, perishable, gi, search_text, search_words, search_pinyin)
    ON listings TO market_app;
GRANT UPDATE (position) ON variants TO market_app;
