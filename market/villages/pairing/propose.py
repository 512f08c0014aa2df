"""Propose a pairing with its pledges, and agree to it as the other side, or withdraw it."""

from datetime import date, datetime, timedelta
from typing import NoReturn
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_role
from market.people.identity.models import Actor, NotFound
from market.places.divisions.village_periods import find_village_fault
from market.places.organisations.register import require_own_organisation
from market.villages.pairing.models import (
    AGREERS,
    MAX_OPEN_PROPOSALS,
    MAX_PLEDGES,
    MAX_TARGET,
    MAX_TERM_DAYS,
    NewPairing,
    NewPledge,
    PairingDecided,
    PairingFields,
    PairingInvalid,
    PairingOverlap,
    PairingOwnSide,
    TooManyProposals,
)
from market.villages.pairing.views import find_pairing

_NOT_VERIFIED, _OWN_SIDE, _DECIDED = "P0901", "P0902", "P0904"
"""The errors of the triggers `check_pairing` and `check_pledge`."""

ADD_PAIRING = Query(
    UUID,
    """
    INSERT INTO pairings (organisation_id, village_code, valid_during, proposed_by, proposed_at)
    VALUES (:organisation_id, :village, :during::daterange, :account_id, :now)
    RETURNING id
    """,
)
ADD_PLEDGE = Query(
    None,
    """
    INSERT INTO pledges (pairing_id, kind, target, valid_during)
    VALUES (:pairing_id, :kind, :target, :during::daterange)
    """,
)
COUNT_OPEN = Query(int, "SELECT count(*) FROM pairings WHERE proposed_by = :account_id AND agreed_at IS NULL")
LOCK_PAIRING = Query(UUID, "SELECT id FROM pairings WHERE id = :pairing_id FOR NO KEY UPDATE")
AGREE = Query(
    UUID,
    """
    UPDATE pairings SET agreed_by = :account_id, agreed_at = :now WHERE id = :pairing_id AND agreed_at IS NULL
    RETURNING id
    """,
)
DELETE_PLEDGES = Query(None, "DELETE FROM pledges WHERE pairing_id = :pairing_id")
DELETE_PAIRING = Query(UUID, "DELETE FROM pairings WHERE id = :pairing_id AND agreed_at IS NULL RETURNING id")
# Of a village whose code ends: what had not begun goes, what runs ends with it.
DROP_PLEDGES = Query(
    None,
    """
    DELETE FROM pledges USING pairings p
     WHERE p.id = pairing_id AND p.village_code = :village AND lower(pledges.valid_during) >= :day::date
    """,
)
DROP_PAIRINGS = Query(None, "DELETE FROM pairings WHERE village_code = :village AND lower(valid_during) >= :day::date")
CUT_PLEDGES = Query(
    None,
    """
    UPDATE pledges SET valid_during = pledges.valid_during * daterange(NULL, :day::date)
      FROM pairings p
     WHERE p.id = pairing_id AND p.village_code = :village AND upper(pledges.valid_during) > :day::date
    """,
)
CUT_PAIRINGS = Query(
    None,
    """
    UPDATE pairings SET valid_during = valid_during * daterange(NULL, :day::date)
     WHERE village_code = :village AND upper(valid_during) > :day::date
    """,
)


def make_term(first: date, last: date) -> "asyncpg.Range[date]":
    """Return the days of a term, both included."""
    return asyncpg.Range(first, last + timedelta(days=1))


def list_pledge_faults(new: NewPairing) -> list[FieldFault]:
    """Return what is wrong with the terms and targets of a pairing; pure.

    Fields of a pledge are named `pledges.` with its position and the field.
    """
    faults: list[FieldFault] = []
    first, last = new.first, new.last
    if first is None:
        faults.append(FieldFault("first", "写从哪天起"))
    if last is None:
        faults.append(FieldFault("last", "写到哪天为止；结对要有期限"))
    elif first is not None and not first <= last <= first + timedelta(days=MAX_TERM_DAYS - 1):
        faults.append(FieldFault("last", "不早于开始那天，最长十年"))
    if not new.pledges:
        faults.append(FieldFault("pledges", "至少承诺一样：买货、办课、投资、招工"))
    elif len(new.pledges) > MAX_PLEDGES:
        faults.append(FieldFault("pledges", f"最多 {MAX_PLEDGES} 条承诺"))
    for number in range(len(new.pledges)):
        faults += _list_faults_of_pledge(new, number)
    return faults


def _list_faults_of_pledge(new: NewPairing, number: int) -> list[FieldFault]:
    pledge, at, faults = new.pledges[number], f"pledges.{number}", list[FieldFault]()
    if not 0 < pledge.target <= MAX_TARGET:
        faults.append(FieldFault(f"{at}.target", "写比 0 多的数"))
    if pledge.last is None:
        faults.append(FieldFault(f"{at}.last", "写到哪天为止；承诺要有期限"))
    elif new.first is not None and new.last is not None:
        begins = pledge.first or new.first
        if begins < new.first:
            faults.append(FieldFault(f"{at}.first", f"不早于结对开始的 {new.first}"))
        if not begins <= pledge.last <= new.last:
            faults.append(FieldFault(f"{at}.last", f"在 {begins} 到结对结束的 {new.last} 之间"))
        if any(_overlap(pledge, begins, other, new.first) for other in new.pledges[:number]):
            faults.append(FieldFault(f"{at}.kind", "这一样在这段时间已经承诺过"))
    return faults


def _overlap(pledge: NewPledge, begins: date, other: NewPledge, first: date) -> bool:
    return (
        pledge.kind is other.kind
        and pledge.last is not None
        and other.last is not None
        and begins <= other.last
        and (other.first or first) <= pledge.last
    )


async def add_pairing(
    conn: Connection, actor: Actor, organisation_id: UUID, new: NewPairing, *, now: datetime
) -> PairingFields:
    """Propose a pairing; the caller has checked that the actor may.

    Raises:
        PairingInvalid: the village is unknown or ended, a pledge has no term, or other fields are invalid; `errors`
            lists each.
        PairingOverlap: they are paired in these days; the caller's transaction must not commit.
    """
    faults = list_pledge_faults(new)
    if fault := await find_village_fault(conn, new.village_code, day=new.first or get_business_day(now)):
        faults.append(FieldFault("village", fault))
    if new.last is not None and new.last < get_business_day(now):
        faults.append(FieldFault("last", "已经过了，写以后的"))
    if faults:
        raise PairingInvalid(errors=tuple(faults))
    assert new.first is not None, "checked by list_pledge_faults"
    assert new.last is not None, "checked by list_pledge_faults"
    try:
        pairing_id = await ADD_PAIRING.one(
            conn, organisation_id=organisation_id, village=new.village_code, during=make_term(new.first, new.last),
            account_id=actor.account_id, now=now,
        )  # fmt: skip
        for each in new.pledges:
            assert each.last is not None, "checked by list_pledge_faults"
            await ADD_PLEDGE.run(
                conn, pairing_id=pairing_id, kind=each.kind, target=each.target,
                during=make_term(each.first or new.first, each.last),
            )  # fmt: skip
    except asyncpg.ExclusionViolationError as error:
        raise PairingOverlap from error
    except asyncpg.ForeignKeyViolationError as error:
        raise PairingInvalid(errors=(FieldFault("last", "这个村代码用不到那一天"),)) from error
    except asyncpg.PostgresError as error:
        _raise_unverified(error)
    await _audit(conn, actor, "pairing.propose", pairing_id, now=now)
    return await find_pairing(conn, pairing_id)


async def propose_pairing(
    conn: Connection, actor: Actor, organisation_id: UUID, new: NewPairing, *, now: datetime
) -> PairingFields:
    """Propose a pairing as a member of the organisation, in the person's scope; village or county agrees.

    Raises:
        NotFound: the actor is no member of the organisation.
        TooManyProposals: the person has `MAX_OPEN_PROPOSALS` that wait.
        PairingInvalid, PairingOverlap: see `add_pairing`.
    """
    await require_own_organisation(conn, actor, organisation_id, day=get_business_day(now))
    await lock_quota(conn, "pairings", actor.account_id)
    if await COUNT_OPEN.one(conn, account_id=actor.account_id) >= MAX_OPEN_PROPOSALS:
        raise TooManyProposals
    return await add_pairing(conn, actor, organisation_id, new, now=now)


async def decide_own_pairing(
    conn: Connection, actor: Actor, pairing_id: UUID, *, agreed: bool, now: datetime
) -> None:  # fmt: skip
    """Agree to what the county proposed, or take a proposal back, as a member of the organisation.

    Raises:
        NotFound: the actor is no member of its organisation.
        PairingOwnSide: the organisation's side proposed it.
        PairingInvalid: the organisation is not verified any more.
        PairingDecided: it was agreed before.
    """
    found = await _lock(conn, pairing_id)
    await require_own_organisation(conn, actor, found.organisation_id, day=get_business_day(now))
    await _decide(conn, actor, found, agreed=agreed, now=now)


async def decide_county_pairing(
    conn: Connection, official: Actor, county: str, pairing_id: UUID, *, agreed: bool, now: datetime
) -> None:
    """Agree to a pairing of a village, or refuse it: then nothing of it is kept but the audit entry.

    Raises:
        NotFound: the county has none of this id.
        NotAllowed, SecondFactorRequired: the official has no role of `AGREERS` for its village.
        PairingInvalid: the organisation is not verified any more.
        PairingOwnSide: the official proposed it, or is of the organisation as who proposed it is.
        PairingDecided: it was agreed before.
    """
    found = await _lock(conn, pairing_id)
    if found.county_code != county:
        raise NotFound
    require_role(official, AGREERS, found.village_code)
    await _decide(conn, official, found, agreed=agreed, now=now)


def _raise_unverified(error: asyncpg.PostgresError) -> NoReturn:
    """Raise the refusal of an organisation that is not verified, or else the error itself."""
    if error.sqlstate == _NOT_VERIFIED:
        raise PairingInvalid(errors=(FieldFault("organisation", "县里核过的单位才能结对"),)) from error
    raise error


async def _lock(conn: Connection, pairing_id: UUID) -> PairingFields:
    if await LOCK_PAIRING.maybe(conn, pairing_id=pairing_id) is None:
        raise NotFound
    return await find_pairing(conn, pairing_id)


async def _decide(conn: Connection, actor: Actor, found: PairingFields, *, agreed: bool, now: datetime) -> None:
    if found.agreed_at is not None:
        raise PairingDecided
    if agreed:
        try:
            await AGREE.one(conn, pairing_id=found.id, account_id=actor.account_id, now=now)
        except asyncpg.PostgresError as error:
            if error.sqlstate == _OWN_SIDE:
                raise PairingOwnSide from error
            _raise_unverified(error)
    else:
        await drop_pairing(conn, found.id)
    await _audit(conn, actor, "pairing.agree" if agreed else "pairing.refuse", found.id, now=now)


async def drop_pairing(conn: Connection, pairing_id: UUID) -> None:
    """Delete a proposal with its pledges.

    Raises:
        PairingDecided: it was agreed before; the caller's transaction must not commit.
    """
    try:
        await DELETE_PLEDGES.run(conn, pairing_id=pairing_id)
    except asyncpg.PostgresError as error:
        if error.sqlstate == _DECIDED:
            raise PairingDecided from error
        raise
    if await DELETE_PAIRING.maybe(conn, pairing_id=pairing_id) is None:
        raise PairingDecided


async def end_village_pairings(conn: Connection, village: str, day: date) -> None:
    """End the pairings of a village on the first day without its code."""
    await DROP_PLEDGES.run(conn, village=village, day=day)
    await CUT_PLEDGES.run(conn, village=village, day=day)
    await DROP_PAIRINGS.run(conn, village=village, day=day)
    await CUT_PAIRINGS.run(conn, village=village, day=day)


async def _audit(conn: Connection, actor: Actor, action: str, pairing_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"pairing:{pairing_id}", detail={}, now=now
    )
