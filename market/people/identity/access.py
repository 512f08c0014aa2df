"""Every check of roles, scopes and the second factor; a test fails on any check outside of this module.

The functions that only list or test (`list_…`, `has_…`, `get_…`) do not check the second factor unless documented.
"""

from collections.abc import Iterable
from uuid import UUID

from market.people.identity.models import (
    Actor,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperatorSeat,
    Role,
    SecondFactorRequired,
)

_COUNTY_DIGITS = 6

MONEY_ROLES = frozenset({Role.FINANCE, Role.PLATFORM})
"""Who repairs money that goes wrong: the finance officials of a producer's county, and the platform's staff.

The platform's staff see every county; finance sees the orders in which a producer of the own county takes part.
"""


def get_roles(actor: Actor) -> set[Role]:
    """Return the actor's roles, for any scope."""
    return {grant.role for grant in actor.grants}


def is_auditor(actor: Actor) -> bool:
    """Return whether the actor is an auditor, who reads, and has no other role."""
    return Role.AUDITOR in get_roles(actor)


def has_role_for(actor: Actor, roles: Iterable[Role], code: str) -> bool:
    """Return whether the actor has one of `roles` for a division (full or truncated) or for one of its ancestors."""
    accepted = set(roles)
    return any(grant.role in accepted and code.startswith(grant.scope) for grant in actor.grants)


def list_scopes(actor: Actor, roles: Iterable[Role] = Role) -> list[str]:
    """Return the scopes of the actor's roles, or of those among `roles`."""
    accepted = set(roles)
    return [grant.scope for grant in actor.grants if grant.role in accepted]


def list_verified_scopes(actor: Actor) -> list[str]:
    """Return the scopes of the actor's roles, or none if the session has no second factor."""
    return list_scopes(actor) if actor.second_factor else []


def get_visible_scope(actor: Actor) -> str:
    """Return the scope of row-level security for an official: the widest scope of any of the roles.

    Raises:
        NotAllowed: the actor has no role.
    """
    if not actor.grants:
        raise NotAllowed
    return min(list_scopes(actor), key=len)


def require_second_factor_of_official(actor: Actor) -> None:
    """Require the second factor if the actor has any role.

    Raises:
        SecondFactorRequired: the actor is an official and the session has no second factor.
    """
    if actor.grants and not actor.second_factor:
        raise SecondFactorRequired


def require_official(actor: Actor) -> None:
    """Require any role.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    if not actor.grants:
        raise NotAllowed
    require_second_factor_of_official(actor)


def require_scopes(actor: Actor, roles: Iterable[Role]) -> list[str]:
    """Require one of `roles` for any scope; return the scopes of these roles.

    Raises:
        NotAllowed: the actor has none of the roles.
        SecondFactorRequired: the session has no second factor.
    """
    scopes = list_scopes(actor, roles)
    if not scopes:
        raise NotAllowed
    require_second_factor_of_official(actor)
    return scopes


def require_role(actor: Actor, roles: Role | Iterable[Role], code: str) -> None:
    """Require one of `roles` for a division (full or truncated) or for one of its ancestors.

    Raises:
        NotAllowed: the actor has none of the roles there.
        SecondFactorRequired: the session has no second factor.
    """
    if not has_role_for(actor, {roles} if isinstance(roles, Role) else roles, code):
        raise NotAllowed
    require_second_factor_of_official(actor)


def require_platform_staff(actor: Actor) -> None:
    """Require the platform's role.

    Raises:
        NotAllowed: the actor is not of the platform's staff.
        SecondFactorRequired: the session has no second factor.
    """
    require_official(actor)
    require_scopes(actor, {Role.PLATFORM})


def require_producer(actor: Actor, producer_id: UUID) -> None:
    """Require membership of the producer; for anyone else the producer does not exist.

    Raises:
        NotFound: the actor is not a member of it.
    """
    if producer_id not in actor.producers:
        raise NotFound


def require_money_role(actor: Actor | None, counties: Iterable[str]) -> None:
    """Require a role that may repair the money of an order with producers in `counties` (see `MONEY_ROLES`).

    What belongs to no order (`counties` is empty) is repaired by the platform's staff. `None` is the operator of the
    system at the command line.

    Raises:
        NotAllowed: the actor has no such role there.
        SecondFactorRequired: the session has no second factor.
    """
    if actor is None:
        return
    if Role.PLATFORM not in get_roles(actor) and not any(has_role_for(actor, MONEY_ROLES, each) for each in counties):
        raise NotAllowed
    require_second_factor_of_official(actor)


def require_second_person_role(actor: Actor, producer_id: UUID, county: str) -> None:
    """Require membership of the producer, or a role that may repair the money of the producer's county.

    For anyone else what waits for a second person does not exist. Whether the actor is one is for the caller to decide.

    Raises:
        NotFound: the actor is neither.
        SecondFactorRequired: the actor decides by a role, and the session has no second factor.
    """
    if producer_id in actor.producers:
        return
    if Role.PLATFORM not in get_roles(actor) and not has_role_for(actor, MONEY_ROLES, county):
        raise NotFound
    require_second_factor_of_official(actor)


def list_role_scopes(actor: Actor) -> tuple[list[str], list[str]]:
    """Require any role; return the actor's roles and, at the same positions, their scopes.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    require_official(actor)
    return [str(grant.role) for grant in actor.grants], [grant.scope for grant in actor.grants]


def list_confirmed_roles(actor: Actor) -> tuple[list[str], list[str]]:
    """Return the roles of an official whose session has a second factor, and their scopes; none for anyone else."""
    grants = actor.grants if actor.second_factor else ()
    return [str(grant.role) for grant in grants], [grant.scope for grant in grants]


def require_case_role(actor: Actor, assignee: str, division: str) -> None:
    """Require the role that answers a case now, for its division; for anyone else the case does not exist.

    Raises:
        NotFound: the actor lacks the role there, or the case is not for a role to answer.
        SecondFactorRequired: the session has no second factor.
    """
    if not has_case_role(actor, assignee, division):
        raise NotFound
    require_second_factor_of_official(actor)


def has_case_role(actor: Actor, assignee: str, division: str) -> bool:
    """Return whether `require_case_role` lets the actor pass, the second factor aside."""
    return any(grant.role == assignee and division.startswith(grant.scope) for grant in actor.grants)


def require_money_scopes(actor: Actor | None) -> list[str]:
    """Require a role of `MONEY_ROLES`; return the scopes of the counties whose orders' money the actor sees.

    The empty scope covers every county, and what belongs to no order. `None` is the operator at the command line.

    Raises:
        NotAllowed: the actor has none of the roles.
        SecondFactorRequired: the session has no second factor.
    """
    scopes = [""] if actor is None else require_scopes(actor, MONEY_ROLES)
    return [""] if actor is not None and Role.PLATFORM in get_roles(actor) else scopes


def find_home_county(actor: Actor) -> str | None:
    """Return the first county of the actor's roles, or None if every role is wider than a county."""
    counties = sorted({scope[:_COUNTY_DIGITS] for scope in list_scopes(actor) if len(scope) >= _COUNTY_DIGITS})
    return counties[0] if counties else None


def require_scope_in_county(actor: Actor, county: str) -> None:
    """Require any role for the county, for a part of it, or for a wider division.

    Raises:
        NotFound: every role is for another county; the response does not reveal whether this one has data.
    """
    if not _narrow_to_county(list_scopes(actor), county):
        raise NotFound


def get_visible_divisions(actor: Actor, county: str) -> tuple[str, ...]:
    """Return the divisions of a county whose subsidies the official may see: the county's code, or codes inside it.

    The platform's staff see producers, never the register.

    Raises:
        NotAllowed: the actor has no subsidy role.
        SecondFactorRequired: the session has no second factor.
        NotFound: every role is for another county; the response does not reveal whether this one has data.
    """
    visible = _narrow_to_county(require_scopes(actor, set(Role) - {Role.PLATFORM}), county)
    if not visible:
        raise NotFound
    return visible


def require_whole_county(divisions: tuple[str, ...], county: str) -> None:
    """Require that the visible divisions are the whole county, because its totals reveal all of it.

    Raises:
        NotAllowed: the official sees only a part of the county.
    """
    if divisions != (county,):
        raise NotAllowed


def require_county_scopes(actor: Actor | None, roles: Role | Iterable[Role], county: str) -> list[str]:
    """Require one of `roles` in the county; return its scopes there: the county's code, or codes inside it.

    Raises:
        NotSignedIn: there is no actor.
        NotAllowed: the actor has none of the roles in the county.
        SecondFactorRequired: the session has no second factor.
    """
    if actor is None:
        raise NotSignedIn
    scopes = _narrow_to_county(list_scopes(actor, {roles} if isinstance(roles, Role) else roles), county)
    if not scopes:
        raise NotAllowed
    require_second_factor_of_official(actor)
    return list(scopes)


def require_county_role(actor: Actor | None, roles: Role | Iterable[Role], county: str) -> Actor:
    """Require one of `roles` for the whole county.

    Raises:
        NotSignedIn: there is no actor.
        NotAllowed: the actor has none of the roles for the whole county.
        SecondFactorRequired: the session has no second factor.
    """
    if require_county_scopes(actor, roles, county) != [county] or actor is None:
        raise NotAllowed
    return actor


def get_operator_seat(actor: Actor) -> OperatorSeat:
    """Return what the account of an operator is for.

    Raises:
        NotAllowed: the account is none of an operator.
        SecondFactorRequired: the session has no second factor.
    """
    if actor.operator is None:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorRequired
    return actor.operator


def require_operator(actor: Actor | None, county: str) -> str:
    """Require the account of an operator for a county; return the operator.

    Raises:
        NotSignedIn: there is no actor.
        NotAllowed: the account is none of an operator.
        SecondFactorRequired: the session has no second factor.
        NotFound: it is for other counties; the response does not reveal whether this one has data.
    """
    if actor is None:
        raise NotSignedIn
    seat = get_operator_seat(actor)
    if not _is_seated(seat, county):
        raise NotFound
    return seat.operator


def require_file_sender(actor: Actor | None, role: Role, county: str, *, operators: bool) -> Actor:
    """Require the role for the whole county or, of files that operators send, an account of one for the county.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: see `require_county_role`.
        NotFound: see `require_operator`.
    """
    if operators and actor is not None and actor.operator is not None:
        require_operator(actor, county)
        return actor
    return require_county_role(actor, role, county)


def may_send_file(actor: Actor, role: Role, county: str, *, operators: bool) -> bool:
    """Return whether `require_file_sender` lets the actor pass, the second factor aside."""
    return has_role_for(actor, {role}, county) or (
        operators and actor.operator is not None and _is_seated(actor.operator, county)
    )


def _is_seated(seat: OperatorSeat, county: str) -> bool:
    return any(county.startswith(scope) for scope in seat.scopes)


def _narrow_to_county(scopes: Iterable[str], county: str) -> tuple[str, ...]:
    """Return the parts of a county that the scopes cover: the whole county, or sorted codes inside it."""
    inside = {max(scope, county, key=len) for scope in scopes if scope.startswith(county) or county.startswith(scope)}
    return (county,) if county in inside else tuple(sorted(inside))
