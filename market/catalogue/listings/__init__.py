"""Listings of farm products, stays and activities: publish, moderate, change and search.

Exports what an application needs to list goods and feed them to other platforms without HTTP; see docs/library.md.
"""

from market.catalogue.listings.feed import FeedItem, list_feed_items
from market.catalogue.listings.import_listings import ImportedListings, import_listings, read_listing_file
from market.catalogue.listings.models import BadListing, CancelTier, NewActivity, NewStay, PublishedListing
from market.catalogue.listings.publish import NewProduct, publish_activity, publish_product, publish_stay

__all__ = [
    "BadListing",
    "CancelTier",
    "FeedItem",
    "ImportedListings",
    "NewActivity",
    "NewProduct",
    "NewStay",
    "PublishedListing",
    "import_listings",
    "list_feed_items",
    "publish_activity",
    "publish_product",
    "publish_stay",
    "read_listing_file",
]
