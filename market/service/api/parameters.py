"""The bounds of what a query may hold: a value outside of them is refused by its name, and the schema states them."""

from typing import Annotated

from msgspec import Meta

from market.catalogue.listings.models import MAX_PRICE_FEN
from market.kernel.page import MAX_PAGE_SIZE

# Litestar applies the bounds of a query parameter only through a named type.
type Text = Annotated[str, Meta(max_length=200)]
type Cursor = Annotated[str, Meta(max_length=80)]
type PageSize = Annotated[int, Meta(ge=1, le=MAX_PAGE_SIZE)]
type Offset = Annotated[int, Meta(ge=0, le=100_000)]
type PriceFen = Annotated[int, Meta(ge=1, le=MAX_PRICE_FEN)]
