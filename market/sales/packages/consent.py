"""A household answers whether it supplies its part; who composed a package puts it on sale and takes it off."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.certificates import get_open_seller, lock_seller
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_producer
from market.sales.packages.compose import require_room
from market.sales.packages.models import (
    Consent,
    ConsentOfHelper,
    Package,
    PackageNotReady,
    PackageState,
)
from market.sales.packages.read import get_own_package, get_package


class _LockedPackage(Struct, frozen=True):
    id: UUID
    state: PackageState


# Answers and moves of one package wait for each other.
LOCK_PACKAGE = Query(_LockedPackage, "SELECT id, state FROM packages WHERE id = :package_id FOR NO KEY UPDATE")
CHECK_HOUSEHOLD = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM producer_members
                    WHERE producer_id = :producer_id AND account_id = :account_id AND role IN ('owner', 'member')
                      AND valid_during @> :day::date)
    """,
)
ANSWER = Query(
    int,
    """
    UPDATE package_suppliers SET state = :state, decided_by = :account_id, decided_at = :now
     WHERE package_id = :package_id AND producer_id = :producer_id AND state <> :state
    RETURNING position::integer
    """,
)
CHECK_INVITED = Query(
    bool,
    "SELECT EXISTS (SELECT FROM package_suppliers WHERE package_id = :package_id AND producer_id = :producer_id)",
)
MOVE_PACKAGE = Query(
    None,
    """
    UPDATE packages SET state = :state, published_at = CASE WHEN :state = 'live' THEN :now ELSE published_at END
     WHERE id = :package_id
    """,
)


async def answer_package(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, package_id: UUID, *, agrees: bool, now: datetime
) -> Package:
    """Answer for a household whether it supplies its parts of a package, in the caller's transaction.

    It may change its answer at any time. A package on sale that lacks a part without it is withdrawn. Who composed it
    is told of a first answer that declines, and when the package is withdrawn. What was booked before stays booked.

    Raises:
        NotFound: the actor does not work for the household, or it was not asked.
        ConsentOfHelper: the actor only helps it.
        ProducerNotOpen: it agrees and may not sell now.
    """
    require_producer(actor, producer_id)
    day = get_business_day(now)
    if not await CHECK_INVITED.one(conn, package_id=package_id, producer_id=producer_id):
        raise NotFound
    if not await CHECK_HOUSEHOLD.one(conn, producer_id=producer_id, account_id=actor.account_id, day=day):
        raise ConsentOfHelper
    if agrees:
        await get_open_seller(conn, producer_id, day)
    locked = await LOCK_PACKAGE.one(conn, package_id=package_id)
    state = Consent.AGREED if agrees else Consent.DECLINED
    package = await get_package(conn, package_id)
    first = any(
        each.state is Consent.ASKED
        for part in package.parts
        for each in part.suppliers
        if each.producer_id == producer_id
    )
    changed = await ANSWER.all(
        conn, package_id=package_id, producer_id=producer_id, state=state, account_id=actor.account_id, now=now
    )
    package = await get_package(conn, package_id)
    if not changed:
        return package
    await _record(conn, actor, f"package.{state}", package_id, now=now)
    if locked.state is PackageState.LIVE and not package.is_complete:
        await MOVE_PACKAGE.run(conn, package_id=package_id, state=PackageState.WITHDRAWN, now=now)
        package = await get_package(conn, package_id)
    ended = locked.state is PackageState.LIVE and package.state is PackageState.WITHDRAWN
    if not agrees and (first or ended) and package.producer_id != producer_id:
        household = next(
            each.producer for part in package.parts for each in part.suppliers if each.producer_id == producer_id
        )
        facts = {"household": household, "title": package.title, "ended": "，套餐停卖了" if ended else ""}
        await notify_producer(conn, seal, package.producer_id, "package_declined", facts, now=now)
    return package


async def publish_package(
    conn: Connection, actor: Actor, producer_id: UUID, package_id: UUID, *, now: datetime
) -> Package:
    """Put a package on sale, in the caller's transaction; on one that is on sale nothing changes.

    Raises:
        NotFound: the actor does not work for who composed it.
        ProducerNotOpen: who composed it may not sell now.
        PackageNotReady: somebody has not answered, or a part has nobody who agreed.
        TooManyPackages: it was withdrawn, and the producer has the maximum number of open packages.
    """
    await get_own_package(conn, actor, producer_id, package_id)
    await lock_seller(conn, producer_id)
    await get_open_seller(conn, producer_id, get_business_day(now))
    locked = await LOCK_PACKAGE.one(conn, package_id=package_id)
    package = await get_package(conn, package_id)
    if locked.state is PackageState.LIVE:
        return package
    if not package.is_complete:
        raise PackageNotReady(waiting=describe_missing(package))
    if locked.state is PackageState.WITHDRAWN:
        await require_room(conn, producer_id, except_id=package_id, now=now)
    await MOVE_PACKAGE.run(conn, package_id=package_id, state=PackageState.LIVE, now=now)
    await _record(conn, actor, "package.publish", package_id, now=now)
    return await get_package(conn, package_id)


async def withdraw_package(
    conn: Connection, actor: Actor, producer_id: UUID, package_id: UUID, *, now: datetime
) -> Package:
    """Take a package off sale, in the caller's transaction. What was booked stays booked.

    Raises:
        NotFound: the actor does not work for who composed it.
    """
    await get_own_package(conn, actor, producer_id, package_id)
    locked = await LOCK_PACKAGE.one(conn, package_id=package_id)
    if locked.state is not PackageState.WITHDRAWN:
        await MOVE_PACKAGE.run(conn, package_id=package_id, state=PackageState.WITHDRAWN, now=now)
        await _record(conn, actor, "package.withdraw", package_id, now=now)
    return await get_package(conn, package_id)


def describe_missing(package: Package) -> str:
    """Return in Chinese whom a package waits for: `赵家枣园还没答复`."""
    asked = dict.fromkeys(
        each.producer for part in package.parts for each in part.suppliers if each.state is Consent.ASKED
    )
    if asked:
        return f"{'、'.join(asked)}还没答复"
    lacking = [part.suppliers[0].title for part in package.parts if not part.agreed]
    return f"“{'”“'.join(lacking)}”没有人同意" if lacking else "同意的不到两家"


async def _record(conn: Connection, actor: Actor, action: str, package_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"package:{package_id}", detail={}, now=now
    )
