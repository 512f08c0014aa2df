"""Reading producers: one's own, those that wait for an official, and what everyone sees."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.identity import Actor, NotAllowed, NotFound, Role, SecondFactorNeeded
from market.kernel import Connection, Query
from market.kernel.clock import day_of
from market.kernel.page import MOST, Page, cut
from market.producers.models import (
    DECIDERS,
    Certificate,
    Producer,
    ProducerRow,
    PublicProducer,
    State,
    StepTaken,
)

FIRST = UUID(int=0)

_PRODUCERS: LiteralString = """
    SELECT p.id, p.number, p.kind, p.name, p.village_code, v.name AS village, t.name AS township, p.county_code,
           c.name AS county, p.produce, p.story, p.state, p.applied_by, p.applied_at, p.opened_at
      FROM producers p
      JOIN divisions v ON v.code = p.village_code
      JOIN divisions t ON t.code = rpad(left(p.village_code, 9), 12, '0')
      JOIN divisions c ON c.code = rpad(p.county_code, 12, '0')
"""

# An official sees those of the places of the office, others only those they work for.
PRODUCER_FOR = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.id = :producer_id
       AND (p.id = ANY(:own::uuid[])
            OR EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(p.village_code, scope)))
    """,
)
STEPS_OF = Query(
    StepTaken,
    """
    SELECT s.step, s.account_id, a.name, s.reason, s.at
      FROM producer_steps s JOIN accounts a ON a.id = s.account_id
     WHERE s.producer_id = :producer_id
     ORDER BY s.at, s.id
     LIMIT 200
    """,
)
CERTIFICATES_OF = Query(
    Certificate,
    """
    SELECT c.id, c.kind, c.number, c.issuer, c.expires_on, c.verified_at, f.name AS photo
      FROM certificates c LEFT JOIN photos f ON f.id = c.photo_id
     WHERE c.producer_id = :producer_id
     ORDER BY c.id
     LIMIT 100
    """,
)
# Whose turn it is follows from role and place together: states and scopes are two lists in one order.
WAITING = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.state IN ('applied', 'confirmed', 'recommended')
       AND EXISTS (SELECT FROM unnest(:states::text[], :scopes::text[]) AS turn (state, scope)
                    WHERE turn.state = p.state AND starts_with(p.village_code, turn.scope))
       AND p.id > :after
       AND NOT EXISTS (SELECT FROM producer_steps s
                        WHERE s.producer_id = p.id AND s.account_id = :account_id)
     ORDER BY p.id
     LIMIT :most::integer + 1
    """,
)
# Certificates of an application are verified with its approval; what is shown later waits by itself.
UNVERIFIED = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.state IN ('open', 'suspended')
       AND EXISTS (SELECT FROM certificates f WHERE f.producer_id = p.id AND f.verified_at IS NULL)
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(p.village_code, scope))
       AND p.id > :after AND p.id <> ALL(:own::uuid[])
     ORDER BY p.id
     LIMIT :most::integer + 1
    """,
)
OWN_PRODUCERS = Query(
    ProducerRow,
    _PRODUCERS
    + """
     WHERE p.id = ANY(:own::uuid[])
     ORDER BY p.number DESC
     LIMIT 100
    """,
)
PUBLIC_PRODUCER = Query(
    PublicProducer,
    """
    SELECT p.id, p.number, p.kind, p.name, p.village_code, v.name AS village, t.name AS township, p.county_code,
           c.name AS county, p.produce, p.story, p.self_grown, p.opened_at, p.state = 'open' AS taking_orders,
           ARRAY(SELECT DISTINCT kind FROM certificates
                  WHERE producer_id = p.id AND verified_at IS NOT NULL AND kind <> 'identity'
                    AND (expires_on IS NULL OR expires_on >= :day::date)
                  ORDER BY kind) AS certificates
      FROM producers p
      JOIN divisions v ON v.code = p.village_code
      JOIN divisions t ON t.code = rpad(left(p.village_code, 9), 12, '0')
      JOIN divisions c ON c.code = rpad(p.county_code, 12, '0')
     WHERE p.id = :producer_id AND p.state IN ('open', 'suspended')
    """,
)


class Member(Struct, frozen=True):
    """Someone who works for a producer."""

    account_id: UUID
    name: str
    role: str
    since: str


MEMBERS_OF = Query(
    Member,
    """
    SELECT m.account_id, a.name, m.role, lower(m.valid_during)::text AS since
      FROM producer_members m JOIN accounts a ON a.id = m.account_id
     WHERE m.producer_id = :producer_id AND m.valid_during @> :day::date
     ORDER BY m.role DESC, a.name, m.account_id
     LIMIT 100
    """,
)


async def get_producer(conn: Connection, actor: Actor, producer_id: UUID) -> Producer:
    """Return a producer with its steps and certificates, to its own people and to officials of its place.

    Raises:
        NotFound: there is none, or it is not the person's to see.
        SecondFactorNeeded: the person is an official who has not shown the second factor.
    """
    found = await find_producer(conn, actor, producer_id)
    if found is None:
        if actor.grants and not actor.second_factor:
            raise SecondFactorNeeded
        raise NotFound
    return found


async def find_producer(conn: Connection, actor: Actor, producer_id: UUID) -> Producer | None:
    """Return a producer with its steps and certificates, or None where it is not the person's to see."""
    scopes = [grant.scope for grant in actor.grants] if actor.second_factor else []
    row = await PRODUCER_FOR.maybe(conn, producer_id=producer_id, own=list(actor.producers), scopes=scopes)
    if row is None:
        return None
    return Producer(
        row.id,
        row.state,
        row,
        await STEPS_OF.all(conn, producer_id=producer_id),
        await CERTIFICATES_OF.all(conn, producer_id=producer_id),
    )


async def list_waiting(conn: Connection, actor: Actor, *, after: UUID = FIRST, most: int = 50) -> Page[ProducerRow]:
    """Return the producers whose next step is the official's to take, the oldest first, at most 100 a page.

    Those of which the official took a step already are left out: another person is needed.

    Raises:
        NotAllowed: the person holds no role that decides about producers.
        SecondFactorNeeded: the second factor has not been shown.
    """
    turns = [(state, grant.scope) for grant in actor.grants for state, roles in DECIDERS.items() if grant.role in roles]
    if not turns:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded
    most = min(most, MOST)
    rows = await WAITING.all(
        conn,
        states=[state for state, _ in turns],
        scopes=[scope for _, scope in turns],
        after=after,
        account_id=actor.account_id,
        most=most,
    )
    return cut(rows, most, lambda row: row.id)


async def list_unverified(conn: Connection, actor: Actor, *, after: UUID = FIRST, most: int = 50) -> Page[ProducerRow]:
    """Return the admitted producers with a certificate that the official is to verify, at most 100 a page.

    Raises:
        NotAllowed: the person holds no role that verifies certificates.
        SecondFactorNeeded: the second factor has not been shown.
    """
    scopes = [grant.scope for grant in actor.grants if grant.role in DECIDERS[State.OPEN]]
    if not scopes:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded
    most = min(most, MOST)
    rows = await UNVERIFIED.all(conn, scopes=scopes, after=after, own=list(actor.producers), most=most)
    return cut(rows, most, lambda row: row.id)


def may_verify(actor: Actor, row: ProducerRow) -> bool:
    """Say whether the person may verify a producer's certificates, by role and place, of another's alone."""
    own = row.id in actor.producers or actor.account_id == row.applied_by
    roles = DECIDERS[State.OPEN]
    return not own and any(grant.role in roles and row.village_code.startswith(grant.scope) for grant in actor.grants)


async def list_own(conn: Connection, actor: Actor) -> list[ProducerRow]:
    """Return the producers that the person works for, the latest first, at most 100."""
    return await OWN_PRODUCERS.all(conn, own=list(actor.producers))


async def get_public_producer(conn: Connection, producer_id: UUID, *, now: datetime) -> PublicProducer:
    """Return what everyone may see of an admitted producer.

    Raises:
        NotFound: there is none, or it has not been admitted.
    """
    found = await find_public_producer(conn, producer_id, now=now)
    if found is None:
        raise NotFound
    return found


async def find_public_producer(conn: Connection, producer_id: UUID, *, now: datetime) -> PublicProducer | None:
    """Return what everyone may see of an admitted producer, or None."""
    return await PUBLIC_PRODUCER.maybe(conn, producer_id=producer_id, day=day_of(now))


async def list_members(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> list[Member]:
    """Return who works for a producer of the person's own, owners first.

    Raises:
        NotFound: the person does not work for it.
    """
    if producer_id not in actor.producers:
        raise NotFound
    return await MEMBERS_OF.all(conn, producer_id=producer_id, day=day_of(now))


def may_decide(actor: Actor, row: ProducerRow) -> bool:
    """Say whether it is the person's turn, by role and place alone."""
    roles: frozenset[Role] = DECIDERS.get(State(row.state), frozenset())
    return any(grant.role in roles and row.village_code.startswith(grant.scope) for grant in actor.grants)
