"""举报 on the desk: what was reported and why, never by whom; taken off the pages or left, with the reason."""

from market.cases.casework.moves import get_person_scope
from market.kernel import FieldFault
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.villages.content.models import MAX_REPORT_LENGTH, ContentReport, StoryInvalid
from market.villages.content.reports import KIND_NAMES, REASON_NAMES, answer_report, get_report

_HIDE, _LEAVE = "hide", "leave"
_CHOICES = [(_HIDE, "属实，不再显示"), (_LEAVE, "照样显示")]


def _view(report: ContentReport) -> DecidedCase:
    return DecidedCase(
        name="举报", number=report.number, title=KIND_NAMES[report.kind], about=REASON_NAMES[report.reason],
        due_at=report.due_at, due="前答复", asks="",
        facts=[report.about, *([f"举报的人说：{report.text}"] if report.text else [])],
        more={"choices": _CHOICES, "most": MAX_REPORT_LENGTH, "path": report.path},
    )  # fmt: skip


async def _decide(asked: Decision[ContentReport]) -> None:
    decision = asked.form.get_text("decision")
    if decision not in {_HIDE, _LEAVE}:
        raise StoryInvalid(errors=(FieldFault("decision", "请选"),))
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await answer_report(
            conn, asked.seal, asked.actor, asked.case_id, hide=decision == _HIDE, text=asked.form.get_text("text"),
            now=asked.now,
        )  # fmt: skip


ROUTES = make_decision_routes(
    DecidedKind(
        path="reports-of-content", template="content_report.html", fields=("decision", "text"), read=get_report,
        view=_view, decide=_decide,
    )
)  # fmt: skip
