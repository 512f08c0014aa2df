"""What one process holds and every handler may ask for by name."""

from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import Batcher
from market.settings import Settings
from market.storage import Files
from market.web.look.render import Renderer
from payments.stripe import Stripe


class Services(Struct, frozen=True):
    """The living parts of a process: opened when it starts, closed when it stops."""

    settings: Settings
    db: Database
    clock: Clock
    seal: Seal
    files: Files
    gateway: Stripe
    batcher: Batcher
    renderer: Renderer
