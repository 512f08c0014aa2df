"""What a household gained, the rules of a shop, and the sums of villages before they are hidden where too small."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_producer
from market.people.identity.models import AccountId, Actor
from market.people.identity.sign_in import find_account_by_index, lock_phones
from market.villages.benefits.models import (
    MAX_LISTED,
    BenefitHow,
    HouseholdLink,
    HouseholdPhoneInvalid,
    HouseholdUnknown,
    OwnBenefit,
    ShopHousehold,
    ShopRule,
    VillageCell,
)
from market.villages.benefits.wall import enter_benefits

HOUSEHOLD_PHONE_CONTEXT = "benefits.households.phone"


class _Gained(Struct, frozen=True):
    month: date
    producer_id: UUID
    how: BenefitHow
    fen: Fen


class _ShopName(Struct, frozen=True):
    id: UUID
    name: str


LIST_GAINED = Query(
    _Gained,
    """
    SELECT date_trunc('month', e.day)::date AS month, h.producer_id, e.how, sum(e.fen)::bigint AS fen
      FROM benefits.households h JOIN benefits.entries e ON e.household_id = h.id
     WHERE h.account_id = :account_id
     GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3 LIMIT :limit
    """,
)
LIST_SHOP_NAMES = Query(_ShopName, "SELECT id, name FROM producers WHERE id = ANY(:ids::uuid[])")
LIST_SHOP_RULES = Query(
    ShopRule,
    """
    SELECT r.listing_id, h.code, r.how, r.share_bp, r.wage_per_unit_fen, lower(r.valid_during) AS first
      FROM benefits.rules r JOIN benefits.households h ON h.id = r.household_id
     WHERE h.producer_id = :producer_id AND upper_inf(r.valid_during)
     ORDER BY r.listing_id, r.share_bp DESC NULLS LAST, h.code LIMIT :limit
    """,
)
LIST_SHOP_HOUSEHOLDS = Query(
    ShopHousehold,
    """
    SELECT code, num_nonnulls(account_id, phone_index) = 1 AS linked FROM benefits.households
     WHERE producer_id = :producer_id ORDER BY code LIMIT :limit
    """,
)
LINK = Query(
    str,
    """
    UPDATE benefits.households
       SET account_id = :account_id, phone_index = :phone_index, phone_sealed = :phone_sealed
     WHERE producer_id = :producer_id AND code = :code
    RETURNING code
    """,
)
# A person whom two shops pay is one household.
SUM_VILLAGES = Query(
    VillageCell,
    """
    WITH gained AS (
        SELECT h.village_code, e.how, coalesce(h.account_id, h.id) AS household, sum(e.fen)::bigint AS fen
          FROM benefits.households h JOIN benefits.entries e ON e.household_id = h.id
         WHERE starts_with(h.village_code, :county) AND e.day >= :first::date AND e.day < :until::date
         GROUP BY 1, 2, 3),
    by_household AS (
        SELECT CASE WHEN grouping(village_code) = 0 THEN village_code END AS village_code,
               CASE WHEN grouping(how) = 0 THEN how END AS how, household, sum(fen)::bigint AS fen
          FROM gained
         GROUP BY GROUPING SETS ((village_code, how, household), (village_code, household), (how, household),
                                 (household)))
    SELECT village_code, how, count(*)::integer AS households, sum(fen)::bigint AS fen,
           max(fen)::bigint AS largest_fen
      FROM by_household GROUP BY village_code, how
     ORDER BY village_code NULLS LAST, how NULLS LAST LIMIT :limit
    """,
)


async def list_own_benefits(conn: Connection, account_id: AccountId, *, limit: int = MAX_LISTED) -> list[OwnBenefit]:
    """Return what the households of an account gained, by month, producer and way, the latest month first."""
    async with enter_benefits(conn):
        gained = await LIST_GAINED.all(conn, account_id=account_id, limit=limit)
    names = {each.id: each.name for each in await LIST_SHOP_NAMES.all(conn, ids=[each.producer_id for each in gained])}
    return [
        OwnBenefit(month=each.month, producer=names[each.producer_id], how=each.how, fen=each.fen) for each in gained
    ]


async def list_shop_rules(conn: Connection, actor: Actor, producer_id: UUID) -> list[ShopRule]:
    """Return the open rules of a producer of the actor's.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    async with enter_benefits(conn):
        return await LIST_SHOP_RULES.all(conn, producer_id=producer_id, limit=MAX_LISTED)


async def list_shop_households(conn: Connection, actor: Actor, producer_id: UUID) -> list[ShopHousehold]:
    """Return the households of a producer of the actor's.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    async with enter_benefits(conn):
        return await LIST_SHOP_HOUSEHOLDS.all(conn, producer_id=producer_id, limit=MAX_LISTED)


async def link_household(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, link: HouseholdLink
) -> ShopHousehold:
    """Let the owner of a telephone see what a household of the producer gains; nobody else any more.

    Without an account the telephone is kept sealed with its keyed hash until somebody signs in with it: the answer is
    the same, so that a shop learns of nobody whether they use the market.

    Raises:
        NotFound: the actor does not work for the producer.
        HouseholdUnknown: the producer has no such household.
        HouseholdPhoneInvalid: the number is no mobile telephone's.
    """
    require_producer(actor, producer_id)
    locked = await lock_phones(conn, seal, [link.phone])
    if not locked:
        raise HouseholdPhoneInvalid(errors=(FieldFault("phone", HouseholdPhoneInvalid.zh),))
    [(index, phone)] = locked.items()
    account_id = await find_account_by_index(conn, index)
    pending = None if account_id else seal.seal(phone, HOUSEHOLD_PHONE_CONTEXT)
    async with enter_benefits(conn):
        code = await LINK.maybe(
            conn, account_id=account_id, phone_index=index if pending else None, phone_sealed=pending,
            producer_id=producer_id, code=clean_text(link.code),
        )  # fmt: skip
    if code is None:
        raise HouseholdUnknown(errors=(FieldFault("code", HouseholdUnknown.zh),))
    return ShopHousehold(code=code, linked=True)


async def sum_village_benefits(conn: Connection, county: str, *, first: date, until: date) -> Sequence[VillageCell]:
    """Return what households gained by village and way, with the sums of both, from a day until another.

    Nobody sees this as it is: `market/reports/village_benefits.py` hides what is too small.
    """
    async with enter_benefits(conn):
        return await SUM_VILLAGES.all(conn, county=county, first=first, until=until, limit=MAX_LISTED * 10)
