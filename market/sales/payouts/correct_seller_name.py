"""Correct the verified name of somebody who sells, on the desk: by county or platform, never by those concerned."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.decide import get_visible_producer, require_independent
from market.catalogue.producers.models import (
    DECIDERS,
    PRODUCER_STATE_NAMES,
    ProducerRow,
    ProducerState,
    WrongProducerState,
)
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import require_role
from market.people.identity.models import AccountId, Actor, NotFound
from market.sales.payouts.correct_name import LOCK_OWN_PRODUCERS, CorrectedName, correct_name

UNVERIFIED_STATES = frozenset({ProducerState.APPLIED, ProducerState.REFUSED})
"""Nobody has verified the names of a producer in these states: its people change them themselves."""


class SellerName(Struct, frozen=True):
    """Somebody who sells for a producer, with the name that was verified; an owner is paid under it."""

    account_id: AccountId
    name: str
    owner: bool


# The names of officials are registered with their accounts.
LIST_SELLER_NAMES = Query(
    SellerName,
    """
    SELECT m.account_id, a.name, m.role = 'owner' AS owner
      FROM producer_members m JOIN accounts a ON a.id = m.account_id
     WHERE m.producer_id = :producer_id AND m.valid_during @> :day::date AND a.closed_at IS NULL AND a.handle IS NULL
     ORDER BY owner DESC, m.account_id
     LIMIT 50
    """,
)


async def list_seller_names(
    conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime
) -> tuple[ProducerRow, list[SellerName]]:
    """Return a producer and the people whose names the official may correct, owners first.

    Raises:
        NotFound: there is no such producer, or it is outside the actor's divisions.
        NotAllowed: the official verifies nothing of it.
        SecondFactorRequired: the session has no second factor.
        WrongProducerState: nobody has verified the names yet.
        ReviewerNotIndependent: the official works for the producer, or applied for it.
    """
    producer = await get_visible_producer(conn, actor, producer_id)
    require_role(actor, DECIDERS[ProducerState.OPEN], producer.village_code)
    if producer.state in UNVERIFIED_STATES:
        raise WrongProducerState(state=PRODUCER_STATE_NAMES[producer.state])
    await require_independent(conn, actor, producer_id)
    return producer, await LIST_SELLER_NAMES.all(conn, producer_id=producer_id, day=get_business_day(now))


async def correct_seller_name(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    account_id: AccountId,
    *,
    seen: str,
    name: str,
    reason: str,
    help_phone: str,
    now: datetime,
) -> CorrectedName:
    """Correct the name of somebody who sells for a producer, as `correct_name` does, in the caller's transaction.

    `seen` is the name that the official read. Who corrects it does not agree to the payout account that is entered
    under it (`decide_account_change`).

    Raises:
        NotFound: see `list_seller_names`; or the account sells nothing for the producer, or is an official's.
        NotAllowed, SecondFactorRequired, WrongProducerState: see `list_seller_names`.
        ReviewerNotIndependent: the official works for, or applied for, a producer of the person.
        PersonRenamed, NameReserved, CorrectionReasonNeeded: see `correct_name`.
    """
    _, sellers = await list_seller_names(conn, actor, producer_id, now=now)
    if account_id not in {each.account_id for each in sellers}:
        raise NotFound
    for each in await LOCK_OWN_PRODUCERS.all(conn, account_id=account_id):
        await require_independent(conn, actor, each)
    return await correct_name(
        conn,
        seal,
        account_id,
        name=name,
        reason=reason,
        by=actor.account_id,
        seen=seen,
        help_phone=help_phone,
        now=now,
    )
