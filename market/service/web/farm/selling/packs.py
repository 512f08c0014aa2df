"""装法: add, replace and end the packs of a product on the page that corrects its listing; without scripts too."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import structs

from market.catalogue.listings.edit import OwnVariant
from market.catalogue.listings.models import BadListing, ListingChanged, ProducerNotOpen
from market.catalogue.listings.more_packs import LastPack, PackLimitReached, add_pack, end_pack
from market.catalogue.listings.packs import replace_pack
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.packages.tell import tell_of_retired_pack
from market.service.http import HttpRequest
from market.service.web.farm.selling.edit_listing import PackForm, Refused, load_edited_listing, render_edit_page
from market.service.web.farm.selling.pack_fields import get_pack_field_names, read_new_pack
from market.service.web.farm.selling.selling_obstacles import describe_refusal
from market.service.web.forms import PostedForm, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.services import get_services
from market.service.web.shop.cards import ShortNumber

_MORE = "more-"
"""The names of the fields of one more pack begin with this, as both forms are on one page."""


def _find_label(packs: Sequence[OwnVariant], variant_id: UUID | None) -> str:
    """Return the label of a pack, which the pack that replaces it keeps."""
    return next((each.label for each in packs if each.id == variant_id), "")


async def _change_packs(
    request: HttpRequest,
    actor: Actor,
    number: int,
    form: PostedForm,
    work: Callable[[Connection, UUID], Awaitable[str]],
    *,
    refused: Refused,
    names: dict[str, str],
) -> Response[Any]:
    """Run a change of packs once, or show the page again with what was typed and its faults."""
    services = get_services(request)
    async with services.db.connection() as conn:
        listing = await load_edited_listing(conn, actor, number, today=services.clock.today())
    if not form.faults:

        async def submit(conn: Connection) -> str:
            said = await work(conn, listing.stored.listing_id)
            return f"/farm/listings/{number}?said={said}"

        try:
            return await submit_once(request, actor, form, submit)
        except (BadListing, ForbiddenWord, ListingChanged, LastPack, PackLimitReached) as refusal:
            faults = rename_faults(refusal, names, otherwise=names["unit"])
            refused = structs.replace(refused, status=refusal.status, errors=faults)
        except ProducerNotOpen as refusal:
            obstacle = describe_refusal(refusal, "没改成")
            refused = structs.replace(refused, status=refusal.status, obstacle=obstacle)
    else:
        refused = structs.replace(refused, status=422, errors=form.faults)
    return render_edit_page(request, actor, number, listing, refused)


@post("/farm/listings/{number:int}/packs", include_in_schema=False)
async def submit_pack(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Replace a pack by another one; a form sent twice replaces it once.

    Raises:
        NotFound: the listing or the pack belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    variant_id = parse_uuid(form.get_text("variant"))
    async with db.connection() as conn:
        listing = await load_edited_listing(conn, actor, number, today=clock.today())
    new = read_new_pack(form, label=_find_label(listing.packs, variant_id))

    async def replace(conn: Connection, _listing_id: UUID) -> str:
        if variant_id is None:
            raise ListingChanged
        await replace_pack(conn, actor, variant_id, new, now=clock.now())
        await tell_of_retired_pack(conn, seal, variant_id, now=clock.now())
        return "repacked"

    refused = Refused(pack=form.fill(PackForm))
    return await _change_packs(request, actor, number, form, replace, refused=refused, names=get_pack_field_names())


@post("/farm/listings/{number:int}/packs/new", include_in_schema=False)
async def submit_more_pack(
    request: HttpRequest,
    *,
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Offer one more pack; a form sent twice adds it once.

    Raises:
        NotFound: the listing belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    new = read_new_pack(form, prefix=_MORE)

    async def add(conn: Connection, listing_id: UUID) -> str:
        await add_pack(conn, actor, listing_id, new, now=clock.now())
        return "packed"

    typed = PackForm("", *(form.get_text(f"{_MORE}{name}") for name in ("pack", "price", "left", "ceiling", "gross")))
    names = get_pack_field_names(_MORE)
    return await _change_packs(request, actor, number, form, add, refused=Refused(more=typed), names=names)


@post("/farm/listings/{number:int}/packs/end", include_in_schema=False)
async def submit_pack_end(
    request: HttpRequest,
    *,
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Take a pack off sale.

    Raises:
        NotFound: the listing or the pack belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    variant_id = parse_uuid(form.get_text("ended"))
    if variant_id is None:
        form.add_fault("ended", "选一下不卖哪一种")

    async def end(conn: Connection, _listing_id: UUID) -> str:
        if variant_id is None:
            raise ListingChanged
        await end_pack(conn, actor, variant_id, now=clock.now())
        await tell_of_retired_pack(conn, seal, variant_id, now=clock.now())
        return "unpacked"

    return await _change_packs(request, actor, number, form, end, refused=Refused(), names={"unit": "ended"})


ROUTES = [submit_pack, submit_more_pack, submit_pack_end]
