"""Issue a task to a division inside the own one, or pass one on that the own division got."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope, pad_code
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.people.notify.notifications import format_month_day
from market.places.divisions.queries import get_division_names
from market.villages.supervision.measures import MEASURES
from market.villages.supervision.models import (
    MAX_BASIS_LENGTH,
    MAX_TARGET,
    MAX_TEXT_LENGTH,
    MAX_TITLE_LENGTH,
    TO_DO,
    NewSupervisionTask,
    SupervisionInvalid,
    SupervisionTask,
)
from market.villages.supervision.rules import check_text, find_due_fault, require_issuer
from market.villages.supervision.tell import notify_division
from market.villages.supervision.views import GET_TASK, get_supervision_task

_ASSIGNEE_DIGITS = (4, 6)


class _AddedTask(Struct, frozen=True):
    id: UUID
    number: int


LOCK_PARENT = Query(int, "SELECT number FROM supervision_tasks WHERE number = :number FOR SHARE")
ADD_TASK = Query(
    _AddedTask,
    """
    INSERT INTO supervision_tasks (parent_id, parent_due_on, issuer_scope, assignee_scope, title, text, basis, due_on,
                                   measure, target, issued_by, issued_at)
    VALUES (:parent_id::uuid, :parent_due_on::date, :issuer, :assignee, :title, :text, :basis, :due_on, :measure::text,
            :target::integer, :account_id, :now)
    RETURNING id, number
    """,
)


async def issue_supervision_task(
    conn: Connection, seal: Seal, actor: Actor, new: NewSupervisionTask, *, now: datetime
) -> SupervisionTask:
    """Issue a task and tell the officials of the division that has to do it, in the scope of the issuer's division.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `require_issuer`.
        SupervisionInvalid: the division is not inside the issuer's, a text is missing, too long or has a number of
            somebody, the day is past or after that of the task above, which is another division's or no longer to be
            done, or the measure is unknown; `errors` lists each.
    """
    issuer, assignee = get_scope(new.issuer), get_scope(new.assignee)
    require_issuer(actor, issuer)
    faults: list[FieldFault] = []
    parent = await _find_parent(conn, new.parent, issuer, faults)
    names = await get_division_names(conn, {issuer, assignee})
    inside = assignee.startswith(issuer) and len(assignee) > len(issuer) and len(assignee) in _ASSIGNEE_DIGITS
    if not inside or assignee not in names:
        faults.append(FieldFault("assignee", f"请选{names.get(issuer, '')}里面的市或县"))
    title = check_text("title", new.title, "写要办什么", MAX_TITLE_LENGTH, faults)
    text = check_text("text", new.text, "写办到什么样", MAX_TEXT_LENGTH, faults)
    basis = check_text("basis", new.basis, "写依据，文件的名字或文号", MAX_BASIS_LENGTH, faults)
    latest = parent.due_on if parent else None
    if fault := find_due_fault(new.due_on, today=get_business_day(now), latest=latest):
        faults.append(FieldFault("due_on", fault))
    if new.measure is not None and new.measure not in MEASURES:
        faults.append(FieldFault("measure", "请从里面选，或者不选"))
    if new.target is not None and (new.measure is None or not 0 <= new.target <= MAX_TARGET):
        fault = f"写 0 到 {MAX_TARGET}" if new.measure else "先选数字，再写目标"
        faults.append(FieldFault("target", fault))
    if faults:
        raise SupervisionInvalid(errors=tuple(faults))
    added = await ADD_TASK.one(
        conn, parent_id=parent.id if parent else None, parent_due_on=latest, issuer=issuer, assignee=assignee,
        title=title, text=text, basis=basis, due_on=new.due_on, measure=new.measure, target=new.target,
        account_id=actor.account_id, now=now,
    )  # fmt: skip
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="supervision.issue", object=f"supervision_task:{added.id}",
        detail={"number": added.number, "assignee": pad_code(assignee), "due_on": str(new.due_on)}, now=now,
    )  # fmt: skip
    facts = {"issuer": names[issuer], "number": str(added.number), "day": format_month_day(new.due_on)}
    await notify_division(conn, seal, assignee, "supervision_issued", facts, now=now)
    return await get_supervision_task(conn, actor, added.number)


async def _find_parent(
    conn: Connection, number: int | None, issuer: str, faults: list[FieldFault]
) -> SupervisionTask | None:
    """Return the task that is passed on, locked against moves, or None; a fault if it cannot be passed on."""
    if number is None:
        return None
    await LOCK_PARENT.maybe(conn, number=number)
    found = await GET_TASK.maybe(conn, number=number)
    if found is None or found.assignee_scope != issuer:
        faults.append(FieldFault("parent", "只能转给您这里的任务"))
        return None
    if found.state not in TO_DO:
        faults.append(FieldFault("parent", "这件任务已经报了或者办完了，不用再转"))
    return found
