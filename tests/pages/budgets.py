"""The pages that are weighed, and how heavy and slow each may be."""

from msgspec import Struct

HTML_CSS = 13 * 1024
SCRIPT = 5 * 1024
LCP_4G, LCP_3G, TEXT_2G = 1.5, 2.5, 3.0
SHIFT = 0.02
ANSWER = 0.2
"""Source of all: web.md, Budgets."""


class Weighed(Struct, frozen=True):
    """A page: its name, who opens it, where it is, and how many KB its first screen may cost."""

    name: str
    who: str
    path: str
    above_kb: int
    typed: str = ""
    """A field in which the answer to a key is timed."""


class Found(Struct, frozen=True):
    """Addresses that depend on the data."""

    goods: str
    stay: str
    month: str


def pages(found: Found) -> list[Weighed]:
    """Return the pages of the three audiences."""
    return [
        Weighed("home", "", "/", 60, "#find"),
        Weighed("product", "", found.goods, 80),
        Weighed("stay", "", found.stay, 80),
        Weighed("search", "", "/search?q=小米", 60),
        Weighed("cart", "buyer", "/cart", 60),
        Weighed("farmer home", "farmer", "/farm", 60),
        Weighed("listing form", "farmer", "/farm/sell/coarse_grain", 15, "main input[inputmode]"),
        Weighed("my subsidy", "farmer", "/farm/bill", 60),
        Weighed("desk", "official", "/desk", 60),
        Weighed("month", "official", f"/desk/months/{found.month}", 60),
        Weighed("approval sheet", "official", f"/desk/sheets/{found.month}", 60),
    ]
