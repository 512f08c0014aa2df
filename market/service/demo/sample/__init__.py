"""Sample data made from public data of one province: a shop with orders, and a county's subsidies; nobody is real."""
