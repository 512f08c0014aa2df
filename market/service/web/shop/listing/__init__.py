"""The page of one listing: a product, a stay or an activity, on sale or not."""
