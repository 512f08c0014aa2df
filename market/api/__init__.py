"""The JSON API: controllers that parse the request, open a transaction and call the domain."""

from market.api import (
    aftersales,
    bookings,
    catalogue,
    divisions,
    identity,
    orders,
    photos,
    producers,
    service,
    subsidies,
)

ROUTES = [
    *service.ROUTES,
    *identity.ROUTES,
    *divisions.ROUTES,
    *producers.ROUTES,
    *catalogue.ROUTES,
    *photos.ROUTES,
    *bookings.ROUTES,
    *orders.ROUTES,
    *aftersales.ROUTES,
    *subsidies.ROUTES,
]
"""Every route of the API."""

__all__ = ["ROUTES"]
