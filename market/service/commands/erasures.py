"""`market subsidies erase`: erase a person of the register who asked for it."""

import getpass
import sys

from market.people.identity.access import require_county_role
from market.people.identity.models import NotSignedIn, Role
from market.service.commands.runtime import open_runtime
from market.subsidies.evidence.erase_persons import Erasure, erase_person
from market.subsidies.month.cycles import read_county


async def erase_registered_person(county: str, *, as_: str | None) -> Erasure:
    """Erase the person of the identity number on standard input, which is typed unseen at a terminal.

    Raises:
        NotSignedIn: a database of its own has no account that acts.
        NotAllowed: the account does not decide for the county.
        PersonUnknown, PersonNotErasable: see `erase_person`.
    """
    identity = getpass.getpass("identity number: ") if sys.stdin.isatty() else sys.stdin.readline()
    code = read_county(county)
    async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
        if ctx.actor is None and ctx.settings.database_url:
            raise NotSignedIn
        if ctx.actor is not None:
            require_county_role(ctx.actor, Role.COUNTY, code)
        return await erase_person(conn, ctx.seal, code, identity, by=ctx.get_actor_name(), now=ctx.clock.now())
