"""Who wants to sell: the village confirms, the county recommends, another person approves; who applied does none."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.identity import AccountId, Actor, NotAllowed, NotFound, phone_of
from market.kernel import Connection, Database, Query, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.producers import (
    CERTIFICATE_NAMES,
    KIND_NAMES,
    STATE_NAMES,
    STEP_NAMES,
    Producer,
    State,
    Step,
    decide_producer,
    get_producer,
    list_unverified,
    list_waiting,
    may_decide,
    may_verify,
    verify_certificate,
)
from market.producers.queries import FIRST
from market.web.desk.office import Office, Said, enter, keep, said_of, show
from market.web.look.format import clock_zh
from market.web.plumbing import fields, see_other

Asked = Request[Any, Any, Any]

_A_PAGE = 20


class CertificatePhoto(Struct, frozen=True):
    """The photo of a certificate."""

    id: UUID
    photo_id: UUID


CERTIFICATE_PHOTOS = Query(
    CertificatePhoto,
    "SELECT id, photo_id FROM certificates WHERE producer_id = :producer_id AND photo_id IS NOT NULL LIMIT 100",
)
_FORWARD = {
    State.APPLIED: (Step.CONFIRM, "村里核实，属实"),
    State.CONFIRMED: (Step.RECOMMEND, "县里推荐"),
    State.RECOMMENDED: (Step.APPROVE, "审核通过，可以卖"),
    State.OPEN: (Step.SUSPEND, "暂停"),
    State.SUSPENDED: (Step.REOPEN, "恢复"),
}
_ADMITTED = frozenset({State.OPEN, State.SUSPENDED})
_REFUSABLE = frozenset({State.APPLIED, State.CONFIRMED, State.RECOMMENDED})


@get("/producers", include_in_schema=False)
async def producers(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the applications whose next step is the official's, the oldest first."""
    office = await enter(request, db, actor, clock, register=False)
    after = _uuid(request.query_params.get("after", "")) or FIRST
    async with db.connection() as conn:
        try:
            found = await list_waiting(conn, actor, after=after, most=_A_PAGE)
        except NotAllowed:
            return show(request, office, "producers.html", {"rows": None, "more": None, "papers": []})
        papers = await _papers_waiting(conn, office)
    rows = [
        (
            office.to(f"/desk/producers/{row.id}"),
            row.name,
            [f"{row.township} {row.village}　{KIND_NAMES[row.kind]}", STATE_NAMES[row.state]],
        )
        for row in found.items
    ]
    more = office.to("/desk/producers", after=found.next) if found.next else None
    return show(request, office, "producers.html", {"rows": rows, "more": more, "papers": papers})


async def _papers_waiting(conn: Connection, office: Office) -> list[tuple[str, str, list[str]]]:
    """Return the sellers who handed in a certificate that the official is to check; none for who has not this duty."""
    try:
        found = await list_unverified(conn, office.actor, most=_A_PAGE)
    except NotAllowed:
        return []
    return [
        (
            f"{office.to(f'/desk/producers/{row.id}')}#papers",
            row.name,
            [f"{row.township} {row.village}　{KIND_NAMES[row.kind]}", "交了证，等核对"],
        )
        for row in found.items
    ]


@get("/producers/{producer_id:str}", include_in_schema=False)
async def show_producer(
    request: Asked,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show an application with its steps and certificates, and the step that is the official's."""
    office = await enter(request, db, actor, clock, register=False)
    said = Said("ok", "已记下") if request.query_params.get("done") == "1" else None
    async with db.connection() as conn:
        return await _page(request, conn, seal, office, _known(producer_id), said=said)


@post("/producers/{producer_id:str}", include_in_schema=False)
async def decide(
    request: Asked,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Take a step about a producer; the applicant is told by message."""
    found = await fields(request)
    office = await enter(request, db, actor, clock, register=False)
    known = _known(producer_id)
    try:
        step = Step(str(found.get("step", "")))
    except ValueError:
        raise NotFound from None
    try:
        async with db.transaction() as conn:
            await decide_producer(
                conn, seal, actor, known, step=step, reason=str(found.get("reason", "")), now=office.now
            )
    except NotFound:
        raise
    except Refusal as refusal:
        async with db.connection() as conn:
            return await _page(
                request, conn, seal, office, known, said=said_of(refusal, f"没有办成：{STEP_NAMES[step]}"),
                status=refusal.status,
            )  # fmt: skip
    return see_other(office.to(f"/desk/producers/{known}", done=1))


@post("/producers/{producer_id:str}/certificates/{certificate_id:str}", include_in_schema=False)
async def verify(
    request: Asked,
    *,
    producer_id: FromPath[str],
    certificate_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Note that a certificate of a seller was checked."""
    await fields(request)
    office = await enter(request, db, actor, clock, register=False)
    known = _known(producer_id)
    async with db.transaction() as conn:
        await verify_certificate(conn, actor, known, _known(certificate_id), now=office.now)
    return see_other(office.to(f"/desk/producers/{known}", done=1))


async def _page(
    request: Asked, conn: Connection, seal: Seal, office: Office, producer_id: UUID,
    *, said: Said | None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    found: Producer = await get_producer(conn, office.actor, producer_id)
    photos = {each.id: each.photo_id for each in await CERTIFICATE_PHOTOS.all(conn, producer_id=producer_id)}
    row = found.producer
    forward = _FORWARD.get(row.state)
    mine = may_decide(office.actor, row)
    checks = row.state in _ADMITTED and may_verify(office.actor, row)
    phone = await phone_of(conn, seal, AccountId(row.applied_by)) or ""
    context = {
        "applicant": next((each.name for each in found.steps if each.account_id == row.applied_by), ""),
        # Who decides has to call; to others the number is hidden.
        "phone": phone if mine or checks else mask_phone(phone),
        "calls": mine or checks,
        "said": said,
        "producer": row,
        "kind": KIND_NAMES[row.kind],
        "state": STATE_NAMES[row.state],
        "steps": [
            (f"{clock_zh(each.at)}　{STEP_NAMES[each.step]}，{each.name}", "done", each.reason or None)
            for each in found.steps
        ],
        "certificates": [
            (
                CERTIFICATE_NAMES[each.kind],
                each.number,
                each.issuer,
                f"{each.expires_on} 到期" if each.expires_on else "",
                "已核验" if each.verified_at else "待核验",
                f"/certificates/{photos[each.id]}" if each.id in photos else "",
                f"/desk/producers/{row.id}/certificates/{each.id}" if checks and each.verified_at is None else "",
            )
            for each in found.certificates
        ],
        "forward": forward if mine else None,
        "refusable": mine and row.state in _REFUSABLE,
        "keep": keep(office),
    }
    return show(request, office, "producer.html", context, status=status)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _known(text: str) -> UUID:
    found = _uuid(text)
    if found is None:
        raise NotFound
    return found


ROUTES = [producers, show_producer, decide, verify]
