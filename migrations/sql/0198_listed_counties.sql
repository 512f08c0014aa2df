-- Package: divisions.
ALTER TABLE listed_counties
    ADD CONSTRAINT listed_counties_basis_length CHECK (length(basis) BETWEEN 1 AND 200);
GRANT INSERT, UPDATE (valid_during, basis) ON listed_counties TO market_app;
