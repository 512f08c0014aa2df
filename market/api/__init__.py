"""The JSON API: controllers that parse the request, open a transaction and call the domain."""

from market.api import (
    aftersales,
    bad_fruit,
    booking_changes,
    bookings,
    calendar_feeds,
    catalogue,
    closures,
    complaints,
    contacts,
    coupons,
    divisions,
    goods_returns,
    guest_register,
    identity,
    mediations,
    orders,
    packs,
    payouts,
    photos,
    presales,
    privacy,
    producers,
    public_buyers,
    reviews,
    service,
    slots,
    subsidies,
    subsidy_imports,
    tasks,
)

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
    *presales.ROUTES,
    *bookings.ROUTES,
    *slots.ROUTES,
    *coupons.ROUTES,
    *orders.ROUTES,
    *aftersales.ROUTES,
    *bad_fruit.ROUTES,
    *goods_returns.ROUTES,
    *reviews.ROUTES,
    *complaints.ROUTES,
    *mediations.ROUTES,
    *booking_changes.ROUTES,
    *guest_register.ROUTES,
    *calendar_feeds.ROUTES,
    *payouts.ROUTES,
    *subsidies.ROUTES,
    *tasks.ROUTES,
]
"""The routes that take JSON, in small bodies."""

UPLOAD_ROUTES = [*photos.ROUTES, *subsidy_imports.ROUTES]
"""The routes that take files."""

__all__ = ["ROUTES", "UPLOAD_ROUTES"]
