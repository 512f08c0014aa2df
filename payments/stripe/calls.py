"""Calls of Stripe's library, and their outcomes.

The library is imported by the first call, because a process that takes no payment does not need its 12 MB.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec

from payments.errors import GatewayUnavailable
from payments.port import Declined, Ok, Outcome, Unknown


async def call[A, T](send: Callable[[], Awaitable[A]], read: Callable[[A], T]) -> Outcome[T]:
    """Make a call and return its outcome: ok, declined or unknown."""
    import stripe

    try:
        value = read(await send())
        _require_types(value)
        return Ok(value)
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        # By these Stripe says that it did not and will not carry out the call under this key.
        return Declined(error.code or "declined", error.user_message or "")
    except stripe.StripeError as error:
        return Unknown(f"{type(error).__name__}: {error.code or error.user_message or ''}"[:300])
    except (ValueError, KeyError, AttributeError, TypeError, msgspec.MsgspecError) as error:
        return Unknown(f"invalid response: {error}"[:300])


def _require_types(value: object) -> None:
    """Require that what was read has the types that it says: Stripe's library takes whatever the answer has.

    Raises:
        msgspec.ValidationError, TypeError: it has not.
    """
    if isinstance(value, list | tuple):
        for each in cast("tuple[Any, ...]", value):
            _require_types(each)
    elif isinstance(value, msgspec.Struct):
        msgspec.convert(msgspec.to_builtins(value), type(value))


def unwrap[T](outcome: Outcome[T]) -> T:
    """Return the value of a call.

    Raises:
        GatewayUnavailable: the call was declined, or its outcome is unknown.
    """
    match outcome:
        case Ok(value=value):
            return value
        case Declined(code=code, message=message):
            raise GatewayUnavailable(f"{code}: {message}")
        case Unknown(reason=reason):
            raise GatewayUnavailable(reason)


MAX_LISTED = 1_000_000
"""The maximum length of one list; a longer one is refused, never cut off."""


async def list_all[T](
    list_page: Callable[[Any], Awaitable[Any]], params: Mapping[str, object], read: Callable[[Any], T]
) -> list[T]:
    """Return what all pages of a list have.

    Raises:
        GatewayUnavailable: Stripe did not answer, or the list is too long.
    """
    found: list[T] = []
    wanted: dict[str, object] = {**params, "limit": 100}
    while len(found) < MAX_LISTED:
        page, last, has_more = unwrap(
            await call(
                lambda: list_page(wanted),
                lambda page: ([read(each) for each in page.data], [each.id for each in page.data][-1:], page.has_more),
            )
        )
        found += page
        if not has_more:
            return found
        if not last:
            raise GatewayUnavailable("an empty page of a list, and more to follow")
        wanted["starting_after"] = last[0]
    raise GatewayUnavailable(f"more than {MAX_LISTED} objects in one list")
