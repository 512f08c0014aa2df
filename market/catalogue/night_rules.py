"""Rules of a stay: what weekends and holidays cost, and how many nights a guest stays at least."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from market.audit.record import add_audit_entry
from market.catalogue.models import BadListing, list_price_faults
from market.catalogue.terms import list_min_nights_faults, lock_own_stay, require_own_stay
from market.identity.models import Actor
from market.kernel import Connection, Fen, FieldFault, Query

HOLIDAY_NAMES = ("元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆")
"""The public holidays. Source: 全国年节及纪念日放假办法 2."""


class RuleKind(StrEnum):
    """What decides a price or a least number of nights, the weakest first; `season` are dated terms."""

    ALWAYS = "always"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SEASON = "season"


class NightRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of the nights to which the rule applies, and how many nights a guest stays at least; None is no rule.

    `holiday` names one holiday, or is empty for every one. Rules that always apply have no price: that of the stay is.
    """

    applies: RuleKind
    holiday: str = ""
    price_fen: Fen | None = None
    min_nights: int | None = None


SET_RULE = Query(
    None,
    """
    INSERT INTO night_rules (listing_id, applies, holiday, price_fen, min_nights)
    VALUES (:listing_id, :applies, :holiday, :price_fen, :min_nights::smallint)
    """,
)
DELETE_RULE = Query(
    None, "DELETE FROM night_rules WHERE listing_id = :listing_id AND applies = :applies AND holiday = :holiday"
)
LIST_RULES = Query(
    NightRule,
    """
    SELECT applies, holiday, price_fen, min_nights FROM night_rules WHERE listing_id = :listing_id
     ORDER BY array_position(ARRAY['always', 'weekend', 'holiday'], applies), holiday LIMIT 20
    """,
)
GET_LAST_HOLIDAY = Query(date, "SELECT max(day) FROM holidays")


async def set_night_rule(
    conn: Connection, actor: Actor, listing_id: UUID, rule: NightRule, *, now: datetime
) -> list[NightRule]:
    """Set a rule of the actor's stay, or remove it if it states nothing; return all rules.

    Existing bookings keep their prices.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        BadListing: a field is invalid; `errors` lists each with what would be right.
    """
    faults: list[FieldFault] = []
    if rule.applies is RuleKind.SEASON:
        faults.append(FieldFault("applies", "按日子定的价，写在“这几晚另定”里"))
    if rule.holiday and (rule.applies is not RuleKind.HOLIDAY or rule.holiday not in HOLIDAY_NAMES):
        faults.append(FieldFault("holiday", f"节日写其中一个：{'、'.join(HOLIDAY_NAMES)}；都算就空着"))
    if rule.price_fen is not None:
        faults += list_price_faults(rule.price_fen)
        if rule.applies is RuleKind.ALWAYS:
            faults.append(FieldFault("price_fen", "平常的价钱，在这一样的“改价”里改"))
    if rule.min_nights is not None:
        faults += list_min_nights_faults(rule.min_nights)
    if faults:
        raise BadListing(errors=tuple(faults))
    await lock_own_stay(conn, actor, listing_id)
    await DELETE_RULE.run(conn, listing_id=listing_id, applies=rule.applies, holiday=rule.holiday)
    if rule.price_fen is not None or rule.min_nights is not None:
        await SET_RULE.run(conn, listing_id=listing_id, **structs.asdict(rule))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.night_rule",
        object=f"listing:{listing_id}",
        detail={**structs.asdict(rule)},
        now=now,
    )
    return await LIST_RULES.all(conn, listing_id=listing_id)


async def list_night_rules(conn: Connection, actor: Actor, listing_id: UUID) -> list[NightRule]:
    """Return the rules of the actor's stay.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
    """
    await require_own_stay(conn, actor, listing_id)
    return await LIST_RULES.all(conn, listing_id=listing_id)


async def get_last_holiday(conn: Connection) -> date:
    """Return the last day that the published holidays name; nights of later years have no holiday yet."""
    return await GET_LAST_HOLIDAY.one(conn)
