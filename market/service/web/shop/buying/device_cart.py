"""The cart of a device that has not signed in: its cookie, and the merge at sign-in."""

import secrets
from typing import Any

from litestar import Response

from market.kernel import Connection
from market.people.identity.models import AccountId, Actor
from market.sales.orders.cart import DEVICE_CART_LIFETIME, CartOwner, DeviceId, identify_device, merge_device_cart
from market.service.http import HttpRequest
from market.service.web.cookies import set_cookie

CART_COOKIE = "cart"
_MAX_TOKEN_LENGTH = 100


def find_device(request: HttpRequest) -> DeviceId | None:
    """Return the device that the request's cookie names, or None."""
    token = request.cookies.get(CART_COOKIE, "")
    return identify_device(token) if 0 < len(token) <= _MAX_TOKEN_LENGTH else None


def find_cart_owner(request: HttpRequest, visitor: Actor | None) -> CartOwner | None:
    """Return the signed-in account, or the device, or None if the device has no cart yet."""
    return visitor.account_id if visitor is not None else find_device(request)


def start_device_cart() -> tuple[DeviceId, str]:
    """Return a new device and the token of its cookie."""
    token = secrets.token_urlsafe(32)
    return identify_device(token), token


def store_device(request: HttpRequest, response: Response[Any], token: str) -> None:
    """Set the device's cookie for 30 days."""
    set_cookie(request, response, CART_COOKIE, token, seconds=int(DEVICE_CART_LIFETIME.total_seconds()))


async def move_device_cart(conn: Connection, request: HttpRequest, account_id: AccountId) -> None:
    """Merge the device's cart into the cart of the account that signs in on it."""
    device = find_device(request)
    if device is not None:
        await merge_device_cart(conn, device, account_id)
