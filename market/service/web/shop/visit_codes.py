"""The check-in codes of a stay or an activity as its guests show them: digits, and squares that verify offline."""

from msgspec import Struct

from market.kernel.language import say
from market.sales.orders.queries import SuborderView
from market.sales.pickups.models import Pickup
from market.service.web.ui.qr_code import draw_qr_code


class VisitCodes(Struct, frozen=True):
    """What the codes are called, their digits in groups of four, and their squares as SVG; empty if there are none."""

    title: str
    digits: str
    squares: list[str]


def show_codes(suborder: SuborderView, pickup: Pickup | None = None) -> VisitCodes:
    """Return the codes of a suborder that are still to be shown: those of its visits, or of its pickup."""
    if pickup is not None and pickup.code:
        return VisitCodes(say("取货码"), _group_digits(pickup.code), [])
    visits = [suborder.places] if suborder.places is not None else suborder.bookings
    title = say("入场码") if suborder.places is not None else say("入住码")
    codes = [each.code for each in visits if each.code]
    signed = [each.signed_code for each in visits if each.signed_code]
    return VisitCodes(
        title,
        say("　").join(_group_digits(digits) for digits in codes),
        [draw_qr_code(text, f"{title} {at}") for at, text in enumerate(signed, 1)],
    )


def _group_digits(digits: str) -> str:
    return f"{digits[:4]} {digits[4:]}"
