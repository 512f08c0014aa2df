"""Orders of packages: which part each line is, what it costs, and the rows that say so."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct, structs

from market.kernel import Connection, Fen, FieldFault, Query, Refusal, split
from market.orders.checkout.pricing import DraftLine, GoodsOffer, PackageLine, PriceBasis, StayOffer


class PackageChoice(Struct, frozen=True, kw_only=True):
    """What an order of packages takes from whom; `lines` and `nights` are parallel to those of the request."""

    package_id: UUID
    count: int
    price_fen: Fen
    arrive_on: date | None
    lines: tuple[PackageLine, ...]
    nights: tuple[PackageLine, ...]


class PackageNotOnSale(Refusal):
    """The package is not on sale: withdrawn, unknown, or somebody has not agreed."""

    code = "package_not_on_sale"
    zh = "这个套餐现在不卖。"
    en = "The package is not on sale."


LIST_LIVE_PACKAGES = Query(UUID, "SELECT id FROM packages WHERE id = ANY(:package_ids::uuid[]) AND state = 'live'")


async def load_live_packages(conn: Connection, choices: Sequence[PackageChoice]) -> set[UUID]:
    """Return which of the packages are on sale. Without any no statement is sent."""
    if not choices:
        return set()
    return set(await LIST_LIVE_PACKAGES.all(conn, package_ids=[each.package_id for each in choices]))


def require_live_package(choice: PackageChoice | None, live: set[UUID]) -> None:
    """Require that the package of a request, if it has one, is among those on sale.

    Raises:
        PackageNotOnSale: it is not.
    """
    if choice is not None and choice.package_id not in live:
        raise PackageNotOnSale


def price_packages(
    choice: PackageChoice,
    goods: Sequence[tuple[GoodsOffer, DraftLine]],
    stays: Sequence[tuple[StayOffer, DraftLine]],
) -> tuple[list[tuple[GoodsOffer, DraftLine]], list[tuple[StayOffer, DraftLine]]]:
    """Return priced lines at their shares of the package instead of their own prices.

    Raises:
        PackageNotOnSale: something is settled by weight, which a share is not.
    """
    for index, (offer, _) in enumerate(goods):
        if offer.ceiling_bp is not None:
            raise PackageNotOnSale(errors=(FieldFault(f"lines[{index}].quantity", "要称重的不能进套餐"),))
    return (
        [(offer, _price_line(line, part)) for (offer, line), part in zip(goods, choice.lines, strict=True)],
        [(offer, _price_line(line, part)) for (offer, line), part in zip(stays, choice.nights, strict=True)],
    )


def _price_line(line: DraftLine, part: PackageLine) -> DraftLine:
    """Return a line that costs exactly its share.

    The price of an item is rounded up; the line's reduction takes off what that is too much. The nights of a room
    divide its price by largest remainder.
    """
    price = -(-part.amount_fen // line.quantity)
    stay = line.stay
    if stay is not None:
        prices = split(price, [1] * len(stay.nights))
        nights = [(night, Fen(fen)) for (night, _), fen in zip(stay.nights, prices, strict=True)]
        stay = structs.replace(stay, nights=nights)
    return structs.replace(
        line,
        price_fen=Fen(price),
        reduction_fen=Fen(price * line.quantity - part.amount_fen),
        price_basis=PriceBasis.PACKAGE,
        stay=stay,
        package=part,
    )
