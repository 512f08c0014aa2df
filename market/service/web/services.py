"""The services of a process, which handlers take as dependencies."""

from typing import cast

from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateLimiter
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.storage.files import FileStore
from market.sales.carriers.open_port import GuardedCarriers
from market.sales.orders.checkout.batcher import Batcher
from market.sales.payouts.pay_out import PayoutHold
from market.service.http import HttpRequest
from market.service.web.shop.counts import CatalogueCounts
from market.service.web.ui.renderer import Renderer
from market.service.worker.queues import QueueReadings
from payments import GuardedGateway


class Services(Struct, frozen=True, kw_only=True):
    """The services of a process: opened when it starts, closed when it stops.

    `reads` may read a replica, `own_reads` never; only `provide_reads` chooses between them.
    """

    settings: Settings
    db: Database
    reads: PublicReads
    own_reads: PublicReads
    clock: Clock
    seal: Seal
    files: FileStore
    gateway: GuardedGateway
    carriers: GuardedCarriers
    batcher: Batcher
    renderer: Renderer
    counts: CatalogueCounts
    queues: QueueReadings
    rate_limiter: RateLimiter


def get_services(request: HttpRequest) -> Services:
    """Return the services of the process."""
    return cast("Services", request.app.state["market"])


def get_payout_hold(request: HttpRequest) -> PayoutHold:
    """Return for how long the service keeps back what it owes to producers."""
    settings = get_services(request).settings
    return PayoutHold(claim_hours=settings.claim_hours, return_days=settings.return_days)
