"""Share an answered case without names: one page for every kind of case that others may read."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.cases.casework.publication import CaseNotPreviewed
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import OffPlatformContact
from market.service.http import HttpRequest
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page


class SharedCase(Struct, frozen=True, kw_only=True):
    """An answered case as its asker shares it: `public_text` are the words seen last, `text` those that were asked.

    `place` is shown beneath, if anything is; `back` is the page of the case's kind, with a query.
    """

    title: str
    hint: str
    text: str
    answer: str
    place: str
    public_text: str
    shared: bool
    back: str
    back_words: str


type FindShared = Callable[[Connection, Seal, Actor, UUID], Awaitable[SharedCase | None]]
"""Return an answered case of the actor's, or None."""


class SharedKind(Struct, frozen=True, kw_only=True):
    """A kind of case: the path of its pages, its refusal of words, how they are previewed, shared and taken back."""

    path: str
    most: int
    invalid: type[Refusal]
    find: FindShared
    preview: Callable[[Connection, Seal, Actor, UUID, str, datetime], Awaitable[object]]
    share: Callable[[Connection, Seal, Actor, UUID, str, datetime], Awaitable[object]]
    unshare: Callable[[Connection, Seal, Actor, UUID], Awaitable[object]]


async def _page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor, kind: SharedKind,
    *, case_id: UUID | None, typed: str | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        case = None if case_id is None else await kind.find(conn, seal, actor, case_id)
    if case is None:
        raise NotFound
    context = {
        "case": case,
        "previewed": case.public_text if typed is None or typed == case.public_text else "",
        "text": typed if typed is not None else case.public_text or case.text,
        "errors": errors,
        "most": kind.most,
        "action": f"{kind.path}/{case_id}",
    }
    return render_page(request, "village/share_case.html", context, status=status, actor=actor)


def make_sharing_routes(kind: SharedKind) -> list[HTTPRouteHandler]:
    """Return the page on which the asker of a kind of case shares it, and its form."""
    path = f"{kind.path}/{{case_id:str}}"

    @get(path, include_in_schema=False)
    async def show(
        request: HttpRequest,
        *,
        case_id: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Response[bytes]:
        return await _page(request, db, seal, actor, kind, case_id=parse_uuid(case_id))

    @post(path, include_in_schema=False)
    async def submit(
        request: HttpRequest,
        *,
        case_id: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Any]:
        form = await read_form(request)
        found, act, text = parse_uuid(case_id), form.get_text("act"), form.get_text("text")[:4000]
        if found is None:
            raise NotFound
        try:
            async with db.transaction(scope=get_person_scope(actor)) as conn:
                if act == "share":
                    await kind.share(conn, seal, actor, found, text, clock.now())
                elif act == "unshare":
                    await kind.unshare(conn, seal, actor, found)
                else:
                    await kind.preview(conn, seal, actor, found, text, clock.now())
                case = await kind.find(conn, seal, actor, found)
        except (kind.invalid, OffPlatformContact, CaseNotPreviewed) as refusal:
            errors = rename_faults(refusal, {}, otherwise="text")
            return await _page(
                request, db, seal, actor, kind, case_id=found, typed=text, errors=errors, status=refusal.status
            )
        if case is not None and act in {"share", "unshare"}:
            return redirect(f"{case.back}&done={act}d")
        return redirect(f"{kind.path}/{found}")

    return [show, submit]
