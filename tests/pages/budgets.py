"""The measured pages and their budgets of size and time."""

from msgspec import Struct

HTML_CSS = 13 * 1024
SCRIPT = 5 * 1024
LCP_4G, LCP_3G, TEXT_2G = 1.5, 2.5, 3.0
SHIFT = 0.02
ANSWER = 0.2
"""Source of all: web.md, Budgets."""


class MeasuredPage(Struct, frozen=True):
    """A page with the signed-in role, its path, and the budget of its first screen in KB."""

    name: str
    who: str
    path: str
    above_kb: int
    typed: str = ""
    """A field in which the response to a key press is timed."""


class DataPages(Struct, frozen=True):
    """Addresses that depend on the loaded data."""

    goods: str
    stay: str
    month: str


def list_pages(data: DataPages) -> list[MeasuredPage]:
    """Return the pages of the three audiences."""
    return [
        MeasuredPage("home", "", "/", 60, "#find"),
        MeasuredPage("product", "", data.goods, 80),
        MeasuredPage("stay", "", data.stay, 80),
        MeasuredPage("search", "", "/search?q=小米", 60),
        MeasuredPage("cart", "buyer", "/cart", 60),
        MeasuredPage("farmer home", "farmer", "/farm", 60),
        MeasuredPage("listing form", "farmer", "/farm/sell/coarse_grain", 15, "main input[inputmode]"),
        MeasuredPage("my subsidy", "farmer", "/farm/bill", 60),
        MeasuredPage("desk", "official", "/desk", 60),
        MeasuredPage("month", "official", f"/desk/months/{data.month}", 60),
        MeasuredPage("approval form", "official", f"/desk/sheets/{data.month}", 60),
    ]
