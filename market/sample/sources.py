"""The public data that the samples stand on, as it was collected.

Source: products.csv, tourism.csv and tariffs.csv of the project's Hebei data; `price_basis` and `seen_facts` say what
was seen and what is a sample value. details.csv is ours: in which village or township an offer lies, and a fact of
`seen_facts` in words for buyers.
"""

import csv
from pathlib import Path

from msgspec import Struct

from market.kernel import Fen

DATA = Path(__file__).parent / "data"
_ALL_YEAR = tuple(range(1, 13))


class Offer(Struct, frozen=True):
    """A farm product or a tourism offer of a county."""

    title: str
    county_code: str
    category: str
    unit: str
    price_fen: Fen
    price_seen: bool
    months: tuple[int, ...]
    chilled: bool
    zone: str
    place: str
    words: str


class Tariff(Struct, frozen=True):
    """A plan of an operator as it was collected; `fee_fen` is None where no monthly fee was seen."""

    operator: str
    plan: str
    fee_fen: Fen | None
    kind: str
    seen: bool


def fen_of(text: str) -> Fen:
    """Return an amount of the files, in yuan, as fen."""
    whole, _, part = text.partition(".")
    return Fen(int(whole) * 100 + int(part.ljust(2, "0")))


def months_of(text: str) -> tuple[int, ...]:
    """Return the months of `9-10`, `10-4` (over the new year), `7` or `全年`."""
    if text == "全年":
        return _ALL_YEAR
    first, _, last = text.partition("-")
    start, end = int(first), int(last or first)
    count = (end - start) % 12 + 1
    return tuple(sorted((start + step - 1) % 12 + 1 for step in range(count)))


def title_of(name: str) -> str:
    """Return a name with Chinese brackets and quotes."""
    before, *pairs = name.replace("(", "（").replace(")", "）").split('"')
    quoted = zip("“”" * len(pairs), pairs, strict=False)
    return before + "".join(mark + text for mark, text in quoted)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _offers(name: str, *, category: str, months: str) -> list[Offer]:
    details = {row["name"]: row for row in _rows("details.csv")}
    offers: list[Offer] = []
    for row in _rows(name):
        detail = details.get(row["name"], {"place": "", "words": ""})
        offers.append(
            Offer(
                title=title_of(row["name"]),
                county_code=row["county_code"],
                category=row[category],
                unit=row["unit"],
                price_fen=fen_of(row["price_cny"]),
                price_seen=row["price_basis"].startswith("seen"),
                months=months_of(row[months]),
                chilled=row.get("shipping") == "冷链",
                zone=row.get("gi_or_zone", ""),
                place=detail["place"],
                words=detail["words"],
            )
        )
    return offers


def products() -> list[Offer]:
    """Return the farm products, in the file's order."""
    return _offers("products.csv", category="category", months="harvest_months")


def tourism() -> list[Offer]:
    """Return the tourism offers, in the file's order."""
    return _offers("tourism.csv", category="kind", months="season_months")


def tariffs() -> list[Tariff]:
    """Return the plans of the operators, in the file's order."""
    return [
        Tariff(
            operator=row["operator"],
            plan=row["plan"],
            fee_fen=fen_of(row["monthly_fee_cny"]) if row["monthly_fee_cny"] else None,
            kind=row["kind"],
            seen=row["basis"].startswith("seen"),
        )
        for row in _rows("tariffs.csv")
    ]
