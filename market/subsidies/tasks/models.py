"""A task: what was asked for, how far it is, and how it ended."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal
from market.people.identity.models import AccountId, Role
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.imports.upload import ImportResult
from market.subsidies.models import StepResult
from market.subsidies.month.run import RunResult
from market.subsidies.month.steps import DECIDE, DUTY_ROLES, RUN, MonthStep
from market.subsidies.operators.provincial_bill import RowRun
from market.subsidies.operators.rejected import RejectedRow
from market.subsidies.progress import Stage


class TaskState(StrEnum):
    """The states of a task; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ImportTask(Struct, frozen=True, kw_only=True, tag_field="kind", tag="import"):
    """The import of a stored upload, or its dry run.

    `keep`: a dry run without faults keeps the file for the import. `typed` is what was typed beside the file, to show
    it again with a refusal. `bytes` is the size of the file with its attachments.
    """

    file_kind: str
    name: str
    sha256: str
    upload: UUID
    bytes: int = 0
    dry_run: bool
    take_changes: bool
    take_fewer: bool = False
    take_part: bool = False
    replaces: UUID | None = None
    keep: bool = False
    typed: dict[str, str] = {}

    @property
    def role(self) -> Role:
        """The role that may import this kind of file."""
        return DUTY_ROLES[IMPORT_KINDS[self.file_kind].duty]

    @property
    def by_operators(self) -> bool:
        """Whether an operator's account may send this kind of file too."""
        return IMPORT_KINDS[self.file_kind].sent_by_operators


class SplitTask(Struct, frozen=True, kw_only=True, tag_field="kind", tag="split"):
    """A bill of several counties, which becomes an import in each of them; see `ImportTask`."""

    name: str
    sha256: str
    upload: UUID
    dry_run: bool
    take_fewer: bool = False
    take_part: bool = False
    typed: dict[str, str] = {}


class SplitPart(Struct, frozen=True, kw_only=True):
    """The import of one county's rows: its task, and which rows of the whole file they are."""

    county: str
    task_id: UUID
    rows: int
    runs: list[RowRun]


class SplitResult(Struct, frozen=True, kw_only=True):
    """A bill by county, and its rows that belong to none."""

    rows: int
    parts: list[SplitPart]
    rejected: list[RejectedRow]


class RunTask(Struct, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """The calculation of a month, written `2019-01`."""

    month: str
    opinion: str = ""
    void_approvals: bool = False

    @property
    def step(self) -> MonthStep:
        """The step of the month that the task takes."""
        return RUN

    @property
    def role(self) -> Role:
        """The role that may take the step."""
        return self.step.role


class DecideTask(Struct, frozen=True, kw_only=True, tag_field="kind", tag="decide"):
    """The county's decision of a month, which compares all facts of the county with those of the calculation."""

    month: str
    opinion: str = ""

    @property
    def step(self) -> MonthStep:
        """The step of the month that the task takes."""
        return DECIDE

    @property
    def role(self) -> Role:
        """The role that may take the step."""
        return self.step.role


type MonthTask = RunTask | DecideTask
type CountyTask = ImportTask | MonthTask
"""What is asked for in one county; the work of several is split into these."""
type TaskInput = CountyTask | SplitTask
type TaskResult = ImportResult | SplitResult | RunResult | StepResult


class Task(Struct, frozen=True, kw_only=True):
    """A stored task; `outcome_sealed` is its result or its refusal, once it has one."""

    id: UUID
    county_code: str
    account_id: AccountId
    second_factor: bool
    request_key: str
    input: TaskInput
    state: TaskState
    stage: Stage
    outcome_sealed: bytes | None
    attempts: int
    created_at: datetime

    @property
    def ended(self) -> bool:
        """Whether the task has ended, in whatever way."""
        return self.state not in (TaskState.QUEUED, TaskState.RUNNING)


class TooManyTasks(Refusal):
    """The account has `limit` tasks of the county that have not ended; `retry_after` is in seconds."""

    code = "too_many_tasks"
    status = 429
    zh = "您交的还有 {limit} 件没有办完，办完了再交。"
    en = "{limit} of your tasks have not ended yet; try again in {retry_after} s."


class TaskFailed(Refusal):
    """The worker gave the task up after repeated errors; nothing was changed."""

    code = "task_failed"
    status = 500
    zh = "系统出错了，试了几次都没有办成，什么都没有变。我们已经记下，请过一会儿再交一次。"
    en = "The task failed repeatedly and was given up; nothing was changed. Submit it again later."
