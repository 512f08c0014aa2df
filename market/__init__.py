"""乡集: a marketplace for what poor villages make, as a library and a service."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market.app import Market
    from market.settings import Settings

VERSION = "0.1.0"

__all__ = ["VERSION", "Market", "Settings"]


def __getattr__(name: str) -> object:
    """Import the service lazily, so that commands that do not need it start fast."""
    if name == "Market":
        from market.app import Market

        return Market
    if name == "Settings":
        from market.settings import Settings

        return Settings
    raise AttributeError(name)
