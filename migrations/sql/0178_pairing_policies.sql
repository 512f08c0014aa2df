-- Package: pairing.
CREATE POLICY pairing_statement_lines_visible ON pairing_statement_lines TO market_app USING (sees_pairing(pairing_id));
CREATE POLICY pairing_statement_items_visible ON pairing_statement_items TO market_app USING (sees_pairing(pairing_id));
