-- The stays of the home page were found by walking the listings of every kind.
CREATE INDEX listings_by_kind ON listings (kind, score DESC, id) WHERE state = 'live';
