"""What operators send: files checked offline, taken whole or in part, revised, split by county, and asked for."""
