"""Rules of a stay or an activity: what weekends and holidays cost, and how many nights a guest stays at least."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.listings.models import BadListing
from market.catalogue.listings.terms import list_terms_faults, lock_own_visit, require_own_visit
from market.kernel import Connection, Fen, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor

HOLIDAY_NAMES = ("元旦", "春节", "清明", "劳动节", "端午", "中秋", "国庆")
"""The public holidays. Source: 全国年节及纪念日放假办法 2."""


class RuleKind(StrEnum):
    """What decides a price or a least number of nights, the weakest first; `season` are dated terms."""

    ALWAYS = "always"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    SEASON = "season"


class NightRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of the nights or days to which the rule applies, and how many nights a guest stays at least.

    None is no rule. `holiday` names one holiday, or is empty for every one. Rules that always apply have no price: that
    of the listing is. A weekend is Friday and Saturday night, or Saturday and Sunday, unless the day is worked instead.
    """

    applies: RuleKind
    holiday: str = ""
    price_fen: Fen | None = None
    min_nights: int | None = None
    child_price_fen: Fen | None = None


class DayPrice(Struct, frozen=True, kw_only=True):
    """What a night of a stay or a day of an activity costs, with the rule that decides it."""

    night: date
    price_fen: Fen
    price_rule: RuleKind
    min_nights: int
    holiday: str | None
    child_price_fen: Fen | None


SET_RULE = Query(
    None,
    """
    INSERT INTO night_rules (listing_id, applies, holiday, price_fen, min_nights, child_price_fen)
    VALUES (:listing_id, :applies, :holiday, :price_fen, :min_nights::smallint, :child_price_fen)
    """,
)
DELETE_RULE = Query(
    None, "DELETE FROM night_rules WHERE listing_id = :listing_id AND applies = :applies AND holiday = :holiday"
)
LIST_RULES = Query(
    NightRule,
    """
    SELECT applies, holiday, price_fen, min_nights, child_price_fen FROM night_rules WHERE listing_id = :listing_id
     ORDER BY array_position(ARRAY['always', 'weekend', 'holiday'], applies), holiday LIMIT 20
    """,
)
LIST_DAY_PRICES = Query(
    DayPrice,
    """
    SELECT night, price_fen, price_rule, min_nights, holiday, child_price_fen
      FROM list_night_prices(:listing_id, :first::date, :until::date) ORDER BY night
    """,
)
GET_LAST_HOLIDAY = Query(date, "SELECT max(day) FROM holidays")


async def set_night_rule(
    conn: Connection, actor: Actor, listing_id: UUID, rule: NightRule, *, now: datetime
) -> list[NightRule]:
    """Set a rule of the actor's stay or activity, or remove it if it states nothing; return all rules.

    Existing orders keep their prices.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
        BadListing: a field is invalid; `errors` lists each with what would be right.
    """
    visit = await lock_own_visit(conn, actor, listing_id)
    faults: list[FieldFault] = []
    if rule.applies is RuleKind.SEASON:
        faults.append(FieldFault("applies", "按日子定的价，写在“这几晚另定”里"))
    if rule.holiday and (rule.applies is not RuleKind.HOLIDAY or rule.holiday not in HOLIDAY_NAMES):
        faults.append(FieldFault("holiday", f"节日写其中一个：{'、'.join(HOLIDAY_NAMES)}；都算就空着"))
    faults += list_terms_faults(
        visit, price_fen=rule.price_fen, child_price_fen=rule.child_price_fen, min_nights=rule.min_nights
    )
    if rule.price_fen is not None and rule.applies is RuleKind.ALWAYS:
        faults.append(FieldFault("price_fen", "平常的价钱，在这一样的“改价”里改"))
    if faults:
        raise BadListing(errors=tuple(faults))
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
    """Return the rules of the actor's stay or activity.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
    """
    await require_own_visit(conn, actor, listing_id)
    return await LIST_RULES.all(conn, listing_id=listing_id)


async def list_day_prices(conn: Connection, listing_id: UUID, *, first: date, until: date) -> list[DayPrice]:
    """Return what each night of a stay or day of an activity costs, from `first` up to, not including, `until`."""
    return await LIST_DAY_PRICES.all(conn, listing_id=listing_id, first=first, until=until)


async def get_last_holiday(conn: Connection) -> date:
    """Return the last day that the published holidays name; nights of later years have no holiday yet."""
    return await GET_LAST_HOLIDAY.one(conn)
