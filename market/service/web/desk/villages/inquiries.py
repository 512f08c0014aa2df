"""问县里 on the desk: what citizens ask, by deadline, with how much was answered in time, and the answer to each."""

from litestar import Response, get
from litestar.di import NamedDependency

from market.cases.answers.inquiries import (
    OUTCOMES,
    answer_inquiry,
    extend_inquiry,
    get_inquiry,
    list_county_inquiries,
)
from market.cases.answers.models import INQUIRY_NAMES, MAX_INQUIRY_LENGTH, Inquiry, InquiryInvalid, InquiryKind
from market.cases.casework.models import CaseOutcome, CaseState
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.ui.format import day_zh
from market.service.web.village.inquiries import describe_inquiry

_EXTEND = "extend"


def is_in_time(inquiry: Inquiry) -> bool:
    """Return whether an answered inquiry was answered by its deadline."""
    return inquiry.closed_at is not None and inquiry.closed_at <= inquiry.due_at


@get("/inquiries", include_in_schema=False)
async def show_county_inquiries(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the inquiries to the county, those that wait first by deadline; the figures count this list."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        found = await list_county_inquiries(conn, seal, actor, desk.county)
    answered = [each for each in found if each.state is CaseState.CLOSED]
    context = {
        "figures": [
            ("等答复", len(found) - len(answered)),
            ("过期没答", sum(each.due_at <= desk.now for each in found if each not in answered)),
            ("答了", len(answered)),
            ("按时答的", sum(is_in_time(each) for each in answered)),
            ("给大家看的", sum(each.shared_at is not None for each in answered)),
        ],
        "head": ["期限", "问什么", "哪个村", "怎样了"],
        "rows": [
            (
                desk.to(f"/desk/inquiries/{each.case_id}") if each.state is not CaseState.CLOSED else "",
                f"第 {each.number} 件",
                [
                    format_due(each.due_at), INQUIRY_NAMES[each.kind], each.village,
                    "等答复" if each.closed_at is None
                    else f"{day_zh(get_business_day(each.closed_at))}答了{'' if is_in_time(each) else '，过了期'}",
                ],
            )
            for each in found
        ],
    }  # fmt: skip
    return render_desk_page(request, desk, "inquiries.html", context)


def _view(inquiry: Inquiry) -> DecidedCase:
    choices = [(each.value, words) for each, words in OUTCOMES.items()]
    if inquiry.kind is InquiryKind.DISCLOSURE and inquiry.extended_at is None:
        choices.append((_EXTEND, "延期，再要 20 个工作日，写原因"))
    return DecidedCase(
        name=INQUIRY_NAMES[inquiry.kind], number=inquiry.number, about=inquiry.village, due_at=inquiry.due_at,
        due="前答复", facts=describe_inquiry(inquiry)[:-1], asks="",
        more={
            "choices": choices, "most": MAX_INQUIRY_LENGTH,
            "words": "答复，或者延期的原因" if len(choices) > len(OUTCOMES) else "答复",
        },
    )  # fmt: skip


async def _decide(asked: Decision[Inquiry]) -> None:
    typed, text = asked.form.get_text("outcome"), asked.form.get_text("text")
    async with asked.db.transaction(scope=asked.found.county_code) as conn:
        if typed == _EXTEND:
            await extend_inquiry(conn, asked.seal, asked.actor, asked.case_id, reason=text, now=asked.now)
            return
        outcome = next((each for each in CaseOutcome if each == typed), None)
        if outcome is None:
            raise InquiryInvalid(errors=(FieldFault("outcome", "请选怎么答"),))
        await answer_inquiry(
            conn, asked.seal, asked.actor, asked.case_id, outcome=outcome, text=text,
            public_text=asked.form.get_text("public_text"), now=asked.now,
        )  # fmt: skip


ROUTES = [
    show_county_inquiries,
    *make_decision_routes(
        DecidedKind(
            path="inquiries", template="inquiry.html", fields=("outcome", "public_text", "text"), read=get_inquiry,
            view=_view, decide=_decide,
        )
    ),
]  # fmt: skip
