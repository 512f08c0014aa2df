"""Read pairings: as their organisation and county see them, and as anybody does."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from market.kernel import Connection, Query
from market.kernel.structs import build_from
from market.people.identity.access import has_role_for, require_role
from market.people.identity.models import Actor, NotFound
from market.places.organisations.register import require_own_organisation
from market.villages.pairing.models import (
    AGREERS,
    MAX_LISTED,
    CountedItem,
    Pairing,
    PairingFields,
    PairingItem,
    PledgeTerm,
    PublicPairing,
)
from market.villages.pairing.progress import get_pairing_state, list_pledge_items, publish_pledge, sum_up_pledge

_COLUMNS = """
    SELECT p.id, p.number, p.organisation_id, o.name AS organisation, p.village_code, d.name AS village, p.county_code,
           lower(p.valid_during) AS first, upper(p.valid_during) - 1 AS last, p.proposed_at, p.agreed_at,
           ARRAY(SELECT year::integer FROM pairing_statements s WHERE s.pairing_id = p.id ORDER BY year) AS stated
      FROM pairings p
      JOIN organisations o ON o.id = p.organisation_id
      JOIN divisions d ON d.code = p.village_code
"""
GET_PAIRING = Query(PairingFields, _COLUMNS + " WHERE p.id = :pairing_id")
LIST_OF_ORGANISATION = Query(
    PairingFields,
    _COLUMNS + " WHERE p.organisation_id = :organisation_id ORDER BY upper(p.valid_during) DESC, p.id LIMIT :limit",
)
LIST_OF_COUNTY = Query(
    PairingFields,
    _COLUMNS
    + """
     WHERE p.county_code = :county
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(p.village_code, division))
     ORDER BY p.agreed_at IS NOT NULL, upper(p.valid_during) DESC, p.id LIMIT :limit
    """,
)
LIST_OF_VILLAGE = Query(
    PairingFields,
    _COLUMNS
    + """
     WHERE p.village_code = :village AND p.agreed_at IS NOT NULL
     ORDER BY upper(p.valid_during) DESC, p.id LIMIT :limit
    """,
)
LIST_PLEDGES = Query(
    PledgeTerm,
    """
    SELECT pairing_id, kind, target, lower(valid_during) AS first, upper(valid_during) - 1 AS last
      FROM pledges WHERE pairing_id = ANY(:pairing_ids::uuid[])
     ORDER BY pairing_id, array_position('{buy,teach,invest,hire}'::text[], kind), valid_during
    """,
)
LIST_ITEMS = Query(
    CountedItem,
    """
    SELECT pairing_id, kind, on_day, what, amount, subject, people FROM list_pairing_items(:pairing_ids::uuid[])
    """,
)
COUNT_PROPOSED = Query(
    int,
    """
    SELECT count(*) FROM pairings
     WHERE county_code = :county AND agreed_at IS NULL
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(village_code, division))
    """,
)


async def load_pledges(conn: Connection, pairing_ids: Sequence[UUID]) -> dict[UUID, list[PledgeTerm]]:
    """Return the pledges of pairings, by pairing."""
    found: dict[UUID, list[PledgeTerm]] = {each: [] for each in pairing_ids}
    for each in await LIST_PLEDGES.all(conn, pairing_ids=list(pairing_ids)):
        found[each.pairing_id].append(each)
    return found


async def load_items(conn: Connection, pairing_ids: Sequence[UUID]) -> dict[UUID, list[CountedItem]]:
    """Return all that was done for agreed pairings, by pairing."""
    found: dict[UUID, list[CountedItem]] = {each: [] for each in pairing_ids}
    for each in await LIST_ITEMS.all(conn, pairing_ids=list(pairing_ids)):
        found[each.pairing_id].append(each)
    return found


async def find_pairing(conn: Connection, pairing_id: UUID) -> PairingFields:
    """Return a pairing that the transaction may see.

    Raises:
        NotFound: there is none.
    """
    found = await GET_PAIRING.maybe(conn, pairing_id=pairing_id)
    if found is None:
        raise NotFound
    return found


async def _build(conn: Connection, rows: Sequence[PairingFields], *, day: date) -> list[Pairing]:
    ids = [each.id for each in rows]
    pledges, items = await load_pledges(conn, ids), await load_items(conn, ids)
    return [
        build_from(
            Pairing, each, state=get_pairing_state(each, day),
            pledges=[sum_up_pledge(pledge, items[each.id]) for pledge in pledges[each.id]],
            items=[
                build_from(PairingItem, item)
                for pledge in pledges[each.id]
                for item in list_pledge_items(pledge, items[each.id])
            ],
        )
        for each in rows
    ]  # fmt: skip


async def list_organisation_pairings(
    conn: Connection, actor: Actor, organisation_id: UUID, *, day: date
) -> list[Pairing]:
    """Return the pairings of an organisation of the actor's, in the person's scope, the latest first; at most 200.

    Raises:
        NotFound: the actor is no member of it.
    """
    await require_own_organisation(conn, actor, organisation_id, day=day)
    rows = await LIST_OF_ORGANISATION.all(conn, organisation_id=organisation_id, limit=MAX_LISTED)
    return await _build(conn, rows, day=day)


async def get_own_pairing(conn: Connection, actor: Actor, pairing_id: UUID, *, day: date) -> Pairing:
    """Return a pairing of an organisation of the actor's, with its items, in the person's scope.

    Raises:
        NotFound: there is none.
    """
    found = await find_pairing(conn, pairing_id)
    await require_own_organisation(conn, actor, found.organisation_id, day=day)
    [pairing] = await _build(conn, [found], day=day)
    return pairing


async def list_county_pairings(
    conn: Connection, official: Actor, county: str, divisions: Sequence[str], *, day: date
) -> list[Pairing]:
    """Return the pairings of the official's villages, in the county's scope, those to agree to first; at most 200.

    Raises:
        NotAllowed, SecondFactorRequired: the official has no role of `AGREERS` in one of the divisions.
    """
    own = [each for each in divisions if has_role_for(official, AGREERS, each)]
    require_role(official, AGREERS, own[0] if own else county)
    return await _build(
        conn, await LIST_OF_COUNTY.all(conn, county=county, divisions=own or [county], limit=MAX_LISTED), day=day
    )


async def get_county_pairing(conn: Connection, official: Actor, county: str, pairing_id: UUID, *, day: date) -> Pairing:
    """Return a pairing of the county with its items, in the county's scope.

    Raises:
        NotFound: the county has none of this id.
        NotAllowed, SecondFactorRequired: the official has no role of `AGREERS` for its village.
    """
    found = await find_pairing(conn, pairing_id)
    if found.county_code != county:
        raise NotFound
    require_role(official, AGREERS, found.village_code)
    [pairing] = await _build(conn, [found], day=day)
    return pairing


async def list_public_pairings(conn: Connection, village: str, *, day: date) -> list[PublicPairing]:
    """Return the agreed pairings of a village as anybody may read them, the latest first; at most 200."""
    rows = await LIST_OF_VILLAGE.all(conn, village=village, limit=MAX_LISTED)
    ids = [each.id for each in rows]
    pledges, items = await load_pledges(conn, ids), await load_items(conn, ids)
    return [
        build_from(
            PublicPairing, each, state=get_pairing_state(each, day),
            pledges=[publish_pledge(pledge, items[each.id], day=day) for pledge in pledges[each.id]],
        )
        for each in rows
    ]  # fmt: skip


async def count_proposed_pairings(conn: Connection, county: str, divisions: Sequence[str]) -> int:
    """Return how many pairings of some divisions of a county wait to be agreed to, in the county's scope."""
    return await COUNT_PROPOSED.one(conn, county=county, divisions=list(divisions))
