"""The pages on which officials decide cases: each kind of case says what it shows and what its decision does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.history import record_case_looks
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_case_role
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.forms import PostedForm, parse_id, read_form, rename_faults
from market.service.web.pages import redirect
from market.service.web.services import get_services
from payments import GuardedGateway


class Assigned(Protocol):
    """What an official decides: a claim, a return, an appeal, a complaint, an invoice that is late."""

    @property
    def assignee(self) -> str | None:
        """The role that decides now; None if nobody does."""
        ...

    @property
    def county_code(self) -> str:
        """The county of the case."""
        ...


class DecidedCase(Struct, frozen=True, kw_only=True):
    """A case for display: `about` says whose it is, `due` until when it waits for what.

    `asks` names the moves before the decision, `more` is what only the template of this kind uses. Without `open` no
    decision can be made.
    """

    name: str
    number: int
    title: str = ""
    about: str
    due_at: datetime | None
    due: str = "前定"
    facts: Sequence[str]
    asks: str = "问买家、延期、转上一级"
    open: bool = True
    more: Mapping[str, object] = {}


class Decision[T](Struct, frozen=True, kw_only=True):
    """A form that decides a case, and what its decision needs."""

    db: Database
    gateway: GuardedGateway
    seal: Seal
    actor: Actor
    case_id: UUID
    found: T
    form: PostedForm
    now: datetime


class DecidedKind[T](Struct, frozen=True, kw_only=True):
    """A kind of case with a page at `/desk/<path>/<case>`.

    `fields` are those that the official types; a refusal that names none of them is shown at the last.
    """

    path: str
    template: str
    fields: tuple[str, ...]
    read: Callable[[Connection, Seal, UUID], Awaitable[T | None]]
    view: Callable[[T], DecidedCase]
    decide: Callable[[Decision[T]], Awaitable[None]]


async def load_assigned[T: Assigned](
    db: Database, actor: Actor, case_id: str, read: Callable[[Connection, UUID], Awaitable[T | None]]
) -> tuple[UUID, T]:
    """Return the id of a case and what `read` returns for it, if the official decides it now.

    Raises:
        NotFound: it does not exist, or is not for the official's roles.
        SecondFactorRequired: the session has no second factor.
    """
    parsed = parse_id(case_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await read(conn, parsed)
    if found is None or found.assignee is None:
        raise NotFound
    require_case_role(actor, found.assignee, found.county_code)
    return parsed, found


async def _load[T: Assigned](
    kind: DecidedKind[T], db: Database, seal: Seal, actor: Actor, case_id: str
) -> tuple[UUID, T]:
    return await load_assigned(db, actor, case_id, lambda conn, found: kind.read(conn, seal, found))


def _render[T](
    request: HttpRequest, desk: DeskContext, kind: DecidedKind[T], case: tuple[UUID, T],
    *, typed: Mapping[str, str | None], errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    view = kind.view(case[1])
    context = {
        "case": view,
        "case_id": str(case[0]),
        "due": f"{format_due(view.due_at)}{view.due}" if view.due_at else "",
        "action": f"/desk/{kind.path}/{case[0]}",
        "typed": typed,
        "errors": errors,
        **view.more,
    }
    return render_desk_page(request, desk, kind.template, context, status=status)


def make_decision_routes[Found: Assigned](kind: DecidedKind[Found]) -> list[HTTPRouteHandler]:
    """Return the page of a kind of case, and its form."""
    path = f"/{kind.path}/{{case_id:str}}"

    @get(path, include_in_schema=False)
    async def show(
        request: HttpRequest,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        case_id: FromPath[str],
    ) -> Response[bytes]:
        desk = await open_desk(request, db, actor, clock, register=False)
        case = await _load(kind, db, seal, actor, case_id)
        async with db.transaction() as conn:
            await record_case_looks(conn, actor, [kind.view(case[1])], now=desk.now)
        return _render(request, desk, kind, case, typed=dict.fromkeys(kind.fields))

    @post(path, include_in_schema=False)
    async def submit(
        request: HttpRequest,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        case_id: FromPath[str],
    ) -> Response[Any]:
        form = await read_form(request)
        desk = await open_desk(request, db, actor, clock, register=False)
        case = await _load(kind, db, seal, actor, case_id)
        decision = Decision(
            db=db, gateway=get_services(request).gateway, seal=seal, actor=actor, case_id=case[0], found=case[1],
            form=form, now=desk.now,
        )  # fmt: skip
        try:
            await kind.decide(decision)
        except Refusal as refusal:
            errors = rename_faults(refusal, {}, otherwise=kind.fields[-1])
            typed = {name: form.get_text(name) for name in kind.fields}
            return _render(request, desk, kind, case, typed=typed, errors=errors, status=refusal.status)
        return redirect(desk.to("/desk/cases", done=1))

    return [show, submit]
