"""Listing templates: the local products of a county, with the current prices of other sellers.

Source: data/local_products.csv contains 132 farm products of the 62 listed counties, with units and harvest
months, collected for this project from public lists of geographical indications and of county products.
"""

import csv
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct, field

from market.catalogue.listings.search.text import SearchQuery, parse_query
from market.catalogue.listings.units import compute_price_per_kg, parse_unit
from market.kernel import Connection, Fen, Query
from market.kernel.structs import build_from
from market.people.identity.access import require_producer
from market.people.identity.models import Actor

DATA = Path(__file__).parent / "data" / "local_products.csv"
MAX_TEMPLATES = 24


class LocalProduct(Struct, frozen=True):
    """A typical product of a county."""

    name: str
    county_code: str
    category: str
    unit: str
    months: tuple[int, ...]
    chilled: bool


class PriceHint(Struct, frozen=True, kw_only=True):
    """Prices of other sellers: lowest, median and highest, per kilogram if weights are known, else per unit."""

    count: int
    min_fen: Fen = field(name="least_fen")
    median_fen: Fen
    max_fen: Fen = field(name="most_fen")
    per_kg: bool


class ListingTemplate(Struct, frozen=True):
    """A product to list: the seller adds price, quantity and photo. `hint_unit_fen` is the median for `unit`."""

    name: str
    category: str
    unit: str
    months: tuple[int, ...]
    chilled: bool
    price_hint: PriceHint | None = field(name="asked")
    hint_unit_fen: Fen | None = field(name="asked_unit_fen")


class ProducerCounty(Struct, frozen=True):
    """The county of a producer."""

    county_code: str
    county: str


class PriceHintRow(Struct, frozen=True, kw_only=True):
    """The prices of other sellers for one template; `position` counts from 1."""

    position: int
    per_kg: bool
    count: int
    min_fen: Fen
    median_fen: Fen
    max_fen: Fen


GET_PRODUCER_COUNTY = Query(
    ProducerCounty,
    """
    SELECT p.county_code, d.name AS county
      FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
     WHERE p.id = :producer_id
    """,
)
# One statement for all templates. Prices are compared within a category, across counties, without the producer's
# own: per kilogram, rounded half up, if weights are known, else with the same unit.
LIST_PRICE_HINTS = Query(
    PriceHintRow,
    """
    SELECT w.position::integer AS position, v.net_g IS NOT NULL AS per_kg, count(*) AS count,
           min(x.fen) AS min_fen, percentile_disc(0.5) WITHIN GROUP (ORDER BY x.fen) AS median_fen,
           max(x.fen) AS max_fen
      FROM unnest(:words::text[], :pieces::text[], :categories::text[], :units::text[])
           WITH ORDINALITY AS w (words, piece, category, unit, position)
      JOIN listings l ON l.search_words @@ w.words::tsquery AND l.search_text ~ w.piece AND l.state = 'live'
                     AND l.category_code = w.category AND l.producer_id <> :producer_id
      JOIN variants v ON v.listing_id = l.id AND v.position IS NOT NULL
                     AND (v.net_g IS NOT NULL OR v.unit = w.unit)
     CROSS JOIN LATERAL (
           SELECT CASE WHEN v.net_g IS NULL THEN v.price_fen
                       ELSE (2000 * v.price_fen + v.net_g) / (2 * v.net_g) END AS fen) AS x
     GROUP BY w.position, v.net_g IS NOT NULL
    """,
)


@cache
def load_local_products() -> dict[str, tuple[LocalProduct, ...]]:
    """Return the local products of each county, by its 6 digits."""
    by_county: dict[str, list[LocalProduct]] = {}
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            product = LocalProduct(
                row["name"],
                row["county_code"],
                row["category"],
                row["unit"],
                tuple(int(month) for month in row["months"].split()),
                row["chilled"] == "1",
            )
            by_county.setdefault(product.county_code, []).append(product)
    return {county: tuple(products) for county, products in by_county.items()}


def strip_county_name(name: str, county_name: str) -> str:
    """Return a product's name without the county's name as prefix: `阜平大枣` of 阜平县 is 大枣."""
    short = county_name.rstrip("县区市")
    for prefix in (county_name, short, short.removesuffix("满族自治"), county_name[:2]):
        rest = name.removeprefix(prefix)
        if rest != name and len(rest) > 1:
            return rest
    return name


async def list_templates(conn: Connection, actor: Actor, producer_id: UUID) -> list[ListingTemplate]:
    """Return templates of the local products of the producer's county, at most 24, with prices of other sellers.

    Runs two statements in total. `hint_unit_fen` is the median converted to the template's unit, rounded half up.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    origin = await GET_PRODUCER_COUNTY.one(conn, producer_id=producer_id)
    products = load_local_products().get(origin.county_code, ())[:MAX_TEMPLATES]
    names = [parse_query(strip_county_name(product.name, origin.county)) for product in products]
    rows = await LIST_PRICE_HINTS.all(
        conn,
        words=[name.words for name in names],
        pieces=[_build_pattern(name) for name in names],
        categories=[product.category for product in products],
        units=[product.unit for product in products],
        producer_id=producer_id,
    )
    hints = {(row.position, row.per_kg): row for row in rows}
    return [_build_template(product, hints, position) for position, product in enumerate(products, 1)]


def _build_pattern(name: SearchQuery) -> str:
    """Return a regular expression of a product's name and synonyms; folded names contain no special characters."""
    return name.synonyms[0] if name.synonyms else name.pieces[0].strip("%")


def _build_template(
    product: LocalProduct, hints: dict[tuple[int, bool], PriceHintRow], position: int
) -> ListingTemplate:
    net_g = parse_unit(product.unit).net_g
    row = hints.get((position, net_g is not None))
    prices = None if row is None else msgspec.convert(row, PriceHint, from_attributes=True)
    unit_fen = None
    if row is not None:
        unit_fen = row.median_fen if net_g is None else Fen(max(1, _compute_unit_price(row.median_fen, net_g)))
    return build_from(ListingTemplate, product, price_hint=prices, hint_unit_fen=unit_fen)


def _compute_unit_price(per_kg_fen: Fen, net_g: int) -> int:
    return compute_price_per_kg(Fen(per_kg_fen * net_g), 1_000_000)
