"""The check-in codes of a stay or an activity as its guests show them: digits, and squares that verify offline."""

from msgspec import Struct

from market.orders.queries import SuborderView
from market.web.ui.qr_code import draw_qr_code


class VisitCodes(Struct, frozen=True):
    """What the codes are called, their digits in groups of four, and their squares as SVG; empty if there are none."""

    title: str
    digits: str
    squares: list[str]


def show_codes(suborder: SuborderView) -> VisitCodes:
    """Return the codes of a suborder that are still to be shown."""
    visits = [suborder.places] if suborder.places is not None else suborder.bookings
    title = "入场码" if suborder.places is not None else "入住码"
    codes = [each.code for each in visits if each.code]
    signed = [each.signed_code for each in visits if each.signed_code]
    return VisitCodes(
        title,
        "　".join(f"{digits[:4]} {digits[4:]}" for digits in codes),
        [draw_qr_code(text, f"{title} {at}") for at, text in enumerate(signed, 1)],
    )
