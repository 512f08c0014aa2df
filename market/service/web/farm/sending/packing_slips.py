"""装箱单: the packing slips of all parcels to ship, to print and put into each box."""

from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.units import get_count_word
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.text import mask_phone
from market.people.identity.models import Actor
from market.sales.aftersales.parcels import Parcel, list_parcels
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import format_unit
from market.service.web.shop.promises import describe_bad_fruit_promise
from market.service.web.shop.regions import get_region_name


class PackingSlip(Struct, frozen=True):
    """The slip of one parcel: to whom, and what is inside. It states no price, as a parcel may be a gift."""

    number: str
    seller: str
    to: str
    address: str
    lines: list[tuple[str, str, str]]
    paid_at: datetime | None


def make_packing_slip(parcel: Parcel, seller: str) -> PackingSlip:
    """Return the slip of a parcel; the phone number is masked, because the slip may be thrown away."""
    address = parcel.address
    return PackingSlip(
        number=parcel.code,
        seller=seller,
        to=f"{address.name}　{mask_phone(address.phone)}" if address else "",
        address=f"{get_region_name(address.region_code)}{address.street}" if address else "",
        lines=[
            (line.title, format_unit(line.unit), f"{line.quantity} {get_count_word(line.unit)}")
            for line in parcel.lines
        ],
        paid_at=parcel.paid_at,
    )


@get("/farm/slips", include_in_schema=False)
async def show_packing_slips(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the packing slips of the parcels that wait to be shipped."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        slips = [
            make_packing_slip(parcel, producer.name)
            for producer in await list_own_producers(conn, actor)
            for parcel in await list_parcels(conn, seal, actor, producer.id, now=clock.now())
        ]
    context = {
        "slips": slips,
        "day": clock.today(),
        "promise": f"{describe_bad_fruit_promise(settings.claim_hours)}，不用打电话。",
    }
    return render_page(request, "farm/slips.html", context, actor=actor)


ROUTES = [show_packing_slips]
