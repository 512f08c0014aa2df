-- A role that began today and ends today was held for no day: its row is deleted, and the audit record keeps both acts.
GRANT DELETE ON grants TO market_app;
