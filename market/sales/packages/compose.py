"""Compose a package of the listings of several households, and ask each of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.listings.certificates import get_open_seller, lock_seller
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.publish import resolve_own_producer
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_name, clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import list_name_faults, list_story_faults
from market.people.moderation.off_platform import require_public_text
from market.people.notify.notifications import notify_producer
from market.sales.packages.models import (
    MAX_OPEN_PACKAGES,
    MAX_PACKAGE_NIGHTS,
    MAX_PARTS,
    MAX_PERSONS,
    MAX_PRICE_FEN,
    MAX_QUANTITY,
    MAX_SEASON_DAYS,
    MIN_PRICE_FEN,
    MIN_SHARE_FEN,
    Consent,
    InvalidPackage,
    NewPackage,
    NewPart,
    Package,
    TooManyPackages,
)
from market.sales.packages.read import get_package
from market.sales.packages.rules import propose_shares
from payments.money import format_yuan


class OfferedVariant(Struct, frozen=True, kw_only=True):
    """A variant of a listing on sale that a package may have; `price_fen` is for a night, a person or an item.

    `settled`: its price is settled by weight, or it is sold before its harvest.
    """

    variant_id: UUID
    listing_id: UUID
    listing_number: int
    kind: ListingKind
    title: str
    unit: str
    price_fen: Fen
    producer_id: UUID
    producer: str
    settled: bool


_OFFERED = """
    SELECT variants.id AS variant_id, variants.listing_id, listings.number AS listing_number, listings.kind,
           trim(listings.title || ' ' || variants.label) AS title, variants.unit, variants.price_fen,
           household.id AS producer_id, household.name AS producer,
           ceiling_bp IS NOT NULL OR presales.listing_id IS NOT NULL AS settled
      FROM producers AS organiser
      JOIN producers AS household ON household.county_code = organiser.county_code AND household.state = 'open'
      JOIN listings ON listings.producer_id = household.id AND listings.state = 'live'
      JOIN variants ON variants.listing_id = listings.id AND variants.position IS NOT NULL
      LEFT JOIN presales ON presales.listing_id = listings.id AND presales.send_until >= :day::date
     WHERE organiser.id = :producer_id AND listings.certified_until >= :day::date"""
LIST_OFFERED_VARIANTS = Query(
    OfferedVariant, _OFFERED + " AND variants.id = ANY(:variant_ids::uuid[]) ORDER BY variants.id"
)
# The nearest first: those of the own village, then of the township, then of the county.
LIST_NEAR_VARIANTS = Query(
    OfferedVariant,
    _OFFERED
    + """
       AND ceiling_bp IS NULL AND presales.listing_id IS NULL AND (listings.kind <> 'stay' OR variants.position = 0)
     ORDER BY household.village_code <> organiser.village_code,
              left(household.village_code, 9) <> left(organiser.village_code, 9),
              listings.kind = 'product', listings.kind, listings.number, variants.position
     LIMIT :limit
    """,
)
# Those of the last day count although they were withdrawn: each one sends text messages.
COUNT_OPEN_PACKAGES = Query(
    int,
    """
    SELECT count(*) FROM packages
     WHERE producer_id = :producer_id AND (state <> 'withdrawn' OR created_at > :now::timestamptz - interval '1 day')
       AND id IS DISTINCT FROM :except_id::uuid
    """,
)
ADD_PACKAGE = Query(
    UUID,
    """
    INSERT INTO packages (producer_id, title, story, persons, nights, price_fen, valid_during, on_holidays, created_by,
                          created_at)
    VALUES (:producer_id, :title, :story, :persons, :nights, :price_fen, daterange(:starts_on, :ends_on, '[]'),
            :on_holidays, :account_id, :now)
    RETURNING id
    """,
)
ADD_PART = Query(
    None,
    """
    INSERT INTO package_parts (package_id, position, kind, quantity, share_fen)
    VALUES (:package_id, :position, :kind, :quantity, :share_fen)
    """,
)
ADD_SUPPLIER = Query(
    None,
    """
    INSERT INTO package_suppliers (package_id, position, ordinal, producer_id, listing_id, variant_id, state,
                                   decided_by, decided_at)
    VALUES (:package_id, :position, :ordinal, :producer_id, :listing_id, :variant_id, :state, :decided_by, :decided_at)
    """,
)
MAX_NEAR_VARIANTS = 200


class _ComposedPart(Struct, frozen=True, kw_only=True):
    kind: ListingKind
    quantity: int
    share_fen: Fen
    offers: list[OfferedVariant]


async def list_near_variants(
    conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime
) -> list[OfferedVariant]:
    """Return what a package of the producer may have, of its own village first, at most 200.

    Raises:
        NotFound: the actor does not work for it.
    """
    require_producer(actor, producer_id)
    return await LIST_NEAR_VARIANTS.all(
        conn, producer_id=producer_id, day=get_business_day(now), limit=MAX_NEAR_VARIANTS
    )


async def compose_package(
    conn: Connection, seal: Seal, actor: Actor, new: NewPackage, *, producer_id: UUID | None = None, now: datetime
) -> Package:
    """Compose a package and ask each household by text message, in the caller's transaction; nothing is on sale yet.

    What the composing producer itself supplies it agrees to by composing. The terms never change afterwards.

    Raises:
        NotFound: the actor does not work for the producer.
        ProducerNotOpen: the producer may not sell now.
        InvalidPackage: fields are invalid; `errors` lists all of them.
        ForbiddenWord: a text contains a forbidden word, or leads away from the platform.
        TooManyPackages: the producer has the maximum number of open packages.
    """
    organiser = resolve_own_producer(actor, producer_id)
    package = structs.replace(new, title=clean_name(new.title), story=clean_text(new.story))
    require_public_text(title=package.title, story=package.story)
    await lock_seller(conn, organiser)
    await get_open_seller(conn, organiser, get_business_day(now))
    ids = [variant_id for part in package.parts for variant_id in part.variant_ids]
    rows = await LIST_OFFERED_VARIANTS.all(conn, producer_id=organiser, variant_ids=ids, day=get_business_day(now))
    offers = {row.variant_id: row for row in rows}
    faults = [*_list_faults(package, now), *_list_part_faults(package, offers)]
    if faults:
        raise InvalidPackage(errors=tuple(faults))
    parts = _share_price(package, offers)
    await require_room(conn, organiser, now=now)
    package_id = await ADD_PACKAGE.one(
        conn, producer_id=organiser, title=package.title, story=package.story, persons=package.persons,
        nights=package.nights, price_fen=package.price_fen, starts_on=package.starts_on, ends_on=package.ends_on,
        on_holidays=package.on_holidays, account_id=actor.account_id, now=now,
    )  # fmt: skip
    await _add_parts(conn, actor, organiser, package_id, parts, now=now)
    composed = await get_package(conn, package_id)
    await _ask(conn, seal, composed, now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="package.compose",
        object=f"package:{package_id}",
        detail={"title": package.title, "price_fen": package.price_fen, "shares": [each.share_fen for each in parts]},
        now=now,
    )
    return composed


async def require_room(conn: Connection, producer_id: UUID, *, except_id: UUID | None = None, now: datetime) -> None:
    """Require that a locked producer may have one more open package, besides the one that is put on sale again.

    Raises:
        TooManyPackages: it has the maximum number.
    """
    open_ones = await COUNT_OPEN_PACKAGES.one(conn, producer_id=producer_id, except_id=except_id, now=now)
    if open_ones >= MAX_OPEN_PACKAGES:
        raise TooManyPackages(limit=MAX_OPEN_PACKAGES)


async def _add_parts(
    conn: Connection, actor: Actor, organiser: UUID, package_id: UUID, parts: Sequence[_ComposedPart], *, now: datetime
) -> None:
    for position, part in enumerate(parts, 1):
        await ADD_PART.run(
            conn, package_id=package_id, position=position, kind=part.kind, quantity=part.quantity,
            share_fen=part.share_fen,
        )  # fmt: skip
        for ordinal, offer in enumerate(part.offers, 1):
            own = offer.producer_id == organiser
            await ADD_SUPPLIER.run(
                conn, package_id=package_id, position=position, ordinal=ordinal, producer_id=offer.producer_id,
                listing_id=offer.listing_id, variant_id=offer.variant_id,
                state=Consent.AGREED if own else Consent.ASKED, decided_by=actor.account_id if own else None,
                decided_at=now if own else None,
            )  # fmt: skip


async def _ask(conn: Connection, seal: Seal, package: Package, *, now: datetime) -> None:
    """Tell each household that was asked what it would get for a package."""
    shares: dict[UUID, int] = {}
    for part in package.parts:
        for each in part.suppliers:
            if each.state is Consent.ASKED:
                shares[each.producer_id] = shares.get(each.producer_id, 0) + part.share_fen
    for producer_id, share in shares.items():
        facts = {"organiser": package.producer, "title": package.title, "amount": format_yuan(share)}
        await notify_producer(conn, seal, producer_id, "package_asked", facts, now=now)


def _list_faults(package: NewPackage, now: datetime) -> list[FieldFault]:
    """Return the faults of the fields besides the parts."""
    today = get_business_day(now)
    lowest, highest = (format_yuan(fen).removesuffix(".00") for fen in (MIN_PRICE_FEN, MAX_PRICE_FEN))
    checks = [
        ("persons", 1 <= package.persons <= MAX_PERSONS, f"几个人用，1 到 {MAX_PERSONS}"),
        ("nights", 0 <= package.nights <= MAX_PACKAGE_NIGHTS, f"住几晚，0 到 {MAX_PACKAGE_NIGHTS}"),
        ("price_fen", MIN_PRICE_FEN <= package.price_fen <= MAX_PRICE_FEN, f"价格从 {lowest} 元到 {highest} 元"),
        ("starts_on", package.starts_on <= package.ends_on, "头一天不能晚于最后一天"),
        (
            "ends_on",
            0 <= (package.ends_on - today).days <= MAX_SEASON_DAYS,
            f"最后一天从今天起，最远 {MAX_SEASON_DAYS} 天",
        ),
        ("parts", 2 <= len(package.parts) <= MAX_PARTS, f"选 2 到 {MAX_PARTS} 样"),
    ]
    return [
        *list_name_faults("title", package.title),
        *list_story_faults(package.story),
        *(FieldFault(field, message) for field, holds, message in checks if not holds),
    ]


def _list_part_faults(package: NewPackage, offers: dict[UUID, OfferedVariant]) -> list[FieldFault]:
    faults: list[FieldFault] = []
    listings: set[UUID] = set()
    for index, part in enumerate(package.parts):
        field = f"parts[{index}]"
        if not 1 <= part.quantity <= MAX_QUANTITY:
            faults.append(FieldFault(f"{field}.quantity", f"几样，1 到 {MAX_QUANTITY}"))
        if part.share_fen is not None and part.share_fen < MIN_SHARE_FEN:
            faults.append(FieldFault(f"{field}.share_fen", f"每一样最少分 {format_yuan(MIN_SHARE_FEN)} 元"))
        known = [offers[each] for each in part.variant_ids if each in offers]
        if message := _find_choice_fault(part, known, listings):
            faults.append(FieldFault(f"{field}.variant_ids", message))
        listings |= {each.listing_id for each in known}
    if faults or len(package.parts) < 2:
        return faults
    kinds = [offers[part.variant_ids[0]].kind for part in package.parts]
    if (ListingKind.STAY in kinds) != (package.nights > 0):
        message = "套餐里有住的，写住几晚" if ListingKind.STAY in kinds else "套餐里没有住的，这里写 0"
        faults.append(FieldFault("nights", message))
    if all(kind is ListingKind.PRODUCT for kind in kinds):
        faults.append(FieldFault("parts", "至少有一样住的或者玩的；只卖东西，不用套餐"))
    if len({each.producer_id for each in offers.values()}) < 2:
        faults.append(FieldFault("parts", "套餐至少要有两家一起做"))
    return faults + _list_share_faults(package, offers)


def _find_choice_fault(part: NewPart, known: Sequence[OfferedVariant], listings: set[UUID]) -> str | None:
    """Return what is wrong with the variants of a part, or None."""
    if len(known) != len(part.variant_ids):
        return "有一样现在不卖，或者不是本县的"
    ids = [each.listing_id for each in known]
    if len(set(ids)) != len(ids) or listings.intersection(ids):
        return "同一样只能选一次"
    if len({each.kind for each in known}) > 1:
        return "能互换的要是同一类：都是住的、都是玩的，或者都是东西"
    if any(each.settled for each in known):
        return "要称重的、预售的，不能进套餐"
    return None


def _list_share_faults(package: NewPackage, offers: dict[UUID, OfferedVariant]) -> list[FieldFault]:
    given = [part.share_fen for part in package.parts if part.share_fen is not None]
    if 0 < len(given) < len(package.parts):
        return [
            FieldFault(f"parts[{index}].share_fen", "每一样都写分多少，或者都空着")
            for index, part in enumerate(package.parts)
            if part.share_fen is None
        ]
    if given and sum(given) != package.price_fen:
        words = f"各家分的加起来是 {format_yuan(sum(given))} 元，和价格 {format_yuan(package.price_fen)} 元对不上"
        return [FieldFault("price_fen", words)]
    if not given and min(each.share_fen for each in _share_price(package, offers)) < MIN_SHARE_FEN:
        return [FieldFault("price_fen", f"价格太低，分下来有一样不到 {format_yuan(MIN_SHARE_FEN)} 元")]
    return []


def _share_price(package: NewPackage, offers: dict[UUID, OfferedVariant]) -> list[_ComposedPart]:
    """Return the parts with their shares: those that were given, else in proportion to the usual prices."""
    parts = [(part, [offers[each] for each in part.variant_ids]) for part in package.parts]
    usual = [
        Fen(found[0].price_fen * part.quantity * (package.nights if found[0].kind is ListingKind.STAY else 1))
        for part, found in parts
    ]
    proposed = propose_shares(Fen(package.price_fen), usual)
    return [
        _ComposedPart(
            kind=found[0].kind,
            quantity=part.quantity,
            share_fen=share if part.share_fen is None else Fen(part.share_fen),
            offers=found,
        )
        for (part, found), share in zip(parts, proposed, strict=True)
    ]
