"""Idle lines as the desk shows them, the outcomes of calls, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from market.kernel import Refusal
from market.kernel.clock import get_next_month
from market.subsidies.idle.periods import IdlePeriod
from market.subsidies.names import Operator, ServiceKind

DAYS_AHEAD = 7
"""How many days before its notice a line comes to the list, and its household is told."""
REPORT_DAYS = 5
"""How many days after the end of a month its use is known of an operator that reports with the month's bill."""
SHOWN_DAYS = 30
"""How long a line that was used again, or removed, stays on the list."""
MAX_NOTE_LENGTH = 200


class IdleState(StrEnum):
    """Where an idle line is: before its notice, in the cure period, past it without a report of use, or at an end."""

    SOON = "soon"
    NOTICED = "noticed"
    OVERDUE = "overdue"
    CURED = "cured"
    REMOVED = "removed"


IDLE_STATE_NAMES: dict[IdleState, str] = {
    IdleState.SOON: "快到提醒日",
    IdleState.NOTICED: "先不减",
    IdleState.OVERDUE: "等运营商报使用",
    IdleState.CURED: "已恢复",
    IdleState.REMOVED: "已移出",
}
OPEN_STATES = (IdleState.SOON, IdleState.NOTICED, IdleState.OVERDUE)
"""The states in which a call can still help."""


class CallOutcome(StrEnum):
    """What the household said, or why nobody could be asked."""

    USED = "used"
    WILL_USE = "will_use"
    WANTS_END = "wants_end"
    WRONG_NUMBER = "wrong_number"
    NOT_REACHED = "not_reached"


OUTCOME_NAMES: dict[CallOutcome, str] = {
    CallOutcome.USED: "一直在用",
    CallOutcome.WILL_USE: "答应去用",
    CallOutcome.WANTS_END: "不想要了",
    CallOutcome.WRONG_NUMBER: "号码不对",
    CallOutcome.NOT_REACHED: "没有打通",
}


class IdleLine(Struct, frozen=True, kw_only=True):
    """A line of a programme with an idle rule that is idle now, or was until a few days ago.

    Use is known up to `known_until`: what the operator reported last for lines of the service in the same list, or the
    end of the last calculated month. `phone_sealed` is a mobile number of a living member, of another line if there is
    one, of the head if the head has one; null if the register knows none.
    """

    line: str
    operator: Operator
    kind: ServiceKind
    household: str
    village_code: str
    village: str
    number_sealed: bytes
    head_sealed: bytes | None
    phone_sealed: bytes | None
    known_until: date | None
    period: IdlePeriod
    state: IdleState

    @property
    def key(self) -> tuple[str, date]:
        """The line and its notice: what a call and a message are about."""
        return self.line, self.period.notice_on

    @property
    def certain(self) -> bool:
        """Whether use is known to within 7 days of the notice: later, every line is idle by the calendar alone.

        Also a line whose removal comes before the next month of use is known: no later day is left to tell its people.
        """
        known = self.known_until
        if known is None:
            return False
        next_known = get_next_month(known + timedelta(days=1)) + timedelta(days=REPORT_DAYS - 1)
        return self.period.notice_on - timedelta(days=DAYS_AHEAD) <= known or self.period.removal_on <= next_known

    def days_left(self, today: date) -> int:
        """Return the days until the removal, at least zero."""
        return max((self.period.removal_on - today).days, 0)


class IdleContact(Struct, frozen=True):
    """Whom to call about an idle line; `phone` is empty if none is known."""

    name: str
    phone: str


class IdleCall(Struct, frozen=True, kw_only=True):
    """A recorded call about an idle line."""

    line: str
    notice_on: date
    outcome: CallOutcome
    note: str
    by: str
    at: datetime


class IdleLineNotFound(Refusal):
    """The line is not on the list of idle lines, or is in a division that the official does not see."""

    code = "idle_line_not_found"
    status = 404
    zh = "闲置的号码里没有这条业务，或者这次提醒已经过去了。"
    en = "The line is not on the list of idle lines, or that notice is over."


class IdleCallInvalid(Refusal):
    """The outcome is missing, or the note is too long; `errors` names each."""

    code = "idle_call_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the call are missing or wrong; see errors."
