-- What waits for an official is found by the role that answers it now, of a county as of a province. What waits for a seller
-- is found by the seller (cases_open_by_producer).
-- Package: casework.
CREATE INDEX cases_open_by_role ON cases ((path[level]), county_code)
    WHERE state = 'assigned' AND path[level] <> 'seller';
