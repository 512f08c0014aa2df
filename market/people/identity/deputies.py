"""Deputies: officials who hold another official's roles of a county for some days (代理).

A deputy acts as the own person: the seven duties of a month stay seven people (R14), no matter who stands in for whom.
"""

from datetime import date, datetime, timedelta

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.people.identity.access import require_county_role
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.county_officials import OfficialElsewhere, find_county_official, is_kept_by
from market.people.identity.models import Actor, Role
from market.people.identity.officials import InvalidOfficial, NoSuchOfficial
from market.people.identity.same_person import is_same_person

MAX_DAYS = 90
"""A deputy for longer is no deputy: the roles are granted to the person instead."""
_MAX_AHEAD = timedelta(days=365)


class DeputySelf(Refusal):
    """An account of the same person cannot stand in."""

    code = "deputy_self"
    status = 422
    zh = "这两个账号是同一个人的，换一个人代。"
    en = "Both accounts belong to one person; choose another deputy."


class NothingToDeputise(Refusal):
    """The official has no role of the county on these days that the deputy does not hold anyway."""

    code = "nothing_to_deputise"
    status = 409
    zh = "这几天没有要他代的：要么没有职责，要么他本来就管。"
    en = "There is nothing to stand in for: no role on these days, or the deputy holds it anyway."


class Deputy(Struct, frozen=True):
    """Who stands in for whom, in which roles, from the day `first` to the day `last`."""

    handle: str
    name: str
    absent_handle: str
    absent_name: str
    roles: list[Role]
    first: date
    last: date


SET_DEPUTY = Query(
    int,
    """
    SELECT set_deputy(:account_id::uuid, :deputy_id::uuid, :county::text, daterange(:first::date, :until::date),
                      :by::text, :now::timestamptz)
    """,
)
LIST_DEPUTIES = Query(
    Deputy,
    """
    SELECT d.handle, d.name, a.handle AS absent_handle, a.name AS absent_name,
           array_agg(g.role ORDER BY g.role) AS roles, lower(g.valid_during) AS first, upper(g.valid_during) - 1 AS last
      FROM grants g
      JOIN accounts d ON d.id = g.account_id
      JOIN accounts a ON a.id = g.deputy_for
     WHERE starts_with(g.scope, :county) AND upper(g.valid_during) > :day::date
     GROUP BY d.handle, d.name, a.handle, a.name, g.valid_during
     ORDER BY lower(g.valid_during), d.handle
     LIMIT 1000
    """,
)


def _read_days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days.

    Raises:
        InvalidOfficial: a day is missing, past or too far; or the days are in the wrong order, or too many.
    """
    if first is None or not today <= first <= today + _MAX_AHEAD:
        raise InvalidOfficial(errors=(FieldFault("first", "a day from today on, within a year"),))
    if last is None or not first <= last < first + timedelta(days=MAX_DAYS):
        raise InvalidOfficial(errors=(FieldFault("last", f"a day from the first on, {MAX_DAYS} days at most"),))
    return first, last


async def _find_absent(conn: Connection, county: str, handle: str, *, day: date) -> Actor:
    absent = await find_actor_by_handle(conn, handle, day=day)
    if absent is None or not absent.grants:
        raise NoSuchOfficial(handle=handle)
    if not is_kept_by(county, absent):
        raise OfficialElsewhere(handle=handle)
    return absent


async def appoint_deputy(
    conn: Connection,
    actor: Actor,
    county: str,
    absent_handle: str,
    *,
    deputy: str,
    first: date | None,
    last: date | None,
    now: datetime,
) -> int:
    """Let an official of the county stand in for another one from `first` to `last`, both included.

    The deputy holds every role of the absent official in the county, which the absent one keeps, and loses them when
    that one is moved or ends. Earlier days of the two from today on are replaced. Who decides for the county may name
    a deputy for the own account, but never stand in. Returns how many roles the deputy gets.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not decide for the whole county.
        OwnAccount: the deputy is an account of the actor's own person.
        NoSuchOfficial: one of the two has no role today.
        OfficialElsewhere: one of the two also has a role that is not the county's.
        DeputySelf: both accounts belong to one person.
        InvalidOfficial: the days are past, too far, too many or in the wrong order.
        NothingToDeputise: the deputy would get no role.
    """
    today = get_business_day(now)
    substitute = await find_county_official(conn, actor, county, deputy, day=today)
    if substitute is None:
        raise NoSuchOfficial(handle=deputy)
    absent = await _find_absent(conn, county, absent_handle, day=today)
    if await is_same_person(conn, account_id=absent.account_id, other_id=substitute.account_id):
        raise DeputySelf
    first, last = _read_days(first, last, today)
    given = await SET_DEPUTY.one(
        conn,
        account_id=absent.account_id,
        deputy_id=substitute.account_id,
        county=county,
        first=first,
        until=last + timedelta(days=1),
        by=str(actor.account_id),
        now=now,
    )
    if not given:
        raise NothingToDeputise
    return given


async def end_deputy(
    conn: Connection, actor: Actor, county: str, absent_handle: str, *, deputy: str, now: datetime
) -> None:
    """End at once, and for the days to come, that an official stands in for another one.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not decide for the whole county.
        NoSuchOfficial: one of the two has no role today.
    """
    require_county_role(actor, Role.COUNTY, county)
    today = get_business_day(now)
    accounts = [await find_actor_by_handle(conn, handle, day=today) for handle in (absent_handle, deputy)]
    absent, substitute = accounts
    if absent is None or substitute is None:
        raise NoSuchOfficial(handle=absent_handle if absent is None else deputy)
    await SET_DEPUTY.one(
        conn,
        account_id=absent.account_id,
        deputy_id=substitute.account_id,
        county=county,
        first=today,
        until=today,
        by=str(actor.account_id),
        now=now,
    )


async def list_deputies(conn: Connection, county: str, *, now: datetime) -> list[Deputy]:
    """Return who stands in for whom in a county, today and on the days to come, at most 1,000.

    The caller checks who may see the list.
    """
    return await LIST_DEPUTIES.all(conn, county=get_scope(county), day=get_business_day(now))
