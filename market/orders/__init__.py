"""Cart, checkout, and orders from placement to completion.

Exports what an application needs to place orders without HTTP; see docs/library.md.
"""

from market.catalogue.freight import RegionNotServed
from market.kernel.idempotency import IdempotencyKeyReused
from market.orders.address import Address, Destination, InvalidAddress, seal_address
from market.orders.checkout.batcher import Batcher
from market.orders.checkout.place import place
from market.orders.models import (
    EmptyOrder,
    InvalidNights,
    InvalidQuantity,
    Line,
    ListingId,
    Nights,
    NightsReserved,
    NightsTaken,
    NotForSale,
    PlacedOrder,
    ShopClosed,
    SoldOut,
    TooManyLines,
    TooManyUnpaidOrders,
    TotalChanged,
    VariantId,
    WaitingForPayment,
)
from payments.errors import Busy

__all__ = [
    "Address",
    "Batcher",
    "Busy",
    "Destination",
    "EmptyOrder",
    "IdempotencyKeyReused",
    "InvalidAddress",
    "InvalidNights",
    "InvalidQuantity",
    "Line",
    "ListingId",
    "Nights",
    "NightsReserved",
    "NightsTaken",
    "NotForSale",
    "PlacedOrder",
    "RegionNotServed",
    "ShopClosed",
    "SoldOut",
    "TooManyLines",
    "TooManyUnpaidOrders",
    "TotalChanged",
    "VariantId",
    "WaitingForPayment",
    "place",
    "seal_address",
]
