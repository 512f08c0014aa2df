"""坏果包赔 on a seller's pages: the claims to answer, with photos, and what came of the others."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.history import is_asker
from market.cases.casework.models import SELLER, CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.sales.aftersales.bad_fruit_views import BadFruitClaim, get_claim, list_producer_claims
from market.sales.aftersales.decide_bad_fruit import answer_claim
from market.sales.mediation.views import Mediation, find_mediation_of_case
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, list_notes
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.aftersales.mediation import may_answer
from market.service.web.ui.format import yuan

type LoadedClaim = tuple[BadFruitClaim, bool, Mediation | None]


def describe_for_seller(claim: BadFruitClaim) -> str:
    """Describe who answers a claim until when, or what came of it."""
    if claim.state is not CaseState.CLOSED:
        until = f"{format_due(claim.due_at)}前"
        return f"等您答复，{until}" if claim.assignee == SELLER else f"等上一级定，{until}"
    if claim.outcome is CaseOutcome.WITHDRAWN:
        return "买家撤回了"
    return f"退 {yuan(claim.granted_fen)} 元" if claim.granted_fen else "不退"


def list_claim_facts(claim: BadFruitClaim) -> list[str]:
    """Return what the buyer says, and what was answered, as lines."""
    lines = [f"订单 {claim.code}：{claim.total} 里坏了 {claim.bad}，要退 {yuan(claim.amount_fen)} 元"]
    lines += [f"买家说：{claim.text}"] if claim.text else []
    lines += [f"卖家说：{claim.seller_reason}"] if claim.seller_reason else []
    return lines + ([f"答复：{claim.decision}"] if claim.decision else [])


def list_photo_links(claim: BadFruitClaim) -> list[tuple[str, str]]:
    """Return the links to a claim's photos: (path, words)."""
    return [
        (f"/claim-photos/{each}", say("看照片 {0}", number)) for number, each in enumerate(claim.photo_ids, start=1)
    ]


@get("/farm/claims", include_in_schema=False)
async def show_claims(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """List the claims against the producers that a person works for: those to answer first."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claims = await list_producer_claims(conn, seal, actor.producers)
    said = {
        "agreed": ("ok", "同意了", "钱原路退给买家。"),
        "escalated": ("", "转给县里了", "县里定了会告诉您和买家。"),
    }
    context = {
        "claims": [
            FarmRow(f"/farm/claims/{each.case_id}", each.title, [f"订单 {each.code}", describe_for_seller(each)], "")
            for each in claims
        ],
        "notes": list_notes(request, said),
    }
    return render_page(request, "farm/claims.html", context, actor=actor)


async def _load_claim(db: Database, seal: Seal, actor: Actor, case_id: UUID) -> LoadedClaim:
    """Return a claim, whether the person is its buyer, who cannot answer it, and its mediation.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        claim = await get_claim(conn, seal, case_id)
        if claim is None:
            raise NotFound
        require_producer(actor, claim.producer_id)
        mediation = await find_mediation_of_case(conn, seal, case_id)
        return claim, await is_asker(conn, actor.account_id, case_id), mediation


def _page(
    request: HttpRequest, actor: Actor, loaded: LoadedClaim, *, reason: str = "",
    refusal: Refusal | None = None,
) -> Response[bytes]:  # fmt: skip
    claim, own, mediation = loaded
    waiting = claim.state is CaseState.ASSIGNED and claim.assignee == SELLER
    errors = () if refusal is None else refusal.errors or (FieldFault("reason", refusal.text("zh")),)
    context = {
        "claim": claim,
        "facts": list_claim_facts(claim),
        "photos": list_photo_links(claim),
        "state": describe_for_seller(claim),
        "answerable": waiting and not own,
        "own": waiting and own,
        "mediation": mediation,
        "proposed": mediation is not None and may_answer(mediation, buyer=False),
        "reason": reason,
        "errors": errors,
    }
    return render_page(
        request, "farm/claim.html", context, actor=actor, status=200 if refusal is None else refusal.status
    )


@get("/farm/claims/{case_id:uuid}", include_in_schema=False)
async def show_claim(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[bytes]:
    """Show a claim with its photos, and the two answers while it waits for one.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    return _page(request, actor, await _load_claim(db, seal, actor, case_id))


@post("/farm/claims/{case_id:uuid}", include_in_schema=False)
async def submit_claim_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Agree to a claim, or say why not; an answer is given once.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    form = await read_form(request)
    agree, reason = form.get_text("decision") == "agree", form.get_text("reason")
    gateway = get_services(request).gateway
    try:
        answer = await answer_claim(db, gateway, seal, actor, case_id, agree=agree, reason=reason, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        loaded = await _load_claim(db, seal, actor, case_id)
        return _page(request, actor, loaded, reason=reason, refusal=refusal)
    return redirect(f"/farm/claims?said={'escalated' if answer.escalated else 'agreed'}", draft=form.draft)


ROUTES = [show_claims, show_claim, submit_claim_answer]
