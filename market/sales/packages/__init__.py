"""乡村套餐: one offer of the stays, activities and goods of several households.

Exports what an application needs to compose and book packages without HTTP; see docs/library.md.
"""

from market.sales.packages.book import PackageQuote, PackageWish, PartTime, book_package, quote_package
from market.sales.packages.compose import compose_package
from market.sales.packages.consent import answer_package, publish_package, withdraw_package
from market.sales.packages.models import (
    InvalidPackage,
    InvalidPackageBooking,
    NewPackage,
    NewPart,
    Package,
    PackageFull,
    PackageNotReady,
    PackageReserved,
)
from market.sales.packages.order_parts import OrderedPackage, get_ordered_package

__all__ = [
    "InvalidPackage",
    "InvalidPackageBooking",
    "NewPackage",
    "NewPart",
    "OrderedPackage",
    "Package",
    "PackageFull",
    "PackageNotReady",
    "PackageQuote",
    "PackageReserved",
    "PackageWish",
    "PartTime",
    "answer_package",
    "book_package",
    "compose_package",
    "get_ordered_package",
    "publish_package",
    "quote_package",
    "withdraw_package",
]
