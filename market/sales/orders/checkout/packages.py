"""Orders of packages: which part each line is, what it costs, and the rows that say so."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.bookings.tiers import find_strictest_tiers
from market.kernel import Connection, Fen, FieldFault, Query, Refusal, split
from market.kernel.language import say
from market.sales.orders.checkout.pricing import DraftLine, GoodsOffer, PackageLine, PriceBasis, StayOffer


class PackageChoice(Struct, frozen=True, kw_only=True):
    """What an order of packages takes from whom; `lines` and `nights` are parallel to those of the request.

    `holiday`: the guests come on a holiday, for which cancelling may refund less.
    """

    package_id: UUID
    count: int
    price_fen: Fen
    arrive_on: date | None
    holiday: bool
    lines: tuple[PackageLine, ...]
    nights: tuple[PackageLine, ...]


class PackageNotOnSale(Refusal):
    """The package is not on sale: withdrawn, unknown, or somebody has not agreed."""

    code = "package_not_on_sale"
    zh = "这个套餐现在不卖。"
    en = "The package is not on sale."


class LivePackage(Struct, frozen=True):
    """A package on sale, and the cancellation tiers of each visit that a household may supply to it."""

    id: UUID
    tiers: list[list[CancellationTier]]


LIST_LIVE_PACKAGES = Query(
    LivePackage,
    """
    SELECT id, coalesce((SELECT jsonb_agg(get_cancel_tiers(s.listing_id, 'infinity') ORDER BY position, ordinal)
                           FROM package_suppliers s JOIN package_parts USING (package_id, position)
                          WHERE package_id = packages.id AND kind <> 'product' AND state = 'agreed'), '[]') AS tiers
      FROM packages
     WHERE id = ANY(:package_ids::uuid[]) AND state = 'live'
    """,
)


async def load_live_packages(conn: Connection, package_ids: Collection[UUID]) -> dict[UUID, LivePackage]:
    """Return those of the packages that are on sale. Without any no statement is sent."""
    if not package_ids:
        return {}
    return {each.id: each for each in await LIST_LIVE_PACKAGES.all(conn, package_ids=list(package_ids))}


async def load_strictest_tiers(conn: Connection, package_id: UUID, *, holiday: bool) -> list[CancellationTier]:
    """Return the least that cancelling the visits of a package on sale refunds, whichever households supply it.

    Raises:
        PackageNotOnSale: it is not on sale.
    """
    live = await load_live_packages(conn, [package_id])
    if package_id not in live:
        raise PackageNotOnSale
    return find_strictest_tiers(live[package_id].tiers, holiday=holiday)


def require_live_package(choice: PackageChoice | None, live: Mapping[UUID, LivePackage]) -> None:
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
        PackageNotOnSale: something is settled by weight, which a share is not, or sold before its harvest.
    """
    for index, (offer, _) in enumerate(goods):
        if offer.ceiling_bp is not None or offer.presale is not None:
            fault = FieldFault(f"lines[{index}].quantity", say("要称重的、预售的不能进套餐"))
            raise PackageNotOnSale(errors=(fault,))
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
