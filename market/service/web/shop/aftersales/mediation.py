"""调解 on a buyer's pages: asking for it after a refusal, and how it ended."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.history import get_case
from market.cases.casework.models import CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound, Role
from market.sales.mediation.agree import answer_proposal
from market.sales.mediation.end import compute_share
from market.sales.mediation.mediate import ask_for_mediation, load_mediation_days
from market.sales.mediation.models import MAX_MEDIATION_TEXT_LENGTH
from market.sales.mediation.views import Mediation, find_mediation_of_case
from market.service.http import HttpRequest
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import deadline, percent_bp, yuan


def describe_mediation(mediation: Mediation) -> list[str]:
    """Return what is mediated, by whom until when, or how it ended, as lines."""
    lines = [say("订单 {0}，{1}：争的是 {2} 元。", mediation.code, mediation.title, yuan(mediation.amount_fen))]
    lines += [say("定下来以前，这些钱先留着，不打给卖家。")] if mediation.state is not CaseState.CLOSED else []
    lines += [say("买家说：{0}", mediation.text)]
    lines += [say("原来没有同意：{0}", mediation.refused)] if mediation.refused else []
    if mediation.proposed_bp is not None:
        proposed = yuan(compute_share(amount_fen=mediation.amount_fen, share_bp=mediation.proposed_bp))
        lines += [say("县里建议退 {0}，{1} 元：{2}", percent_bp(mediation.proposed_bp), proposed, mediation.proposal)]
    if mediation.state is CaseState.CLOSED and mediation.share_bp is None:
        return [*lines, say("买家撤回了，不退。")]
    if mediation.share_bp is None:
        return [*lines, _describe_waiting(mediation)]
    how = say("双方谈好了") if mediation.agreed else say("平台定的，不服的还可以去法院")
    result = say("退 {0}，{1} 元。", percent_bp(mediation.share_bp), yuan(mediation.granted_fen or 0))
    return [*lines, say("有了结果，{0}：{1}{2}", how, result, mediation.decision)]


def _describe_waiting(mediation: Mediation) -> str:
    until = deadline(mediation.due_at)
    if mediation.assignee == Role.PLATFORM:
        return say("没有谈成，等平台定，{0}前有结果。", until)
    if mediation.proposed_bp is None:
        return say("等县里调解，{0}前有结果。", until)
    said = [say("{0}同意了", who) if has else say("{0}还没有说", who) for who, has in
            ((say("买家"), mediation.buyer_agreed), (say("卖家"), mediation.seller_agreed))]  # fmt: skip
    return say("{0}。两边都同意就马上退；{1}前有一边不同意或者没有说，由平台定。", say("，").join(said), until)


def may_answer(mediation: Mediation, *, buyer: bool) -> bool:
    """Return whether one side may still answer what is proposed."""
    return (
        mediation.state is CaseState.ASSIGNED
        and mediation.proposed_bp is not None
        and mediation.assignee != Role.PLATFORM
        and not (mediation.buyer_agreed if buyer else mediation.seller_agreed)
    )


def link_mediation(mediation: Mediation) -> tuple[str, str]:
    """Return the buyer's page of a mediation, and what it is opened for."""
    words = say("县里提了办法，请您答复") if may_answer(mediation, buyer=True) else say("看调解")
    return f"/cases/{mediation.source_id}/mediation", words


async def submit_answer(request: HttpRequest, actor: Actor, case_id: UUID) -> None:
    """Agree to what is proposed, or refuse it, as the button of the form says.

    Raises:
        NotFound: the person is no side of the mediation, or the form names no answer.
        InvalidMediation, CaseNotMovable: see `answer_proposal`.
    """
    services, form = get_services(request), await read_form(request)
    answer = form.get_text("answer")
    if answer not in {"agree", "refuse"}:
        raise NotFound
    await answer_proposal(
        services.db, services.gateway, services.seal, actor, case_id, agree=answer == "agree",
        reason=form.get_text("reason"), now=services.clock.now(),
    )  # fmt: skip


async def _page(
    request: HttpRequest, actor: Actor, case_id: UUID, *, text: str = "",
    errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    async with services.db.transaction(scope=get_person_scope(actor)) as conn:
        case = await get_case(conn, case_id)
        if case.asker_id != actor.account_id:
            raise NotFound
        mediation = await find_mediation_of_case(conn, services.seal, case_id)
        days = await load_mediation_days(conn, case.county_code, case.closed_at or services.clock.now())
    context = {
        "case_id": case_id,
        "lines": describe_mediation(mediation) if mediation else [],
        "mediation": mediation,
        "days": days,
        "answers": mediation is not None and may_answer(mediation, buyer=True),
        "most": MAX_MEDIATION_TEXT_LENGTH,
        "text": text,
        "errors": errors or [],
    }
    return render_page(request, "shop/mediation.html", context, actor=actor, status=status)


@get("/cases/{case_id:uuid}/mediation", include_in_schema=False, english=True)
async def show_own_mediation(
    request: HttpRequest, actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> Response[bytes]:
    """Show the mediation of a refused claim or return, or the form to ask for it.

    Raises:
        NotFound: the case is not the person's own.
    """
    return await _page(request, actor, case_id)


@post("/cases/{case_id:uuid}/mediation", include_in_schema=False, english=True)
async def submit_mediation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Ask for mediation, once.

    Raises:
        NotFound: the case is not a claim or a return of the person.
    """
    form = await read_form(request)
    text = form.get_text("text")
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await ask_for_mediation(conn, seal, actor, case_id, text=text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, actor, case_id, text=text, errors=errors, status=refusal.status)
    return redirect(f"/cases/{case_id}/mediation", draft=form.draft)


@post("/cases/{case_id:uuid}/mediation/answer", include_in_schema=False, english=True)
async def submit_own_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Answer what the mediator proposed for the person's claim or return.

    Raises:
        NotFound: the case is not a mediated claim or return of the person.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        mediation = await find_mediation_of_case(conn, seal, case_id)
    if mediation is None:
        raise NotFound
    try:
        await submit_answer(request, actor, mediation.case_id)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="reason")
        return await _page(request, actor, case_id, errors=errors, status=refusal.status)
    return redirect(f"/cases/{case_id}/mediation")


ROUTES = [show_own_mediation, submit_mediation, submit_own_answer]
