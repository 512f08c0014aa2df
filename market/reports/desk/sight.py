"""What an official sees of a county's subsidies: the first question of every page and every answer about them."""

from market.identity import Actor, NotAllowed, NotFound, Role, SecondFactorNeeded

_COUNTY = 6


def places_in(actor: Actor, county: str) -> tuple[str, ...]:
    """Return the places of a county that the official may see: the county's code, or codes inside it.

    The platform's own people see sellers, never the register.

    Raises:
        NotAllowed: the person holds no role of the subsidies.
        SecondFactorNeeded: the second factor has not been shown.
        NotFound: every role is held elsewhere; whether the county has anything is not told.
    """
    scopes = {grant.scope for grant in actor.grants if grant.role is not Role.PLATFORM}
    if not scopes:
        raise NotAllowed
    if not actor.second_factor:
        raise SecondFactorNeeded
    here = {max(scope, county, key=len) for scope in scopes if scope.startswith(county) or county.startswith(scope)}
    if not here:
        raise NotFound
    return (county,) if county in here else tuple(sorted(here))


def home_county(actor: Actor) -> str | None:
    """Return the county that an official's desk opens with, None where every role is wider than a county."""
    counties = sorted({grant.scope[:_COUNTY] for grant in actor.grants if len(grant.scope) >= _COUNTY})
    return counties[0] if counties else None
