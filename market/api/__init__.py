"""JSON over HTTP: controllers that parse, open a transaction, call the domain and answer."""

from market.api import (
    aftersales,
    bookings,
    catalogue,
    identity,
    orders,
    photos,
    places,
    producers,
    service,
    subsidies,
)

ROUTES = [
    *service.ROUTES,
    *identity.ROUTES,
    *places.ROUTES,
    *producers.ROUTES,
    *catalogue.ROUTES,
    *photos.ROUTES,
    *bookings.ROUTES,
    *orders.ROUTES,
    *aftersales.ROUTES,
    *subsidies.ROUTES,
]
"""Every route that programs call."""

__all__ = ["ROUTES"]
