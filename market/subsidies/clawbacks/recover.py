"""Recover a clawback: finance records a repayment or a write-off, another person confirms it."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.subsidies.clawbacks.ledger import post_entry
from market.subsidies.clawbacks.lock import LockedClawback, lock_clawback
from market.subsidies.clawbacks.models import (
    CONFIRMER,
    MAX_TEXT_LENGTH,
    RECORDER,
    ClawbackInvalid,
    ClawbackMoved,
    ClawbackNotFound,
    ClawbackState,
    EntryKind,
    SecondClawbackPart,
)
from market.subsidies.clawbacks.views import ENTRY_NOTE_CONTEXT
from payments.money import format_yuan

_OTHER_PERSON = "P0212"
"""The error of the trigger `check_clawback_entry`."""


class NewEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A repayment or a write-off; `note` is the bank's reference, or why nothing more comes.

    `paid_on` is the day on which the money came in, null of a write-off.
    """

    kind: EntryKind
    fen: Fen
    note: str
    paid_on: date | None = None


class _WaitingEntry(Struct, frozen=True):
    kind: EntryKind
    fen: int


ADD_ENTRY = Query(
    UUID,
    """
    INSERT INTO clawback_entries (clawback_id, county_code, kind, fen, paid_on, note_sealed, recorded_by, recorded_at)
    VALUES (:clawback_id, :county, :kind, :fen, :paid_on, :note_sealed, :account_id, :now)
    RETURNING id
    """,
)
# What is owed after what is confirmed, and what is left if everything that waits is confirmed too.
SUM_LEFT = Query(
    int,
    """
    SELECT (:amount_fen::bigint - coalesce(sum(fen), 0))::bigint FROM clawback_entries
     WHERE clawback_id = :clawback_id AND (outcome = 'confirmed' OR (:waiting AND outcome IS NULL))
    """,
)
GET_WAITING_ENTRY = Query(
    _WaitingEntry,
    """
    SELECT kind, fen FROM clawback_entries
     WHERE id = :entry_id AND clawback_id = :clawback_id AND county_code = :county AND outcome IS NULL
    """,
)
DECIDE_ENTRY = Query(
    None,
    "UPDATE clawback_entries SET outcome = :outcome, decided_by = :account_id, decided_at = :now WHERE id = :entry_id",
)
CLEAR_CLAWBACK = Query(None, "UPDATE clawbacks SET state = 'cleared' WHERE id = :clawback_id")


async def record_entry(
    conn: Connection, seal: Seal, actor: Actor, county: str, clawback_id: UUID, *, new: NewEntry, now: datetime
) -> UUID:
    """Record a repayment or a write-off, in the caller's transaction of the county; another person confirms it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `RECORDER` for the county.
        ClawbackNotFound, ClawbackMoved: see `lock_clawback`; only what is owed is recovered.
        ClawbackInvalid: fields are missing or wrong, or the sum is more than what is owed.
    """
    require_county_role(actor, RECORDER, county)
    clawback = await lock_clawback(conn, county, clawback_id, ClawbackState.OWED)
    note, repaid = clean_text(new.note), new.kind is EntryKind.REPAID
    left = await SUM_LEFT.one(conn, clawback_id=clawback_id, amount_fen=clawback.amount_fen, waiting=True)
    today = get_business_day(now)
    faults = [
        FieldFault(field, message)
        for field, wrong, message in (
            ("kind", new.kind not in {EntryKind.REPAID, EntryKind.WRITTEN_OFF}, "只能记还回的和核销的"),
            ("fen", not 0 < new.fen <= left, f"应在 0.01 到 {format_yuan(left)} 元之间，等确认的也算"),
            ("note", not 0 < len(note) <= MAX_TEXT_LENGTH, "请写银行流水号，核销的写为什么"),
            ("paid_on", repaid and (new.paid_on is None or new.paid_on > today), "请写钱哪天到的，不晚于今天"),
            ("paid_on", not repaid and new.paid_on is not None, "核销没有到账的日子"),
        )
        if wrong
    ]
    if faults:
        raise ClawbackInvalid(errors=tuple(faults))
    entry_id = await ADD_ENTRY.one(
        conn, clawback_id=clawback_id, county=county, kind=new.kind, fen=new.fen, paid_on=new.paid_on,
        note_sealed=seal.seal(note, ENTRY_NOTE_CONTEXT), account_id=actor.account_id, now=now,
    )  # fmt: skip
    await _record(conn, actor, clawback, f"record {new.kind}", fen=new.fen, now=now)
    return entry_id


async def decide_entry(
    conn: Connection, actor: Actor, county: str, clawback_id: UUID, *, entry_id: UUID, confirm: bool, now: datetime
) -> None:
    """Confirm a repayment or a write-off that another person recorded, which posts it; or refuse it.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `CONFIRMER` for the county.
        ClawbackNotFound: the county has no such entry that waits.
        ClawbackMoved: less is owed by now, or nothing.
        SecondClawbackPart: the actor recorded it.
    """
    require_county_role(actor, CONFIRMER, county)
    clawback = await lock_clawback(conn, county, clawback_id, ClawbackState.OWED, ClawbackState.CLEARED)
    entry = await GET_WAITING_ENTRY.maybe(conn, entry_id=entry_id, clawback_id=clawback_id, county=county)
    if entry is None:
        raise ClawbackNotFound
    left = await SUM_LEFT.one(conn, clawback_id=clawback_id, amount_fen=clawback.amount_fen, waiting=False)
    if confirm and entry.fen > left:
        raise ClawbackMoved
    attempt = conn.transaction()
    await attempt.start()
    try:
        outcome = "confirmed" if confirm else "refused"
        await DECIDE_ENTRY.run(conn, entry_id=entry_id, outcome=outcome, account_id=actor.account_id, now=now)
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _OTHER_PERSON:
            raise SecondClawbackPart from error
        raise
    await attempt.commit()
    if confirm:
        await post_entry(conn, entry_id, entry.kind, county=county, debtor=clawback.debtor_key, fen=entry.fen, now=now)
        if entry.fen == left:
            await CLEAR_CLAWBACK.run(conn, clawback_id=clawback_id)
    await _record(conn, actor, clawback, "confirm entry" if confirm else "refuse entry", fen=entry.fen, now=now)


async def _record(
    conn: Connection, actor: Actor, clawback: LockedClawback, step: str, *, fen: int, now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"clawback {step}", object=f"clawback:{clawback.id}",
        detail={"fen": fen}, now=now,
    )  # fmt: skip
