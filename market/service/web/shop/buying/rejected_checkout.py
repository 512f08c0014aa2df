"""A checkout that was refused, kept in a sealed cookie across the redirect, so that going back never resends a form."""

import base64

import msgspec
from litestar import Response
from msgspec import Struct

from market.kernel import FieldFault
from market.kernel.seal import UnsealError
from market.service.http import HttpRequest
from market.service.web.cookies import set_cookie
from market.service.web.services import get_services

_COOKIE = "checkout"
_CONTEXT = "web.checkout"
_SECONDS = 900


class CheckoutForm(Struct, frozen=True):
    """The checkout form as it was typed; `voucher` is an id, `none`, or empty if nothing could be chosen.

    `invoice` is to whom one is issued, or empty for none.
    """

    who: str = ""
    tel: str = ""
    region: str = ""
    address: str = ""
    method: str = ""
    pickup: str = ""
    voucher: str = ""
    invoice: str = ""
    title: str = ""
    tax_number: str = ""
    email: str = ""


class RejectedCheckout(Struct, frozen=True):
    """The form as it was typed, and why it was refused: by field, or as one sentence for the cart."""

    values: CheckoutForm = CheckoutForm()
    faults: list[FieldFault] = []
    message: str = ""


def store(request: HttpRequest, response: Response[bytes], rejected: RejectedCheckout) -> None:
    """Store a refused checkout for a quarter of an hour."""
    sealed = get_services(request).seal.seal(msgspec.json.encode(rejected).decode(), _CONTEXT)
    set_cookie(request, response, _COOKIE, base64.urlsafe_b64encode(sealed).decode(), seconds=_SECONDS)


def load(request: HttpRequest) -> RejectedCheckout | None:
    """Return the stored refusal, or None if there is none."""
    try:
        text = get_services(request).seal.open(base64.urlsafe_b64decode(request.cookies.get(_COOKIE, "")), _CONTEXT)
        return msgspec.json.decode(text, type=RejectedCheckout)
    except (UnsealError, ValueError):
        return None


def clear(request: HttpRequest, response: Response[bytes]) -> None:
    """Delete the stored refusal, if there is one."""
    if _COOKIE in request.cookies:
        set_cookie(request, response, _COOKIE, "", seconds=0)
