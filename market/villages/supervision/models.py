"""Tasks of supervision, what is asked and sent, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Refusal
from market.people.identity.models import Role

PARTIES = frozenset({Role.SUPERVISOR, Role.COUNTY})
"""Who has tasks: the officials of a province or a prefecture, and those who decide for a county."""
MAX_TITLE_LENGTH, MAX_TEXT_LENGTH, MAX_BASIS_LENGTH = 60, 1000, 100
MAX_EVIDENCE_LENGTH, MAX_REASON_LENGTH = 2000, 500
MAX_TARGET = 1_000_000
MAX_TASKS = 200


class SupervisionState(StrEnum):
    """Where a task is; the events of a task have the same words, and `reminded`."""

    ISSUED = "issued"
    EVIDENCE = "evidence"
    CHECKED = "checked"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


TO_DO = frozenset({SupervisionState.ISSUED, SupervisionState.RETURNED})
"""The states in which the assignee owes the evidence."""


class NewSupervisionTask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task as it is issued. `issuer` and `assignee` are codes of divisions; `parent` the number of a task passed on.

    `measure` is the key of a figure that the market counts when the evidence is sent; it should be at most `target`.
    """

    issuer: Annotated[str, Meta(max_length=12)]
    assignee: Annotated[str, Meta(max_length=12)]
    parent: int | None = None
    title: Annotated[str, Meta(max_length=2 * MAX_TITLE_LENGTH)]
    text: Annotated[str, Meta(max_length=2 * MAX_TEXT_LENGTH)]
    basis: Annotated[str, Meta(max_length=2 * MAX_BASIS_LENGTH)]
    due_on: date
    measure: Annotated[str, Meta(max_length=40)] | None = None
    target: int | None = None


class SupervisionTask(Struct, frozen=True, kw_only=True):
    """A task: who asks whom for what until when, the last evidence, and the last decision about it.

    `evidence_figure` is the measure as it was when the evidence was sent; `issued_by`, `sent_by` and `decided_by` are
    officials' names. `reason` is that of a return or a withdrawal, empty without one.
    """

    id: UUID
    number: int
    parent: int | None
    issuer_scope: str
    issuer: str
    assignee_scope: str
    assignee: str
    title: str
    text: str
    basis: str
    due_on: date
    measure: str | None
    target: int | None
    state: SupervisionState
    issued_by: str
    issued_at: datetime
    evidence_text: str | None
    evidence_figure: int | None
    sent_by: str | None
    sent_at: datetime | None
    reason: str
    decided_by: str | None
    decided_at: datetime | None

    def count_days_late(self, today: date) -> int:
        """Return for how many days the evidence is overdue; 0 if it is not owed or not overdue."""
        return max(0, (today - self.due_on).days) if self.state in TO_DO else 0


class SupervisionEvent(Struct, frozen=True, kw_only=True):
    """What happened to a task: a move with its text, or the day of a reminder."""

    kind: str
    by: str | None
    at: datetime
    text: str
    figure: int | None


class SupervisionList(Struct, frozen=True, kw_only=True):
    """The tasks of an official: given to others, and to be done; overdue ones first."""

    given: list[SupervisionTask]
    received: list[SupervisionTask]


class SupervisionCounts(Struct, frozen=True, kw_only=True):
    """How many tasks owe evidence, how many of these are overdue, and how many wait to be checked."""

    to_do: int
    late: int
    to_check: int


class SupervisionInvalid(Refusal):
    """Fields of a task, its evidence or a decision are missing or wrong; `errors` names each."""

    code = "supervision_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are missing or wrong; see errors."


class SupervisionNotMovable(Refusal):
    """The task's state does not allow this."""

    code = "supervision_not_movable"
    zh = "这件任务现在不能这样办，请刷新看办到哪一步。"
    en = "The state of the task does not allow this."


class CheckerSentEvidence(Refusal):
    """The evidence is checked by another person than sent it."""

    code = "checker_sent_evidence"
    status = 403
    zh = "办理情况是您自己报的，要另一个人来核。"
    en = "Another person than sent the evidence has to check it."
