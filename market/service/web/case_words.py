"""What the pages of buyers, sellers and officials say about the life of a case."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from market.cases.casework.history import CaseEvent
from market.cases.casework.models import (
    AGRONOMIST,
    GRIEVANCE,
    OBJECTION,
    OPERATOR,
    SELLER,
    CaseMove,
    CaseState,
    LockedCase,
)
from market.cases.casework.moves import GET_CATEGORY
from market.kernel import FieldFault
from market.kernel.language import say
from market.people.identity.models import NotFound, Role
from market.service.http import HttpRequest
from market.service.web.services import get_services
from market.service.web.ui.format import deadline

ACTOR_NAMES = {
    SELLER: "卖家", OPERATOR: "运营商", AGRONOMIST: "农技员",
    Role.VILLAGE: "村里", Role.TOWNSHIP: "乡镇", Role.FINANCE: "县里", Role.COUNTY: "县里",
    Role.SUPERVISOR: "上一级", Role.PLATFORM: "平台", "clock": "到时间",
}  # fmt: skip
"""Who answers a case or moves it: the seller, the roles of the levels of every category, and the clock."""
_ASKERS = {
    OBJECTION: "提异议的人",
    GRIEVANCE: "投诉的人",
    "clawback_appeal": "申诉的人",
    "outage": "报的人",
    "outage_town": "报的人",
    "question": "问的人",
    "fund": "申请的人",
    "content_report": "举报的人",
    "review_report": "举报的人",
    "data_county": "本人",
    "data_platform": "本人",
    "inquiry": "问的人",
    "disclosure": "申请的人",
}
_MOVES = {
    CaseMove.RECEIVE: "申请", CaseMove.ASK: "问买家", CaseMove.SUPPLY: "补充", CaseMove.EXTEND: "要多一点时间",
    CaseMove.ESCALATE: "转上一级", CaseMove.ANSWER: "答复", CaseMove.CLOSE: "办完", CaseMove.REOPEN: "请上一级再看",
    CaseMove.WITHDRAW: "撤回", CaseMove.SETTLE: "办好了",
    CaseMove.PROPOSE: "提了一个办法", CaseMove.AGREE: "同意了这个办法", CaseMove.REFUSE: "不同意这个办法",
    CaseMove.RESCHEDULE: "放假安排变了，期限重新算",
}  # fmt: skip
_DUE_MOVES = frozenset({
    CaseMove.EXTEND, CaseMove.ESCALATE, CaseMove.REOPEN, CaseMove.SUPPLY, CaseMove.PROPOSE, CaseMove.REFUSE,
    CaseMove.RESCHEDULE,
})  # fmt: skip
_BUTTONS = {
    CaseMove.SUPPLY: "补充情况", CaseMove.WITHDRAW: "撤回，不申请了", CaseMove.REOPEN: "请上一级再看一次",
    CaseMove.ASK: "问买家，等回话", CaseMove.EXTEND: "多要一点时间", CaseMove.ESCALATE: "转给上一级",
}  # fmt: skip


_FARM_PATHS = {"goods_return": "returns", "mediation": "mediations"}
_DESK_PATHS = {
    "goods_return": "returns", "review_appeal": "appeals", "mediation": "mediations", "invoice": "invoices",
    "objection": "objections", "grievance": "grievances",
    "clawback_appeal": "clawback-appeals",
    "outage": "outages", "outage_town": "outages", "question": "questions",
    "fund": "funds",
    "data_county": "data-requests", "data_platform": "data-requests",
    "content_report": "reports-of-content", "review_report": "reports-of-content",
    "inquiry": "inquiries", "disclosure": "inquiries",
}  # fmt: skip
_COMPLAINTS = "complaint_"


_UNITS = {"hour": "小时", "day": "天", "working_day": "个工作日"}


async def load_due_words(request: HttpRequest, category: str) -> str:
    """Return how long the first who answers a case of a category has, by today's rules: `2 个工作日`."""
    services = get_services(request)
    async with services.db.connection() as conn:
        rules = await GET_CATEGORY.one(conn, category=category, day=services.clock.today())
    return say("{0} {1}", rules.dues[0], say(_UNITS[rules.units[0]]))


def get_desk_path(category: str, case_id: UUID) -> str:
    """Return the path of the page on which an official decides a case."""
    room = "complaints" if category.startswith(_COMPLAINTS) else _DESK_PATHS.get(category, "cases")
    return f"/desk/{room}/{case_id}"


def get_farm_path(category: str, case_id: UUID) -> str:
    """Return the path of the page on which a seller answers a case."""
    if category == "invoice":
        return "/farm/invoices"
    room = "complaints" if category.startswith(_COMPLAINTS) else _FARM_PATHS.get(category, "claims")
    return f"/farm/{room}/{case_id}"


def get_case_move(typed: str, possible: Collection[CaseMove]) -> CaseMove:
    """Return the move that a button of the form names.

    Raises:
        NotFound: it is none of those, or not any more.
    """
    move = next((each for each in possible if each == typed), None)
    if move is None:
        raise NotFound
    return move


def get_asker_name(case: LockedCase) -> str:
    """Return what the person who asked is called; of cases about no sale, nobody bought anything."""
    return say(_ASKERS.get(case.category, "卖家" if case.for_producer_id else "买家"))


def describe_case(case: LockedCase) -> str:
    """Describe who has to do what until when."""
    if case.state is CaseState.CLOSED:
        return say("办完了")
    if case.proposed and case.state is CaseState.ASSIGNED:
        return say("等买家和卖家说同意不同意，{0}前", deadline(case.due_at))
    if case.stopped_at is not None:
        return say("等{0}补充情况；不补，{1}前也要定", get_asker_name(case), deadline(case.due_at))
    return (
        say("等{0}，{1}前", say(ACTOR_NAMES[case.assignee]), deadline(case.due_at))
        if case.state is CaseState.ASSIGNED
        else say("同意了")
    )


def describe_event(event: CaseEvent, asker: str) -> str:
    """Describe one move with its time, its reason and a new deadline; `asker` is what the one who asked is called."""
    who = asker if event.actor == "asker" else say(ACTOR_NAMES[event.actor])
    done = say(_MOVES[event.move]).replace(say("买家"), asker)
    # An answer that closes a case is its own move; the clock closes what it ends, not what is late.
    closes = event.actor == "clock" and event.move is CaseMove.CLOSE
    words = say("{0}，{1}", deadline(event.at), done) if closes else say("{0}，{1}{2}", deadline(event.at), who, done)
    if event.move in _DUE_MOVES:
        words += say("（{0}前）", deadline(event.due_at))
    return say("{0}：{1}", words, event.reason) if event.reason else words


def build_case_context(
    case: LockedCase,
    events: Sequence[CaseEvent],
    moves: Collection[CaseMove],
    *,
    text: str,
    errors: Sequence[FieldFault],
) -> dict[str, Any]:
    """Return the context of a page that shows a case's history, and the form of what can be done with it."""
    return {
        "case": case,
        "state": describe_case(case),
        "events": [describe_event(each, get_asker_name(case)) for each in events],
        "moves": [
            (move.value, say(words).replace(say("买家"), get_asker_name(case)))
            for move, words in _BUTTONS.items()
            if move in moves
        ],
        "text": text,
        "errors": errors,
    }
