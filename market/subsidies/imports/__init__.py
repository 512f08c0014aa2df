"""Import files of a county and its operators: each is checked cell by cell, and imported completely or refused."""
