"""追缴申诉: the household asks the level above the county to look at a decision; it owes nothing meanwhile."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import TEXT_CONTEXT, lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_county_scopes
from market.people.identity.models import Actor
from market.subsidies.clawbacks.decide import post_clawback
from market.subsidies.clawbacks.lock import LockedClawback, lock_clawback, record_move
from market.subsidies.clawbacks.models import (
    CLAWBACK_APPEAL,
    MAX_TEXT_LENGTH,
    SERVERS,
    ClawbackInvalid,
    ClawbackMoved,
    ClawbackNotFound,
    ClawbackState,
    FraudGround,
)
from market.subsidies.clawbacks.tell import tell_household
from market.subsidies.clawbacks.views import OPINION_CONTEXT, REASON_CONTEXT, STATEMENT_CONTEXT

_TOO_LATE = "P0211"
"""The error of the trigger `check_clawback_appeal`."""


class AppealRuling(StrEnum):
    """What the level above finds: the decision is annulled, or it stands."""

    ANNULLED = "annulled"
    STANDS = "stands"


_OUTCOMES = {AppealRuling.ANNULLED: CaseOutcome.SOLVED, AppealRuling.STANDS: CaseOutcome.UNSOLVED}


class OwnClawback(Struct, frozen=True, kw_only=True):
    """A decision against a person, as the person sees it; `may_appeal` until `appeal_until`, which delivery sets.

    `ruling` is what the level above said of an appeal.
    """

    id: UUID
    county_code: str
    number: int
    ground: FraudGround
    amount_fen: Fen
    left_fen: Fen
    state: ClawbackState
    decided_on: date
    appeal_until: date | None
    reason: str
    statement: str
    opinion: str
    ruling: str
    may_appeal: bool


class ClawbackAppeal(Struct, frozen=True, kw_only=True):
    """An appeal as the official sees it who decides it."""

    case_id: UUID
    case_number: int
    clawback_id: UUID
    number: int
    county_code: str
    household: str
    ground: FraudGround
    amount_fen: Fen
    text: str
    reason: str
    statement: str
    opinion: str
    ruling: str
    due_at: datetime
    state: CaseState
    assignee: str


class _OwnRow(Struct, frozen=True, kw_only=True):
    id: UUID
    county_code: str
    number: int
    ground: FraudGround
    amount_fen: Fen
    left_fen: Fen
    state: ClawbackState
    decided_on: date
    appeal_until: date | None
    reason_sealed: bytes
    statement_sealed: bytes
    opinion_sealed: bytes
    ruling_sealed: bytes | None
    may_appeal: bool


class _ClawbackAppealRow(Struct, frozen=True, kw_only=True):
    case_id: UUID
    case_number: int
    clawback_id: UUID
    number: int
    county_code: str
    household: str
    ground: FraudGround
    amount_fen: Fen
    text_sealed: bytes
    reason_sealed: bytes
    statement_sealed: bytes
    opinion_sealed: bytes
    ruling_sealed: bytes | None
    due_at: datetime
    state: CaseState
    assignee: str


LIST_OWN = Query(
    _OwnRow,
    "SELECT * FROM find_own_clawbacks(:account_id::uuid, coalesce(:day::date, business_day(clock_timestamp())))",
)
ADD_APPEAL = Query(None, "INSERT INTO clawback_appeals (case_id, clawback_id) VALUES (:case_id, :clawback_id)")
MOVE_CLAWBACK = Query(None, "UPDATE clawbacks SET state = :state WHERE id = :clawback_id")
GET_APPEAL = Query(
    _ClawbackAppealRow,
    """
    SELECT a.case_id, q.number AS case_number, c.id AS clawback_id, c.number, c.county_code,
           c.household_code AS household, c.ground, c.amount_fen, q.text_sealed, c.reason_sealed, c.statement_sealed,
           c.opinion_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = q.id AND move = 'answer') AS ruling_sealed, q.due_at,
           q.state, q.path[q.level] AS assignee
      FROM clawback_appeals a
      JOIN cases q ON q.id = a.case_id
      JOIN clawbacks c ON c.id = a.clawback_id
     WHERE a.case_id = :case_id
    """,
)
# Who proposed, decided, delivered or asked for it, by whatever account.
IS_INVOLVED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM clawbacks c
                    WHERE c.id = :clawback_id
                      AND (is_same_person(c.proposed_by, :account_id) OR is_same_person(c.decided_by, :account_id)
                           OR is_same_person(c.served_by, :account_id)))
        OR EXISTS (SELECT FROM case_events
                    WHERE case_id = :case_id AND is_same_person(account_id, :account_id))
    """,
)


async def list_own_clawbacks(conn: Connection, seal: Seal, account_id: UUID, *, day: date | None) -> list[OwnClawback]:
    """Return the decisions against the person of an account that they were told of, the newest first, at most 100.

    In any transaction. The person is known by identity number, or by a mobile number bound to them on `day`, by default
    today.
    """
    return [
        build_from(
            OwnClawback,
            row,
            reason=seal.open(row.reason_sealed, REASON_CONTEXT),
            statement=seal.open(row.statement_sealed, STATEMENT_CONTEXT),
            opinion=seal.open(row.opinion_sealed, OPINION_CONTEXT),
            ruling=_open_ruling(seal, row.ruling_sealed),
        )
        for row in await LIST_OWN.all(conn, account_id=account_id, day=day)
    ]


async def count_own_clawbacks(conn: Connection, account_id: UUID, *, day: date) -> int:
    """Return how many decisions against the person of an account they were told of, in any transaction."""
    return len(await LIST_OWN.all(conn, account_id=account_id, day=day))


async def require_own_clawback(
    conn: Connection, seal: Seal, account_id: UUID, clawback_id: UUID | None, *, day: date
) -> OwnClawback:
    """Return the decision of this id, if it is against the person of the account.

    Raises:
        ClawbackNotFound: it is not.
    """
    listed = await list_own_clawbacks(conn, seal, account_id, day=day)
    own = next((each for each in listed if each.id == clawback_id), None)
    if own is None:
        raise ClawbackNotFound
    return own


async def appeal_own_clawback(
    conn: Connection, seal: Seal, actor: Actor, own: OwnClawback, *, text: str, now: datetime
) -> int:
    """Appeal a decision of `list_own_clawbacks`, in a transaction of its county; return the number of the case.

    Raises:
        ClawbackInvalid: the text is missing or too long.
        ClawbackMoved: the term is over, or the decision was appealed before.
    """
    return await _appeal(conn, seal, own.county_code, own.id, text=text, asker_id=actor.account_id, by=actor, now=now)


async def write_down_appeal(
    conn: Connection, seal: Seal, actor: Actor, county: str, clawback_id: UUID, *, text: str, now: datetime
) -> int:
    """Write down the appeal of somebody who came, called or wrote; return the number of the case.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has none of the roles `SERVERS` in the county.
        ClawbackNotFound: there is none, or it is of a household of other divisions.
        ClawbackInvalid, ClawbackMoved: see `appeal_own_clawback`.
    """
    scopes = require_county_scopes(actor, SERVERS, county)
    return await _appeal(conn, seal, county, clawback_id, text=text, asker_id=None, by=actor, scopes=scopes, now=now)


async def rule_on_appeal(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    case_id: UUID,
    *,
    ruling: AppealRuling | None,
    text: str,
    now: datetime,
) -> None:
    """Decide an appeal, once and for good; the household is told. The transaction has the scope of the county.

    Raises:
        ClawbackNotFound: there is no such appeal for the actor's divisions.
        SecondFactorRequired: the session has no second factor.
        ClawbackInvalid: the ruling or its reason is missing.
        CaseNotMovable: it was decided before.
        CaseAnswererInvolved: the actor had a part in the decision, or wrote the appeal down.
    """
    appeal = await get_appeal(conn, seal, case_id)
    if appeal is None:
        raise ClawbackNotFound
    require_case_role(actor, appeal.assignee, appeal.county_code)
    written = clean_text(text)
    faults = [
        *([] if ruling else [FieldFault("ruling", "请选怎么定")]),
        *([] if 0 < len(written) <= MAX_TEXT_LENGTH else [FieldFault("text", "请写为什么，那一户看得到")]),
    ]
    if faults or ruling is None:
        raise ClawbackInvalid(errors=tuple(faults))
    clawback = await lock_clawback(conn, appeal.county_code, appeal.clawback_id, *ClawbackState)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    if await IS_INVOLVED.one(conn, clawback_id=clawback.id, case_id=case_id, account_id=actor.account_id):
        raise CaseAnswererInvolved
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=_OUTCOMES[ruling], now=now)
    if ruling is AppealRuling.STANDS:
        await post_clawback(conn, seal, clawback, by=str(actor.account_id), now=now)
        return
    await MOVE_CLAWBACK.run(conn, clawback_id=clawback.id, state=ClawbackState.ANNULLED)
    await tell_household(conn, seal, clawback, "clawback_annulled", now=now)
    await record_move(conn, str(actor.account_id), clawback, ClawbackState.ANNULLED, now=now)


async def get_appeal(conn: Connection, seal: Seal, case_id: UUID) -> ClawbackAppeal | None:
    """Return an appeal that the transaction may see, or None."""
    row = await GET_APPEAL.maybe(conn, case_id=case_id)
    if row is None:
        return None
    return build_from(
        ClawbackAppeal,
        row,
        text=seal.open(row.text_sealed, TEXT_CONTEXT),
        reason=seal.open(row.reason_sealed, REASON_CONTEXT),
        statement=seal.open(row.statement_sealed, STATEMENT_CONTEXT),
        opinion=seal.open(row.opinion_sealed, OPINION_CONTEXT),
        ruling=_open_ruling(seal, row.ruling_sealed),
    )


def _open_ruling(seal: Seal, sealed: bytes | None) -> str:
    return "" if sealed is None else open_reason(seal, sealed)


async def _appeal(
    conn: Connection,
    seal: Seal,
    county: str,
    clawback_id: UUID,
    *,
    text: str,
    asker_id: UUID | None,
    by: Actor,
    scopes: list[str] | None = None,
    now: datetime,
) -> int:
    written = clean_text(text)
    if not 0 < len(written) <= MAX_TEXT_LENGTH:
        raise ClawbackInvalid(errors=(FieldFault("text", f"请写哪里不对，最多 {MAX_TEXT_LENGTH} 字"),))
    clawback = await lock_clawback(conn, county, clawback_id, ClawbackState.DECIDED, ClawbackState.SERVED)
    village = _get_village(clawback)
    if scopes is not None and not any(village.startswith(scope) for scope in scopes):
        raise ClawbackNotFound
    attempt = conn.transaction()
    await attempt.start()
    try:
        case = await open_case(
            conn, seal, asker_id, by=by, category=CLAWBACK_APPEAL, division_code=village, against_producer_id=None,
            text=written, now=now,
        )  # fmt: skip
        await ADD_APPEAL.run(conn, case_id=case.id, clawback_id=clawback_id)
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _TOO_LATE:
            raise ClawbackMoved from error
        raise
    await attempt.commit()
    await MOVE_CLAWBACK.run(conn, clawback_id=clawback_id, state=ClawbackState.APPEALED)
    await record_move(conn, str(by.account_id), clawback, ClawbackState.APPEALED, now=now)
    last = get_business_day(case.due_at)
    facts = {"name": case.name, "number": str(case.number), "due": f"{last.month} 月 {last.day} 日"}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return case.number


def _get_village(clawback: LockedClawback) -> str:
    assert clawback.village_code is not None, "only a household's decision is appealed"
    return clawback.village_code
