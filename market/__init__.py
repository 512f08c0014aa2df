"""乡集: a marketplace for what poor villages make, as a library and a service.

docs/library.md describes the names that other applications use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.kernel.database import open_database
    from market.kernel.seal import derive_seal
    from market.kernel.settings import Settings
    from market.service.app import Market

VERSION = "0.1.0"

__all__ = ["VERSION", "Market", "Settings", "derive_seal", "open_database"]

_MODULES = {
    "Market": "market.service.app",
    "Settings": "market.kernel.settings",
    "derive_seal": "market.kernel.seal",
    "open_database": "market.kernel.database",
}


def __getattr__(name: str) -> object:
    """Import a public name lazily, so that commands that do not need the service start fast."""
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(_MODULES[name]), name)
