"""Read producers: those of a member, those pending for an official, and the public view."""

from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.models import (
    CERTIFICATE_NUMBER_CONTEXT,
    DECIDERS,
    AdmissionRecord,
    Certificate,
    CertificateKind,
    Producer,
    ProducerRow,
    ProducerState,
    PublicProducer,
)
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import (
    has_role_for,
    list_scopes,
    list_verified_scopes,
    require_scopes,
    require_second_factor_of_official,
)
from market.people.identity.models import AccountId, Actor, NotFound, Role

FIRST_ID = UUID(int=0)


class SealedCertificate(Struct, frozen=True):
    """A certificate as it is stored, with its number encrypted."""

    id: UUID
    kind: CertificateKind
    number: str
    number_sealed: bytes | None
    issuer: str
    expires_on: date | None
    area: list[str]
    verified_at: datetime | None
    rejected_at: datetime | None
    reject_reason: str
    photo: str | None


_PRODUCERS: LiteralString = """
    SELECT p.id, p.number, p.kind, p.name, p.village_code, v.name AS village, t.name AS township, p.county_code,
           c.name AS county, p.produce, p.story, p.state, p.applied_by, p.applied_at, p.opened_at
      FROM producers p
      JOIN divisions v ON v.code = p.village_code
      JOIN divisions t ON t.code = ancestor_code(p.village_code, 4)
      JOIN divisions c ON c.code = rpad(p.county_code, 12, '0')
"""

# Officials see producers of their divisions, members those they work for.
FIND_VISIBLE_PRODUCER = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.id = :producer_id
       AND (p.id = ANY(:producer_ids::uuid[])
            OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(p.village_code, scope)))
    """,
)
LIST_ADMISSION_RECORDS = Query(
    AdmissionRecord,
    """
    SELECT s.step, s.account_id, a.name, s.reason, s.at
      FROM producer_steps s JOIN accounts a ON a.id = s.account_id
     WHERE s.producer_id = :producer_id
     ORDER BY s.at, s.id
     LIMIT 200
    """,
)
# A certificate submitted before numbers were encrypted has a `number` until `market reseal` encrypts it.
LIST_CERTIFICATES = Query(
    SealedCertificate,
    """
    SELECT c.id, c.kind, c.number, c.number_sealed, c.issuer, c.expires_on, c.area, c.verified_at,
           c.rejected_at, c.reject_reason, f.name AS photo
      FROM certificates c LEFT JOIN photos f ON f.id = c.photo_id
     WHERE c.producer_id = :producer_id
     ORDER BY c.id
     LIMIT 100
    """,
)
# Role and division must match together: states and scopes are parallel arrays.
LIST_PENDING_PRODUCERS = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.state IN ('applied', 'confirmed', 'recommended')
       AND EXISTS (SELECT FROM unnest(:states::text[], :scopes::text[]) AS duty (state, scope)
                    WHERE duty.state = p.state AND starts_with(p.village_code, duty.scope))
       AND p.id > :after
       AND NOT EXISTS (SELECT FROM producer_steps s
                        WHERE s.producer_id = p.id AND is_same_person(s.account_id, :account_id))
     ORDER BY p.id
     LIMIT :limit::integer + 1
    """,
)
# Approval verifies the certificates of an application; later ones are verified one by one.
LIST_UNVERIFIED_PRODUCERS = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.state IN ('open', 'suspended')
       AND p.id IN (SELECT producer_id FROM certificates WHERE verified_at IS NULL AND rejected_at IS NULL)
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(p.village_code, scope))
       AND p.id > :after AND p.id <> ALL(:producer_ids::uuid[])
     ORDER BY p.id
     LIMIT :limit::integer + 1
    """,
)
LIST_OWN_PRODUCERS = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.id = ANY(:producer_ids::uuid[])
     ORDER BY p.number DESC
     LIMIT 100
    """,
)
LIST_ACCOUNT_PRODUCERS = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.id IN (SELECT producer_id FROM producer_members WHERE account_id = :account_id)
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(p.village_code, scope))
     ORDER BY p.id
     LIMIT 20
    """,
)
_PUBLIC_PRODUCER: LiteralString = """
    SELECT p.id, p.number, p.kind, p.name, p.village_code, v.name AS village, t.name AS township, p.county_code,
           c.name AS county, p.produce, p.story, p.self_grown, p.opened_at,
           p.state = 'open' AND o.id IS NULL AS taking_orders, o.reason AS closed_for,
           upper(o.closed_during) AS reopens_on,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NOT NULL AND kind <> 'identity'
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                    AND (kind <> 'geographical_indication'
                         OR EXISTS (SELECT FROM unnest(area) AS part WHERE starts_with(p.village_code, part)))
                  ORDER BY kind) AS certificates
      FROM producers p
      JOIN divisions v ON v.code = p.village_code
      JOIN divisions t ON t.code = ancestor_code(p.village_code, 4)
      JOIN divisions c ON c.code = rpad(p.county_code, 12, '0')
      LEFT JOIN closures o ON o.producer_id = p.id AND o.closed_during @> :day::date
     WHERE p.state IN ('open', 'suspended')
"""
FIND_PUBLIC_PRODUCER = Query(PublicProducer, _PUBLIC_PRODUCER + " AND p.id = :producer_id")
FIND_PUBLIC_PRODUCER_BY_NUMBER = Query(PublicProducer, _PUBLIC_PRODUCER + " AND p.number = :number")
GET_PRODUCER_COUNTY = Query(str, "SELECT county_code FROM producers WHERE id = :producer_id")


async def get_producer(conn: Connection, seal: Seal, actor: Actor, producer_id: UUID) -> Producer:
    """Return a producer with its admission records and certificates, for its members and officials of its division.

    Raises:
        NotFound: there is no such producer, or the actor may not see it.
        SecondFactorRequired: the actor is an official whose session has no second factor.
    """
    producer = await find_producer(conn, seal, actor, producer_id)
    if producer is None:
        require_second_factor_of_official(actor)
        raise NotFound
    return producer


async def find_producer(conn: Connection, seal: Seal, actor: Actor, producer_id: UUID) -> Producer | None:
    """Return a producer with its admission records and certificates, or None if the actor may not see it."""
    scopes = list_verified_scopes(actor)
    row = await FIND_VISIBLE_PRODUCER.maybe(
        conn, producer_id=producer_id, producer_ids=list(actor.producers), scopes=scopes
    )
    if row is None:
        return None
    return Producer(
        row.id,
        row.state,
        row,
        await LIST_ADMISSION_RECORDS.all(conn, producer_id=producer_id),
        [_open_certificate(seal, each) for each in await LIST_CERTIFICATES.all(conn, producer_id=producer_id)],
    )


def _open_certificate(seal: Seal, row: SealedCertificate) -> Certificate:
    number = row.number if row.number_sealed is None else seal.open(row.number_sealed, CERTIFICATE_NUMBER_CONTEXT)
    return build_from(Certificate, row, number=number)


async def list_pending_producers(
    conn: Connection, actor: Actor, *, after: UUID = FIRST_ID, limit: int = 50
) -> Page[ProducerRow]:
    """Return the producers whose next step the official may take, oldest first, at most 100 per page.

    Excludes those on which the official took a step already, as the next one needs another person.

    Raises:
        NotAllowed: the actor has no role that decides on producers.
        SecondFactorRequired: the session has no second factor.
    """
    require_scopes(actor, {role for roles in DECIDERS.values() for role in roles})
    duties = [(state, scope) for state, roles in DECIDERS.items() for scope in list_scopes(actor, roles)]
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await LIST_PENDING_PRODUCERS.all(
        conn,
        states=[state for state, _ in duties],
        scopes=[scope for _, scope in duties],
        after=after,
        account_id=actor.account_id,
        limit=limit,
    )
    return make_page(rows, limit, lambda row: row.id)


async def list_unverified_producers(
    conn: Connection, actor: Actor, *, after: UUID = FIRST_ID, limit: int = 50
) -> Page[ProducerRow]:
    """Return the admitted producers with a certificate for the official to verify, at most 100 per page.

    Raises:
        NotAllowed: the actor has no role that verifies certificates.
        SecondFactorRequired: the session has no second factor.
    """
    scopes = require_scopes(actor, DECIDERS[ProducerState.OPEN])
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await LIST_UNVERIFIED_PRODUCERS.all(
        conn, scopes=scopes, after=after, producer_ids=list(actor.producers), limit=limit
    )
    return make_page(rows, limit, lambda row: row.id)


def may_verify(actor: Actor, row: ProducerRow) -> bool:
    """Return whether the actor's roles allow verifying a producer's certificates, and the actor is not a member."""
    is_own = row.id in actor.producers or actor.account_id == row.applied_by
    return not is_own and has_role_for(actor, DECIDERS[ProducerState.OPEN], row.village_code)


async def list_own_producers(conn: Connection, actor: Actor) -> list[ProducerRow]:
    """Return the producers that the actor works for, latest first, at most 100."""
    return await LIST_OWN_PRODUCERS.all(conn, producer_ids=list(actor.producers))


async def list_account_producers(conn: Connection, actor: Actor, account_id: AccountId) -> list[ProducerRow]:
    """Return the producers of the official's divisions for which an account works or worked, oldest first, at most 20.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    return await LIST_ACCOUNT_PRODUCERS.all(conn, account_id=account_id, scopes=require_scopes(actor, Role))


async def find_public_producer(conn: Connection, producer_id: UUID, *, now: datetime) -> PublicProducer | None:
    """Return the public view of an admitted producer, or None."""
    return await FIND_PUBLIC_PRODUCER.maybe(conn, producer_id=producer_id, day=get_business_day(now))


async def get_public_producer(conn: Connection, number: int, *, now: datetime) -> PublicProducer:
    """Return the public view of an admitted producer by its short number.

    Raises:
        NotFound: there is none.
    """
    producer = await FIND_PUBLIC_PRODUCER_BY_NUMBER.maybe(conn, number=number, day=get_business_day(now))
    if producer is None:
        raise NotFound
    return producer


def may_decide(actor: Actor, row: ProducerRow) -> bool:
    """Return whether the actor's roles and divisions allow the producer's next step."""
    roles: frozenset[Role] = DECIDERS.get(ProducerState(row.state), frozenset())
    return has_role_for(actor, roles, row.village_code)
