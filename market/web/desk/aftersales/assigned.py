"""Load what a case is about, for the official who decides it now."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from market.casework.moves import get_person_scope
from market.identity.access import require_case_role
from market.identity.models import Actor, NotFound
from market.kernel import Connection, Database
from market.web.forms import parse_uuid


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


async def load_assigned[T: Assigned](
    db: Database, actor: Actor, case_id: str, read: Callable[[Connection, UUID], Awaitable[T | None]]
) -> T:
    """Return what `read` returns for a case, if the official decides it now.

    Raises:
        NotFound: it does not exist, or is not for the official's roles.
        SecondFactorRequired: the session has no second factor.
    """
    parsed = parse_uuid(case_id)
    if parsed is None:
        raise NotFound
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await read(conn, parsed)
    if found is None or found.assignee is None:
        raise NotFound
    require_case_role(actor, found.assignee, found.county_code)
    return found
