"""Rate limits: how many requests of a class an account, or the network of a visitor, may make per minute.

Each process counts for itself in memory, so that a refusal costs no statement (docs/adr/0020). What must be exact over
all processes, such as the number and the attempts of one-time codes, is counted in the database by its own package.
"""

import ipaddress
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from math import ceil

from msgspec import Struct

PERIOD_SECONDS = 60.0
WIDE_NETWORK_PREFIX = 48
"""An operator's customer has a /64 of IPv6 at least and a /48 at most."""
WIDE_NETWORK_FACTOR = 4
"""A /48 of IPv6 may make this many times the requests of a /64."""
MAX_COUNTED_KEYS = 50_000
"""The memory of a process is bounded: about 10 MB."""
MAX_KNOWN_SESSIONS = 20_000
_ROUNDING_SECONDS = 1e-6
"""More than the rounding of sums of floats."""


class RateClass(StrEnum):
    """What a request costs; a route states it as `rate=`. Unstated, GET is a page and everything else a write."""

    FREE = "free"
    """Not limited: health checks, the provider's webhooks, photos and static files."""
    PAGE = "page"
    SEARCH = "search"
    """Searches, sorted lists, and exports."""
    WRITE = "write"
    UPLOAD = "upload"
    SIGN_IN = "sign_in"
    """Requests for a code, and attempts at a code, a second factor, or the code of a coupon."""


class RateBudget(Struct, frozen=True):
    """Whose requests are counted, and how many times the limit of a class they may make."""

    key: str
    factor: int = 1


class RateLimiter:
    """Counts requests by class and key. A budget refills steadily and may be used up at once."""

    def __init__(self, limits: Mapping[RateClass, int], *, read_seconds: Callable[[], float] = time.monotonic) -> None:
        """Create a limiter. `limits` are requests per minute; a class that is missing is not limited."""
        self._limits = limits
        self._read_seconds = read_seconds
        self._full_at: dict[tuple[RateClass, str], float] = {}
        self._accounts: dict[bytes, str] = {}

    def spend(self, rate_class: RateClass, budgets: tuple[RateBudget, ...]) -> int:
        """Count a request in every budget; return 0, or the seconds to wait if one is used up. Then none is counted."""
        limit = self._limits.get(rate_class)
        if limit is None:
            return 0
        now = self._read_seconds()
        later: dict[tuple[RateClass, str], float] = {}
        for budget in budgets:
            entry = (rate_class, budget.key)
            full_at = max(now, self._full_at.get(entry, now)) + PERIOD_SECONDS / (limit * budget.factor)
            wait = full_at - now - PERIOD_SECONDS
            if wait > _ROUNDING_SECONDS:
                return ceil(wait - _ROUNDING_SECONDS)
            later[entry] = full_at
        if len(self._full_at) + len(later) > MAX_COUNTED_KEYS:
            self._forget(now)
        self._full_at.update(later)
        return 0

    def _forget(self, now: float) -> None:
        """Forget full budgets; if that frees less than a tenth, also those that were counted first."""
        self._full_at = {entry: full_at for entry, full_at in self._full_at.items() if full_at > now}
        for entry in list(self._full_at)[: max(0, len(self._full_at) - MAX_COUNTED_KEYS * 9 // 10)]:
            del self._full_at[entry]

    def remember_session(self, token_hash: bytes, account: str) -> None:
        """Count requests with this token by account from now on; call it after the session is verified."""
        if token_hash not in self._accounts and len(self._accounts) >= MAX_KNOWN_SESSIONS:
            del self._accounts[next(iter(self._accounts))]
        self._accounts[token_hash] = account

    def find_account(self, token_hash: bytes) -> str | None:
        """Return the account of a session that was verified in this process, or None."""
        return self._accounts.get(token_hash)


@lru_cache(maxsize=2_000)
def list_network_budgets(network: str) -> tuple[RateBudget, ...]:
    """Return the budgets of a visitor: an IPv4 address, or a /64 of IPv6 with the /48 around it.

    `network` is what `get_network` of `identity` returns.
    """
    try:
        parsed = ipaddress.ip_network(network)
    except ValueError:
        return (RateBudget(network),)
    if isinstance(parsed, ipaddress.IPv4Network):
        return (RateBudget(network),)
    wide = parsed.supernet(new_prefix=WIDE_NETWORK_PREFIX)
    return (RateBudget(network), RateBudget(str(wide), WIDE_NETWORK_FACTOR))
