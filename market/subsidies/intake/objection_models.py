"""Objections to a public notice: reasons, answers, and refusals."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal

MAX_OBJECTION_LENGTH = 500
MAX_OPEN_OBJECTIONS = 10
"""How many objections to one lead may wait: one stops it, and the others only repeat it."""
APPEAL_PERIOD = timedelta(days=7)
"""How long after an answer the next level may be asked."""


class ObjectionReason(StrEnum):
    """Why somebody objects, in words that a village's page may show."""

    BETTER_OFF = "better_off"
    NOT_LIVING = "not_living"
    MEMBERS = "members"
    PROCEDURE = "procedure"
    OTHER = "other"


class ObjectionAnswer(StrEnum):
    """What an official finds of an objection: it is right, and the household is visited again; or it is not."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


OBJECTION_REASON_NAMES: dict[ObjectionReason, str] = {
    ObjectionReason.BETTER_OFF: "家里的条件不止这样",
    ObjectionReason.NOT_LIVING: "人不在村里住",
    ObjectionReason.MEMBERS: "家里的人写得不对",
    ObjectionReason.PROCEDURE: "没有开会评，或者没有张榜",
    ObjectionReason.OTHER: "别的原因",
}
ANSWER_NAMES: dict[ObjectionAnswer, str] = {
    ObjectionAnswer.UPHELD: "成立，重新核实",
    ObjectionAnswer.DISMISSED: "不成立",
}


class NewObjection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An objection: the number on the village's printed sheet, why, and what is known; no name of who objects."""

    number: int
    reason: ObjectionReason
    text: str


class ReceivedObjection(Struct, frozen=True, kw_only=True):
    """An objection that was received; its answer is read with the `receipt`."""

    number: int
    receipt: str
    due_at: datetime


class ObjectionStatus(Struct, frozen=True, kw_only=True):
    """An objection as it is seen with its receipt.

    `answer` is null while it waits; `answers` are what was answered, oldest first. `appeal_until` is the last day on
    which the next level may be asked, null if it may not.
    """

    number: int
    village: str
    lead_number: int
    reason: ObjectionReason
    received_at: datetime
    answer: ObjectionAnswer | None
    due_at: datetime | None
    answers: list[str]
    appeal_until: date | None


class ObjectionCount(Struct, frozen=True, kw_only=True):
    """How many objections of one reason a village has had; `answer` is null of those that wait."""

    reason: ObjectionReason
    answer: ObjectionAnswer | None
    objections: int


class Objection(Struct, frozen=True, kw_only=True):
    """An objection as officials see it; `assignee` is the role that answers, `earlier` what was answered before."""

    case_id: UUID
    number: int
    lead_id: UUID
    lead_number: int
    village_code: str
    village: str
    reason: ObjectionReason
    text: str
    recorded_by: str
    received_at: datetime
    due_at: datetime
    assignee: str
    answer: ObjectionAnswer | None
    earlier: list[str]


class ObjectionInvalid(Refusal):
    """Fields of an objection or its answer are missing or wrong; `errors` names each."""

    code = "objection_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the objection are missing or wrong; see errors."


class TooManyObjections(Refusal):
    """Ten objections to the lead wait for an answer."""

    code = "too_many_objections"
    status = 429
    zh = "这一条已经有好几件异议在办，已经停下来了，办完再说。"
    en = "Several objections to it wait for an answer already; it is stopped."


class ObjectionNotFound(Refusal):
    """No objection has the receipt, or the objection is not for the official's divisions."""

    code = "objection_not_found"
    status = 404
    zh = "没有这件异议。回执码是 12 个字母和数字，请对一遍。"
    en = "There is no such objection; check the receipt."


class ObjectionAnswered(Refusal):
    """It was answered before, went to another level, or the next level may not be asked any more."""

    code = "objection_answered"
    zh = "这件异议已经有了变化，请看最新的情况。"
    en = "The objection was answered before, or cannot go to the next level now."


class ObjectionAnswererInvolved(Refusal):
    """Who reported, visited or confirmed the lead, or answered the objection before, does not answer it."""

    code = "objection_answerer_involved"
    status = 403
    zh = "这一户的评议、核实，或者上一次答复，是您办的，要另一个人来答。"
    en = "You took a part in the lead or answered the objection before; another person has to answer it."
