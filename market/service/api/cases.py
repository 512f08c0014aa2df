"""Cases of all kinds: the list by deadline, one with its history, and the moves besides its answer."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.models import CaseMove, CaseState
from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import AssignedCase, list_assigned_cases
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.case_view import CaseView, load_case_view, make_case_move


class CaseMoveRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A move of `moves`, with its facts, question or reason; withdrawing needs none."""

    move: CaseMove
    text: Annotated[str, Meta(max_length=1000)] = ""


class MovedCase(Struct, frozen=True):
    """The state of a case after a move."""

    id: UUID
    state: CaseState


class CaseController(Controller):
    """Cases of buyers, sellers and officials."""

    path = "/api/v1/cases"
    tags = ("cases",)

    @get(operation_id="ListAssignedCases")
    async def assigned(self, *, db: NamedDependency[Database], actor: NamedDependency[Actor]) -> list[AssignedCase]:
        """List the cases of all kinds that your roles answer now, by deadline, at most 200."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_assigned_cases(conn, actor)

    @get("/{case_id:uuid}", operation_id="GetCase")
    async def one(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
    ) -> CaseView:
        """Return a case that concerns you, what happened to it, and what you can do with it now."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await load_case_view(conn, seal, actor, case_id, now=clock.now())

    @post("/{case_id:uuid}/moves", operation_id="MoveCase", status_code=200)
    async def move(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[CaseMoveRequest],
    ) -> MovedCase:
        """Supply facts, withdraw or ask the next level as who asked; ask, extend or give it up as who answers."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            case = await make_case_move(conn, seal, actor, case_id, data.move, text=data.text, now=clock.now())
        return MovedCase(case.id, case.state)


ROUTES = [CaseController]
