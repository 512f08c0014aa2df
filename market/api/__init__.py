"""The JSON API: controllers that parse the request, open a transaction and call the domain."""

from market.api import (
    aftersales,
    bad_fruit,
    cases,
    complaints,
    contacts,
    conversations,
    coupons,
    divisions,
    favourites,
    goods_returns,
    identity,
    invoices,
    mediations,
    operators,
    orders,
    packages,
    payouts,
    photos,
    pickups,
    privacy,
    producers,
    public_buyers,
    reviews,
    service,
    subsidies,
    subsidy_imports,
    tasks,
)
from market.api.selling import catalogue, closures, listing_files, listing_photos, packs, presales
from market.api.visits import booking_changes, bookings, calendar_feeds, guest_register, slots, stay_cancellations

ROUTES = [
    *service.ROUTES,
    *identity.ROUTES,
    *public_buyers.ROUTES,
    *privacy.ROUTES,
    *divisions.ROUTES,
    *contacts.ROUTES,
    *producers.ROUTES,
    *closures.ROUTES,
    *catalogue.ROUTES,
    *packs.ROUTES,
    *listing_photos.ROUTES,
    *presales.ROUTES,
    *bookings.ROUTES,
    *slots.ROUTES,
    *coupons.ROUTES,
    *favourites.ROUTES,
    *orders.ROUTES,
    *packages.ROUTES,
    *aftersales.ROUTES,
    *bad_fruit.ROUTES,
    *goods_returns.ROUTES,
    *reviews.ROUTES,
    *cases.ROUTES,
    *complaints.ROUTES,
    *conversations.ROUTES,
    *invoices.ROUTES,
    *mediations.ROUTES,
    *booking_changes.ROUTES,
    *guest_register.ROUTES,
    *stay_cancellations.ROUTES,
    *calendar_feeds.ROUTES,
    *payouts.ROUTES,
    *pickups.ROUTES,
    *subsidies.ROUTES,
    *tasks.ROUTES,
    *operators.ROUTES,
]
"""The routes that take JSON, in small bodies."""

UPLOAD_ROUTES = [*photos.ROUTES, *listing_files.ROUTES, *subsidy_imports.ROUTES]
"""The routes that take files."""

__all__ = ["ROUTES", "UPLOAD_ROUTES"]
