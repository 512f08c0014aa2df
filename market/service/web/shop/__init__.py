"""The shop's pages: browsing, listings, the cart, paying, and a buyer's orders."""
