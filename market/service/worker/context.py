"""The dependencies of background jobs."""

from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.notify.models import MessagePort
from market.people.storage.files import FileStore
from market.sales.carriers.open_port import GuardedCarriers
from payments import GuardedGateway


class WorkerContext(Struct, frozen=True):
    """The dependencies of the worker's jobs."""

    settings: Settings
    db: Database
    clock: Clock
    seal: Seal
    gateway: GuardedGateway
    port: MessagePort
    files: FileStore
    carriers: GuardedCarriers
