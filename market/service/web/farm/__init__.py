"""The sellers' pages: parcels and guests, listings, certificates, freight, money and the phone bill."""
