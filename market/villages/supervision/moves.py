"""Send the evidence of a task; check it, return it, or withdraw the task."""

from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.people.notify.notifications import format_month_day
from market.villages.supervision.measures import MEASURES
from market.villages.supervision.models import (
    MAX_EVIDENCE_LENGTH,
    MAX_REASON_LENGTH,
    CheckerSentEvidence,
    SupervisionInvalid,
    SupervisionNotMovable,
    SupervisionState,
    SupervisionTask,
)
from market.villages.supervision.rules import check_text, require_assignee, require_issuer
from market.villages.supervision.tell import notify_division
from market.villages.supervision.views import get_supervision_task, lock_supervision_task

_NOT_MOVABLE, _SAME_PERSON = "P0261", "P0263"
"""The errors of the trigger `check_supervision_task`."""


class _PassedOn(Struct, frozen=True):
    """A task that was passed on, and the division that has to do it."""

    number: int
    assignee_scope: str


SEND = Query(
    None,
    """
    UPDATE supervision_tasks
       SET state = 'evidence', evidence_text = :text, evidence_figure = :figure, sent_by = :account_id, sent_at = :now
     WHERE number = :number
    """,
)
DECIDE = Query(
    None,
    """
    UPDATE supervision_tasks SET state = :state, reason = :reason, decided_by = :account_id, decided_at = :now
     WHERE number = :number
    """,
)
# What a prefecture passed on falls with what was asked of it.
WITHDRAW_PASSED_ON = Query(
    _PassedOn,
    """
    UPDATE supervision_tasks SET state = 'withdrawn', reason = :reason, decided_by = :account_id, decided_at = :now
     WHERE parent_id = (SELECT id FROM supervision_tasks WHERE number = :number)
       AND state NOT IN ('checked', 'withdrawn')
    RETURNING number, assignee_scope
    """,
)


async def send_evidence(conn: Connection, actor: Actor, number: int, text: str, *, now: datetime) -> SupervisionTask:
    """Send what was done about a task; the market counts its measure, in the scope of the actor's division.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor is no official of the division that has to do it.
        SupervisionInvalid: the text is missing, too long, or has a telephone or an identity number.
        SupervisionNotMovable: the evidence was sent, or the task is over.
    """
    task = await lock_supervision_task(conn, actor, number)
    require_assignee(actor, task)
    faults: list[FieldFault] = []
    written = check_text("text", text, "写办了什么、到什么样", MAX_EVIDENCE_LENGTH, faults)
    if faults:
        raise SupervisionInvalid(errors=tuple(faults))
    figure = None if task.measure is None else await MEASURES[task.measure].count(conn, task.assignee_scope, now)
    await _move(conn, SEND, number=number, text=written, figure=figure, account_id=actor.account_id, now=now)
    await _audit(conn, actor, task, "evidence", now=now)
    return await get_supervision_task(conn, actor, number)


async def check_evidence(conn: Connection, actor: Actor, number: int, *, now: datetime) -> SupervisionTask:
    """Check the evidence of a task, which ends it, in the scope of the issuer's division.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor is no supervisor of the division that issued it.
        SupervisionNotMovable: no evidence waits.
        CheckerSentEvidence: the actor sent it.
    """
    task = await _lock_issued(conn, actor, number)
    await _decide(conn, actor, task, SupervisionState.CHECKED, "", now=now)
    return await get_supervision_task(conn, actor, number)


async def return_evidence(
    conn: Connection, seal: Seal, actor: Actor, number: int, reason: str, *, now: datetime
) -> SupervisionTask:
    """Ask for the evidence again, with a reason; the officials of the division are told. See `check_evidence`.

    Raises:
        SupervisionInvalid: the reason is missing, too long, or has a telephone or an identity number.
    """
    task = await _lock_issued(conn, actor, number)
    await _decide(conn, actor, task, SupervisionState.RETURNED, _read_reason(reason), now=now)
    facts = {"issuer": task.issuer, "number": str(number), "day": format_month_day(task.due_on)}
    await notify_division(conn, seal, task.assignee_scope, "supervision_returned", facts, now=now)
    return await get_supervision_task(conn, actor, number)


async def withdraw_supervision_task(
    conn: Connection, seal: Seal, actor: Actor, number: int, reason: str, *, now: datetime
) -> SupervisionTask:
    """Withdraw a task that is not checked, with what was passed on of it; who had to do either is told.

    See `return_evidence`.
    """
    task = await _lock_issued(conn, actor, number)
    written = _read_reason(reason)
    await _decide(conn, actor, task, SupervisionState.WITHDRAWN, written, now=now)
    passed_on = await WITHDRAW_PASSED_ON.all(
        conn, number=number, reason=written, account_id=actor.account_id, now=now
    )  # fmt: skip
    for each in (_PassedOn(number, task.assignee_scope), *passed_on):
        facts = {"number": str(each.number)}
        await notify_division(conn, seal, each.assignee_scope, "supervision_withdrawn", facts, now=now)
    return await get_supervision_task(conn, actor, number)


def _read_reason(reason: str) -> str:
    faults: list[FieldFault] = []
    written = check_text("reason", reason, "写原因", MAX_REASON_LENGTH, faults)
    if faults:
        raise SupervisionInvalid(errors=tuple(faults))
    return written


async def _lock_issued(conn: Connection, actor: Actor, number: int) -> SupervisionTask:
    task = await lock_supervision_task(conn, actor, number)
    require_issuer(actor, task.issuer_scope)
    return task


async def _decide(
    conn: Connection, actor: Actor, task: SupervisionTask, state: SupervisionState, reason: str, *, now: datetime
) -> None:
    await _move(
        conn, DECIDE, number=task.number, state=state, reason=reason, account_id=actor.account_id, now=now
    )  # fmt: skip
    await _audit(conn, actor, task, state, now=now)


async def _move(conn: Connection, query: Query[None], **parameters: Any) -> None:
    try:
        await query.run(conn, **parameters)
    except asyncpg.PostgresError as error:
        if error.sqlstate == _NOT_MOVABLE:
            raise SupervisionNotMovable from error
        if error.sqlstate == _SAME_PERSON:
            raise CheckerSentEvidence from error
        raise


async def _audit(conn: Connection, actor: Actor, task: SupervisionTask, move: str, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"supervision.{move}", object=f"supervision_task:{task.id}",
        detail={"number": task.number}, now=now,
    )  # fmt: skip
