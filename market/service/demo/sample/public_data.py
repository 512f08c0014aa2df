"""The public data that the samples are made from, as collected.

Source: products.csv, tourism.csv and tariffs.csv of the project's Hebei data; `price_basis` and `seen_facts`
separate observed from sample values. details.csv is ours: the village or township of an offer, and a fact of
`seen_facts` as text for buyers.
"""

import csv
from pathlib import Path

from msgspec import Struct

from market.kernel import Fen
from payments.money import parse_yuan

DATA = Path(__file__).parent / "data"
_ALL_YEAR = tuple(range(1, 13))


class SourceOffer(Struct, frozen=True):
    """A farm product or tourism offer of a county."""

    title: str
    county_code: str
    category: str
    unit: str
    price_fen: Fen
    price_seen: bool
    months: tuple[int, ...]
    chilled: bool
    zone: str
    division: str
    words: str


class SourceTariff(Struct, frozen=True):
    """An operator's plan as collected; `fee_fen` and `data_mb`, a month each, are None if none was published."""

    operator: str
    plan: str
    fee_fen: Fen | None
    kind: str
    data_mb: int | None
    seen: bool


def parse_months(text: str) -> tuple[int, ...]:
    """Parse months: `9-10`, `10-4` (over the new year), `7` or `全年`."""
    if text == "全年":
        return _ALL_YEAR
    first, _, last = text.partition("-")
    start, end = int(first), int(last or first)
    count = (end - start) % 12 + 1
    return tuple(sorted((start + step - 1) % 12 + 1 for step in range(count)))


def format_title(name: str) -> str:
    """Return a title with Chinese brackets and quotation marks."""
    before, *pairs = name.replace("(", "（").replace(")", "）").split('"')
    quoted = zip("“”" * len(pairs), pairs, strict=False)
    return before + "".join(mark + text for mark, text in quoted)


def _read_csv(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_offers(name: str, *, category: str, months: str) -> list[SourceOffer]:
    details = {row["name"]: row for row in _read_csv("details.csv")}
    offers: list[SourceOffer] = []
    for row in _read_csv(name):
        detail = details.get(row["name"], {"place": "", "words": ""})
        price = parse_yuan(row["price_cny"])
        assert price is not None, "every offer has a price"
        offers.append(
            SourceOffer(
                title=format_title(row["name"]),
                county_code=row["county_code"],
                category=row[category],
                unit=row["unit"],
                price_fen=price,
                price_seen=row["price_basis"].startswith("seen"),
                months=parse_months(row[months]),
                chilled=row.get("shipping") == "冷链",
                zone=row.get("gi_or_zone", ""),
                division=detail["place"],
                words=detail["words"],
            )
        )
    return offers


def read_products() -> list[SourceOffer]:
    """Return the farm products, in the file's order."""
    return _read_offers("products.csv", category="category", months="harvest_months")


def read_tourism() -> list[SourceOffer]:
    """Return the tourism offers, in the file's order."""
    return _read_offers("tourism.csv", category="kind", months="season_months")


def read_tariffs() -> list[SourceTariff]:
    """Return the operators' plans, in the file's order."""
    return [
        SourceTariff(
            operator=row["operator"],
            plan=row["plan"],
            fee_fen=parse_yuan(row["monthly_fee_cny"]),
            kind=row["kind"],
            data_mb=int(row["data_mb"]) if row["data_mb"] else None,
            seen=row["basis"].startswith("seen"),
        )
        for row in _read_csv("tariffs.csv")
    ]
