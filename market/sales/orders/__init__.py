"""Cart, checkout, and orders from placement to completion.

Exports what an application needs to place orders and have them paid without HTTP; see docs/library.md.
"""

from market.catalogue.listings.freight import RegionNotServed
from market.kernel.idempotency import IdempotencyKeyReused
from market.sales.orders.address import Address, Destination, InvalidAddress, address_to_point, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import (
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
from market.sales.orders.pay import PaymentInstructions, pay_order
from market.sales.orders.queries import OrderView, get_order
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
    "OrderView",
    "PaymentInstructions",
    "PlacedOrder",
    "RegionNotServed",
    "ShopClosed",
    "SoldOut",
    "TooManyLines",
    "TooManyUnpaidOrders",
    "TotalChanged",
    "VariantId",
    "WaitingForPayment",
    "address_to_point",
    "apply_payment_events",
    "get_order",
    "pay_order",
    "place",
    "seal_address",
]
