"""Who works on a county: officials, deputies, operators, contacts; and what they did."""
