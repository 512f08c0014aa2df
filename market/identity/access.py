"""Every permission check of the project: a handler asks here, and a query carries the same scope."""

from collections.abc import Iterable
from uuid import UUID

from market.identity.models import Actor, NotAllowed, NotFound, Role, SecondFactorNeeded


def require_role(actor: Actor, roles: Role | Iterable[Role], place: str) -> None:
    """Let pass who holds one of `roles` for `place` (a division code, whole or a prefix) or for a place above it.

    Raises:
        NotAllowed: the person holds none of them there.
        SecondFactorNeeded: the person does, but has not shown the second factor in this session.
    """
    wanted = {roles} if isinstance(roles, Role) else set(roles)
    if not any(grant.role in wanted and place.startswith(grant.scope) for grant in actor.grants):
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded


def require_official(actor: Actor) -> None:
    """Let pass who holds any role.

    Raises:
        NotAllowed: the person holds none.
        SecondFactorNeeded: the second factor has not been shown.
    """
    if not actor.grants:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded


def require_producer(actor: Actor, producer_id: UUID) -> None:
    """Let pass who works for the producer; for anyone else it does not exist.

    Raises:
        NotFound: the person does not work for it.
    """
    if producer_id not in actor.producers:
        raise NotFound


def sight(actor: Actor) -> str:
    """Return what row-level security may show to an official: the widest place that the person holds a role for.

    Raises:
        NotAllowed: the person holds no role.
    """
    if not actor.grants:
        raise NotAllowed
    return min((grant.scope for grant in actor.grants), key=len)
