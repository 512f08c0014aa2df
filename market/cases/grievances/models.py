"""Topics, limits and refusals of grievances."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal

MAX_TEXT_LENGTH = 1000
MAX_UNTRIAGED_ANONYMOUS = 100
"""How many without a name a county has to look at; then it takes no further ones here, but by phone."""
TRIAGE_WORKING_DAYS = 2
APPEAL_PERIOD = timedelta(days=30)
"""How long after the answer it is looked at again. Source: 信访工作条例 35."""


class GrievanceTopic(StrEnum):
    """What a grievance is about; the official who triages it says so."""

    MISSING = "missing"
    AMOUNT = "amount"
    STOPPED = "stopped"
    NOT_MINE = "not_mine"
    WHO_GETS = "who_gets"
    OPERATOR = "operator"
    CONDUCT = "conduct"
    OTHER = "other"


TOPIC_NAMES = {
    GrievanceTopic.MISSING: "该减没有减",
    GrievanceTopic.AMOUNT: "减得不对",
    GrievanceTopic.STOPPED: "停了、移出了",
    GrievanceTopic.NOT_MINE: "号码不是本人的",
    GrievanceTopic.WHO_GETS: "不该享受的享受了",
    GrievanceTopic.OPERATOR: "运营商多收、不办",
    GrievanceTopic.CONDUCT: "办事的人",
    GrievanceTopic.OTHER: "别的",
}


class GrievanceSource(StrEnum):
    """How a grievance came: on the page, or written down by an official."""

    WEB = "web"
    PHONE = "phone"
    VISIT = "visit"
    LETTER = "letter"


SOURCE_NAMES = {
    GrievanceSource.WEB: "网页",
    GrievanceSource.PHONE: "电话",
    GrievanceSource.VISIT: "来访",
    GrievanceSource.LETTER: "来信",
}


class GrievanceReceipt(Struct, frozen=True):
    """What the complainant keeps: number and code open the answer. The code is shown once and not stored."""

    case_id: UUID
    number: int
    code: str
    due_at: datetime


class GrievanceInvalid(Refusal):
    """Fields are missing, too long or unknown; `errors` lists them."""

    code = "grievance_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the grievance are missing, too long or unknown."


class GrievanceCountyFull(Refusal):
    """A county has as many grievances without a name to look at as it may; one with a name is taken."""

    code = "grievance_county_full"
    status = 429
    zh = "这个县不留名的投诉还有很多没有看，请登录了再写，或者打电话。"
    en = "The county has too many anonymous grievances to look at; sign in or call."


class TooManyNamelessGrievances(Refusal):
    """One network made as many grievances without a name on this day as it may; one with a name is taken."""

    code = "grievance_network_full"
    status = 429
    zh = "今天从您这个网络写的不留名投诉够多了，请登录了再写，或者打电话。"
    en = "Too many anonymous grievances came from your network today; sign in or call."


class GrievanceReceiptUnknown(Refusal):
    """No grievance has this number and code."""

    code = "grievance_receipt_unknown"
    status = 404
    zh = "编号和回执码对不上，请照回执再填一遍。"
    en = "No grievance has this number and code."


class GrievanceTriagedBefore(Refusal):
    """It was triaged before."""

    code = "grievance_triaged_before"
    zh = "已经分好类了，请看最新的情况。"
    en = "The grievance was triaged before."


class GrievanceNotTriaged(Refusal):
    """It is answered after it was triaged."""

    code = "grievance_not_triaged"
    zh = "先分类，再答复。"
    en = "The grievance has to be triaged before it is answered."


class GrievanceTriagerAnswers(Refusal):
    """Who triaged it says what it is about, and so who may answer: another official answers."""

    code = "grievance_triager_answers"
    status = 403
    zh = "分类的人不能自己答复，要另一个人来答；没有别的人，就转给上一级。"
    en = "Who triaged the grievance does not answer it; another official does, or give it to the next level."
