"""Public units that buy: verified by the platform's staff, so that the price for public units applies."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.places.organisations.public_buyers import NewPublicBuyer, PublicBuyer, list_public_buyers, save_public_buyer
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest


class PublicBuyerController(Controller):
    """Accounts that buy for a public unit."""

    path = "/api/v1/public-buyers"
    tags = ["identity"]

    @post(operation_id="SavePublicBuyer", idempotent=True)
    async def save(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewPublicBuyer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[PublicBuyer]:
        """Let an account buy for a verified public unit until a day, or change its unit and day."""
        return await run_once(
            request, db, actor, lambda conn: save_public_buyer(conn, seal, actor, data, now=clock.now())
        )

    @get(operation_id="ListPublicBuyers")
    async def list_buyers(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[PublicBuyer]:
        """Return the public units that buy or bought, verified last first, at most 200."""
        async with db.connection() as conn:
            return await list_public_buyers(conn, actor)


ROUTES = [PublicBuyerController]
