"""What the market holds about the signed-in person, and closing the account."""

from typing import Annotated

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from market.casework.moves import get_person_scope
from market.http import HttpRequest, get_client_network
from market.identity.models import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.privacy.close_account import confirm_and_close
from market.privacy.personal_data import PersonalData, export_personal_data
from market.rate_limits import RateClass


class ClosingRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A one-time code that was sent to the account's phone (`RequestCode`)."""

    code: Annotated[str, Meta(max_length=20)]


class PrivacyController(Controller):
    """The signed-in person's own data."""

    path = "/api/v1/me"
    tags = ["identity"]

    @post("/data", operation_id="ExportMe", status_code=200, rate=RateClass.SEARCH)
    async def export(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> PersonalData:
        """Return what the market holds about the account, and record that it was taken."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await export_personal_data(conn, seal, actor.account_id, by=str(actor.account_id), now=clock.now())

    @post("/closing", operation_id="CloseMe", status_code=204, rate=RateClass.SIGN_IN)
    async def close(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[ClosingRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Close the account and erase name, phone, addresses and devices; this cannot be undone."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            refusal = await confirm_and_close(
                conn,
                seal,
                actor.account_id,
                code=data.code,
                network=get_client_network(request),
                now=clock.now(),
            )
        if refusal is not None:
            raise refusal


ROUTES = [PrivacyController]
