"""Keep the register of pickup points, and read it."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.division_codes import get_county_code
from market.kernel.seal import Seal
from market.kernel.text import clean_name, normalize_phone, normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound
from market.people.identity.reserved_names import NameKind, find_name_fault
from market.people.identity.sign_in import get_phone
from market.people.notify.queue import queue_message
from market.sales.pickup_points.models import NewPickupPoint, PickupPoint, PickupPointId, PickupPointInvalid

MAX_POINTS = 200
_NO_KEEPER = FieldFault("keeper_phone", "写管点的人登录用的手机号；没登录过的，先登录一次")
_LIMITS = {"name": ("名字", 20), "address": ("地址", 60), "hours": ("什么时候有人", 40)}

LIST_POINTS = Query(
    PickupPoint,
    """
    SELECT id, county_code, name, address, phone, hours, open FROM pickup_points
     WHERE county_code = ANY(:counties::text[]) AND (open OR NOT :open)
     ORDER BY county_code, name, id LIMIT :limit
    """,
)
LIST_POINTS_FOR = Query(
    PickupPoint,
    """
    SELECT id, p.county_code, name, address, phone, hours, open
      FROM pickup_points p
      JOIN (SELECT min(county_code) AS county_code FROM producers WHERE id = ANY(:producer_ids::uuid[])
            HAVING count(DISTINCT county_code) = 1) AS county USING (county_code)
     WHERE open
     ORDER BY name, id LIMIT :limit
    """,
)
LOAD_POINTS = Query(
    PickupPoint,
    "SELECT id, county_code, name, address, phone, hours, open FROM pickup_points WHERE id = ANY(:ids::uuid[])",
)
# An account that is being closed is waited for, and one that keeps a point is not closed.
FIND_KEEPER = Query(
    UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND closed_at IS NULL FOR KEY SHARE"
)
EXISTS_DIVISION = Query(
    bool, "SELECT EXISTS (SELECT FROM divisions WHERE code = :code AND county_code = :county AND level >= 3)"
)
ADD_POINT = Query(
    UUID,
    """
    INSERT INTO pickup_points (division_code, name, address, phone, hours, keeper_id, created_at)
    VALUES (:division_code, :name, :address, :phone, :hours, :keeper_id, :now)
    RETURNING id
    """,
)
SET_OPEN = Query(
    UUID,
    """
    UPDATE pickup_points SET open = :open
     WHERE id = :point_id AND county_code = :county AND open <> :open
    RETURNING id
    """,
)


SET_KEEPER = Query(
    None, "UPDATE pickup_points SET keeper_id = :keeper_id WHERE id = :point_id AND county_code = :county"
)
GET_KEEPER = Query(UUID, "SELECT keeper_id FROM pickup_points WHERE id = :point_id FOR NO KEY UPDATE")


async def list_points(conn: Connection, counties: Collection[str], *, closed: bool = False) -> list[PickupPoint]:
    """Return the open points of counties (six digits), or all of them if `closed`, at most 200."""
    return await LIST_POINTS.all(conn, counties=sorted(counties), open=not closed, limit=MAX_POINTS)


async def list_points_for(conn: Connection, producer_ids: Collection[UUID]) -> list[PickupPoint]:
    """Return the open points of the county of these producers; none if they are of several, or none is given."""
    return await LIST_POINTS_FOR.all(conn, producer_ids=list(producer_ids), limit=MAX_POINTS)


async def load_points(conn: Connection, ids: Sequence[PickupPointId]) -> dict[PickupPointId, PickupPoint]:
    """Return points by id."""
    return {each.id: each for each in await LOAD_POINTS.all(conn, ids=list(ids))} if ids else {}


async def add_point(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewPickupPoint, *, now: datetime
) -> PickupPoint:
    """Register a point of a county in the caller's transaction; from now on buyers may choose it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the register of the whole county.
        PickupPointInvalid: fields are invalid, no account has the keeper's phone, or an open point has the name.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    texts = {name: clean_name(getattr(new, name)) for name in _LIMITS}
    phone = re.sub(r"[\s-]", "", normalize_text(new.phone))
    faults = [
        FieldFault(name, f"写{words}，最多 {limit} 个字")
        for name, (words, limit) in _LIMITS.items()
        if not 1 <= len(texts[name]) <= limit
    ]
    fault = find_name_fault(texts["name"], NameKind.OFFICE)
    if texts["name"] and fault is not None:
        faults.append(FieldFault("name", fault))
    if not re.fullmatch(r"[0-9]{5,12}", phone):
        faults.append(FieldFault("phone", "电话是 5 到 12 位数字，座机带区号"))
    in_county = get_county_code(new.division_code) == county
    if not in_county or not await EXISTS_DIVISION.one(conn, code=new.division_code, county=county):
        faults.append(FieldFault("division_code", "写本县或本县的乡镇、村"))
    keeper = await _find_keeper(conn, seal, new.keeper_phone)
    if keeper is None:
        faults.append(_NO_KEEPER)
    if faults:
        raise PickupPointInvalid(errors=tuple(faults))
    try:
        added = await ADD_POINT.one(
            conn, division_code=new.division_code, phone=phone, keeper_id=keeper, now=now, **texts
        )
    except asyncpg.UniqueViolationError as error:
        raise PickupPointInvalid(errors=(FieldFault("name", "本县已经有这个名字的自提点"),)) from error
    point_id = PickupPointId(added)
    await _audit(conn, actor, "pickup_point.add", point_id, now)
    return (await load_points(conn, [point_id]))[point_id]


async def open_point(
    conn: Connection, actor: Actor, county: str, point_id: UUID, *, opened: bool, now: datetime
) -> PickupPoint:
    """Open or close a point of a county in the caller's transaction; repeating changes nothing.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the register of the whole county.
        NotFound: the county has no such point.
        PickupPointInvalid: another open point has its name.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    point = (await load_points(conn, [PickupPointId(point_id)])).get(PickupPointId(point_id))
    if point is None or point.county_code != county:
        raise NotFound
    try:
        if await SET_OPEN.maybe(conn, point_id=point_id, county=county, open=opened) is not None:
            await _audit(conn, actor, "pickup_point.open" if opened else "pickup_point.close", point.id, now)
    except asyncpg.UniqueViolationError as error:
        raise PickupPointInvalid(errors=(FieldFault("name", "本县已经有这个名字的自提点"),)) from error
    return (await load_points(conn, [point.id]))[point.id]


async def change_keeper(
    conn: Connection, seal: Seal, actor: Actor, county: str, point_id: UUID, *, keeper_phone: str, now: datetime
) -> PickupPoint:
    """Give a point of a county to another keeper in the caller's transaction; the same one changes nothing.

    From then on the new keeper alone sees its parcels, receives them and hands them over; both are told by SMS.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the register of the whole county.
        NotFound: the county has no such point.
        PickupPointInvalid: no account has the phone.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    point = (await load_points(conn, [PickupPointId(point_id)])).get(PickupPointId(point_id))
    if point is None or point.county_code != county:
        raise NotFound
    keeper = await _find_keeper(conn, seal, keeper_phone)
    if keeper is None:
        raise PickupPointInvalid(errors=(_NO_KEEPER,))
    before = await GET_KEEPER.one(conn, point_id=point_id)
    if keeper == before:
        return point
    await SET_KEEPER.run(conn, point_id=point_id, county=county, keeper_id=keeper)
    await _audit(conn, actor, "pickup_point.keeper", point.id, now)
    for account_id, template in ((before, "point_keeper_ended"), (keeper, "point_keeper_added")):
        phone = await get_phone(conn, seal, AccountId(account_id))
        if phone is not None:
            await queue_message(conn, seal, phone=phone, template=template, facts={"point": point.name}, now=now)
    return point


async def _find_keeper(conn: Connection, seal: Seal, phone: str) -> UUID | None:
    """Return the open account with a phone as typed, or None."""
    number = normalize_phone(phone)
    return None if number is None else await FIND_KEEPER.maybe(conn, phone_index=seal.index(number))


async def _audit(conn: Connection, actor: Actor, action: str, point_id: PickupPointId, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"pickup_point:{point_id}", detail={}, now=now
    )
