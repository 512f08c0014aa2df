"""Cycles, duties and refusals of the subsidy."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NewType, Self, override
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal
from market.kernel.clock import get_next_month
from market.subsidies.names import CHECK_NAMES, format_month_zh

CycleId = NewType("CycleId", UUID)
RunId = NewType("RunId", UUID)
FindingId = NewType("FindingId", UUID)
FileId = NewType("FileId", UUID)


class CycleState(StrEnum):
    """The state of a cycle (账期)."""

    OPEN = "open"
    CALCULATED = "calculated"
    CONFIRMED = "confirmed"
    REVIEWED = "reviewed"
    DECIDED = "decided"
    SETTLED = "settled"
    RECONCILED = "reconciled"
    CLOSED = "closed"


CYCLE_STATE_NAMES = {
    CycleState.OPEN: "已开账",
    CycleState.CALCULATED: "已计算",
    CycleState.CONFIRMED: "村级已核实",
    CycleState.REVIEWED: "乡镇已审核",
    CycleState.DECIDED: "县级已审定",
    CycleState.SETTLED: "已结算",
    CycleState.RECONCILED: "已对账",
    CycleState.CLOSED: "已关账",
}


class Duty(StrEnum):
    """The seven duties of a cycle, each of a different person (R14)."""

    IMPORT = "import"
    TERMS = "terms"
    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    SETTLEMENT = "settlement"
    RECONCILIATION = "reconciliation"


DUTY_NAMES = {
    Duty.IMPORT: "导入",
    Duty.TERMS: "政策",
    Duty.VILLAGE: "村级评议核实",
    Duty.TOWNSHIP: "乡镇审核",
    Duty.COUNTY: "县级审定",
    Duty.SETTLEMENT: "结算",
    Duty.RECONCILIATION: "对账",
}


class Outcome(StrEnum):
    """The outcome of a command; a refusal is an exception."""

    OK = "ok"
    NO_OP = "no-op"


class StepResult(Struct, frozen=True, kw_only=True):
    """The result of a step of the month."""

    outcome: Outcome = Outcome.OK
    county: str
    month: str
    state: CycleState
    waiting: int = 0
    """The number of villages that have not taken the step, if it is taken by division."""


class MonthRefusal(Refusal):
    """A refusal about a month, which is `2019年3月` in the Chinese text and `2019-03` in `facts`."""

    @override
    def text(self, language: str = "zh") -> str:
        """Return the text in a language (`zh` or `en`)."""
        if language == "en":
            return super().text(language)
        return self.zh.format_map({**self.facts, "month": format_month_zh(str(self.facts["month"]))})


class DutyConflict(MonthRefusal):
    """An earlier action of the account in this cycle excludes the step (R14)."""

    code = "second_duty"
    status = 403


class SecondDuty(DutyConflict):
    """The account already has another duty in this cycle, regardless of its roles (R14)."""

    zh = "{rule}：{month}账期里，您已经办理过{held}，不能再办理{wanted}。"
    en = "You hold the duty {held} in the cycle of {month} and cannot take {wanted} as well."

    def __init__(self, *, month: str, held: Duty, wanted: Duty) -> None:
        approves = wanted in (Duty.VILLAGE, Duty.TOWNSHIP, Duty.COUNTY)
        rule = "导入人不能审批" if held is Duty.IMPORT and approves else "一人不能办两个环节"
        super().__init__(rule=rule, month=month, held=DUTY_NAMES[held], wanted=DUTY_NAMES[wanted])


class AppliedForLine(DutyConflict):
    """Who applied, for themselves or as an agent, may not confirm it (R14)."""

    zh = "{month}账期里，{line} 是您自己的，或者是您代办的，不能核实。"
    en = "You applied for {line} of {month} and cannot confirm it."


class CycleClosed(MonthRefusal):
    """The cycle is closed and never edited; later facts become adjustments of a later cycle (R10)."""

    code = "cycle_closed"
    zh = "{month}账期已关账，不能修改；以后的变化在后面的账期里作调整。"
    en = "The cycle of {month} is closed; later facts become adjustments of a later cycle."


class WrongState(MonthRefusal):
    """The cycle is not in the state that the step requires."""

    code = "wrong_state"
    zh = "{month}账期现在是“{state}”，这一步要在“{needed}”之后办理。"
    en = "The cycle of {month} is {state}; this step follows {needed}."


class CycleNotFound(MonthRefusal):
    """No cycle is open for that month."""

    code = "no_cycle"
    status = 404
    zh = "{month}还没有开账。"
    en = "There is no cycle of {month}."


class MonthNotOpened(MonthRefusal):
    """No cycle may be opened for the month: it has not ended, or is before the county's first cycle."""

    code = "month_not_ended"
    zh = "{month}不能开账：{reason}。"
    en = "The cycle of {month} cannot be opened: the earliest day or month is {limit}."

    @classmethod
    def until_ended(cls, month: date) -> Self:
        """Return the refusal of a month that has not ended."""
        ends = get_next_month(month)
        return cls(
            month=f"{month:%Y-%m}", reason=f"这个月还没有过完，{ends.month}月1日起才能办", limit=ends.isoformat()
        )

    @classmethod
    def not_begun(cls, month: date) -> Self:
        """Return the refusal of the first month of a county, which its own importer opens."""
        name = f"{month:%Y-%m}"
        return cls(month=name, reason="县里还没有开第一个账期，请县里的经办先导入一份", limit=name)

    @classmethod
    def since_first(cls, month: date, first: date) -> Self:
        """Return the refusal of a month before the county's first one."""
        name = f"{first:%Y-%m}"
        return cls(month=f"{month:%Y-%m}", reason=f"本县的第一个账期是{format_month_zh(name)}", limit=name)


class FindingsUndecided(Refusal):
    """Stopping findings are not decided yet."""

    code = "findings_undecided"
    zh = "还有 {count} 件停付的疑点没有处理：{told}。"
    en = "{count} stopping findings are not decided yet: {names}."

    def __init__(self, *, count: int, first: Sequence[tuple[str, str]]) -> None:
        more = f" 等 {count} 件" if count > len(first) else ""
        super().__init__(
            count=count,
            names="、".join(f"{check} {subject}" for check, subject in first),
            told="、".join(f"{CHECK_NAMES.get(check, check)} {subject}" for check, subject in first) + more,
        )


class FactsChanged(MonthRefusal):
    """The facts changed since the calculation and the review."""

    code = "facts_changed"
    zh = "{month}核实之后数据有变化，请重新计算。"
    en = "The facts of {month} changed after they were reviewed; calculate again."


class FindingNotFound(MonthRefusal):
    """There is no such finding up to that month."""

    code = "no_finding"
    status = 404
    zh = "{month}没有这件疑点：{name} {subject}。"
    en = "There is no finding {check} of {subject} up to {month}."

    def __init__(self, *, month: str, check: str, subject: str) -> None:
        super().__init__(month=month, check=check, subject=subject, name=CHECK_NAMES.get(check, check))


class FindingRecalculated(Refusal):
    """The finding was calculated again after it was read, and may rest on other facts."""

    code = "finding_recalculated"
    zh = "您打开以后又计算过，这件疑点的证据可能变了：{evidence}。请再看一遍，再处理。"
    en = "The finding was calculated again after you read it. Its evidence is now: {evidence}."


class LineNotInFinding(Refusal):
    """A line of the decision is not part of the finding."""

    code = "not_of_finding"
    status = 422
    zh = "{lines} 不属于这件疑点；可以处理的是 {known}。"
    en = "{lines} are not lines of this finding, which has {known}."


class DecisionReasonMissing(Refusal):
    """A decision needs its reason."""

    code = "why_missing"
    status = 422
    zh = "请写明理由（1 到 500 字）。"
    en = "A decision needs a reason of 1 to 500 characters."


class OpinionTooLong(Refusal):
    """The opinion of a step is too long."""

    code = "opinion_too_long"
    status = 422
    zh = "意见最多 500 字。"
    en = "An opinion has at most 500 characters."


class ApprovalsWouldBeVoid(MonthRefusal):
    """The facts changed, and calculating again voids approvals; the caller has to say so."""

    code = "approvals_would_be_void"
    zh = "{month}的数据有变化，再算一遍，{approvals} 都要作废重来。确定要重算，请先勾选“作废重来”。"
    en = "The facts of {month} changed; calculating again voids {approvals}. Pass void_approvals to do so."


class TooManyRuns(Refusal):
    """The county stored `limit` runs on this business day; `retry_after` is in seconds."""

    code = "too_many_runs"
    status = 429
    zh = "全县一天最多算 {limit} 次，今天算满了，请明天再算。"
    en = "A county stores at most {limit} runs a day; try again in {retry_after} s."


class BadMonth(Refusal):
    """The month is not written `2019-01`."""

    code = "bad_month"
    status = 422
    zh = "月份 {value} 不能用：写成 2019-01 这样，年份在 1900 到 2999 之间。"
    en = "{value} is not a month; write 2019-01, with a year from 1900 to 2999."


class BadQuarter(Refusal):
    """The quarter is not written `2019Q1`."""

    code = "bad_quarter"
    status = 422
    zh = "季度 {value} 读不懂，应写成 2019Q1。"
    en = "{value} is not a quarter; write 2019Q1."


class BadCounty(Refusal):
    """The county code is invalid or unknown."""

    code = "bad_county"
    status = 422
    zh = "县代码 {value} 不对，应是 6 位数字，例如 130624。"
    en = "{value} is not a county; write its six digits, such as 130624."


class CaseInvalid(MonthRefusal):
    """The month's facts are invalid and must be corrected before it is calculated."""

    code = "case_faulty"
    status = 422
    zh = "{month}还不能计算，有 {count} 处数据要先改正。"
    en = "{month} cannot be calculated: {count} facts must be corrected first."


class SubsidyLineNotFound(MonthRefusal):
    """The month has no such line."""

    code = "no_such_line"
    status = 404
    zh = "{month}没有业务 {line}。"
    en = "There is no line {line} in {month}."
