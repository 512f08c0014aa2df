"""Ready templates: what a county is known for, with what others ask for it now.

Source: data/local_products.csv holds the 132 farm products of the 62 counties of the lists, with units and harvest
months, collected for this project from public lists of geographical indications and of the counties' own products.
"""

import csv
from functools import cache
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from market.catalogue.searching import Asked, ask
from market.catalogue.units import parse_unit, per_kg
from market.identity import Actor, require_producer
from market.kernel import Connection, Fen, Query

DATA = Path(__file__).parent / "data" / "local_products.csv"
MOST = 24


class LocalProduct(Struct, frozen=True):
    """A product that a county is known for."""

    name: str
    county_code: str
    category: str
    unit: str
    months: tuple[int, ...]
    chilled: bool


class AskedPrices(Struct, frozen=True):
    """What others ask: the least, the median and the most, per kilogram where weights are known, else per unit."""

    count: int
    least_fen: Fen
    median_fen: Fen
    most_fen: Fen
    per_kg: bool


class Template(Struct, frozen=True):
    """A product ready to be listed: price, quantity and photo are left to say."""

    name: str
    category: str
    unit: str
    months: tuple[int, ...]
    chilled: bool
    asked: AskedPrices | None
    asked_unit_fen: Fen | None


class Place(Struct, frozen=True):
    """The county of a producer."""

    county_code: str
    county: str


class PriceRow(Struct, frozen=True):
    """Prices that others ask for one of the templates; `position` counts from 1."""

    position: int
    per_kg: bool
    count: int
    least_fen: Fen
    median_fen: Fen
    most_fen: Fen


COUNTY_OF = Query(
    Place,
    """
    SELECT p.county_code, d.name AS county
      FROM producers p JOIN divisions d ON d.code = rpad(p.county_code, 12, '0')
     WHERE p.id = :producer_id
    """,
)
# One statement for all templates. Compared is within a category, across counties, never with one's own; prices by the
# kilogram with each other, rounded half up, and prices by the unit with those of the same unit.
ASKED = Query(
    PriceRow,
    """
    SELECT w.position::integer AS position, v.net_g IS NOT NULL AS per_kg, count(*) AS count,
           min(x.fen) AS least_fen, percentile_disc(0.5) WITHIN GROUP (ORDER BY x.fen) AS median_fen,
           max(x.fen) AS most_fen
      FROM unnest(:words::text[], :pieces::text[], :categories::text[], :units::text[])
           WITH ORDINALITY AS w (words, piece, category, unit, position)
      JOIN listings l ON l.words @@ w.words::tsquery AND l.searched ~ w.piece AND l.state = 'live'
                     AND l.category_code = w.category AND l.producer_id <> :producer_id
      JOIN variants v ON v.listing_id = l.id AND (v.net_g IS NOT NULL OR v.unit = w.unit)
     CROSS JOIN LATERAL (
           SELECT CASE WHEN v.net_g IS NULL THEN v.price_fen
                       ELSE (2000 * v.price_fen + v.net_g) / (2 * v.net_g) END AS fen) AS x
     GROUP BY w.position, v.net_g IS NOT NULL
    """,
)


@cache
def local_products() -> dict[str, tuple[LocalProduct, ...]]:
    """Return the local products of each county, by its 6 digits."""
    found: dict[str, list[LocalProduct]] = {}
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
            found.setdefault(product.county_code, []).append(product)
    return {county: tuple(products) for county, products in found.items()}


def plain_name(name: str, county: str) -> str:
    """Return a product's name without the county's in front: `阜平大枣` of 阜平县 is 大枣."""
    short = county.rstrip("县区市")
    for prefix in (county, short, short.removesuffix("满族自治"), county[:2]):
        rest = name.removeprefix(prefix)
        if rest != name and len(rest) > 1:
            return rest
    return name


async def list_templates(conn: Connection, actor: Actor, producer_id: UUID) -> list[Template]:
    """Return templates of the local products of the producer's county, at most 24, with what others ask.

    Two statements however many there are. `asked_unit_fen` is the median for the template's own unit, half up.

    Raises:
        NotFound: the person does not work for the producer.
    """
    require_producer(actor, producer_id)
    place = await COUNTY_OF.one(conn, producer_id=producer_id)
    products = local_products().get(place.county_code, ())[:MOST]
    names = [ask(plain_name(product.name, place.county)) for product in products]
    rows = await ASKED.all(
        conn,
        words=[name.words for name in names],
        pieces=[_pattern(name) for name in names],
        categories=[product.category for product in products],
        units=[product.unit for product in products],
        producer_id=producer_id,
    )
    asked = {(row.position, row.per_kg): row for row in rows}
    return [_template(product, asked, position) for position, product in enumerate(products, 1)]


def _pattern(name: Asked) -> str:
    """Return the regular expression of a product's name under any of its names; folded names hold no sign of one."""
    return name.either[0] if name.either else name.pieces[0].strip("%")


def _template(product: LocalProduct, asked: dict[tuple[int, bool], PriceRow], position: int) -> Template:
    net_g = parse_unit(product.unit).net_g
    row = asked.get((position, net_g is not None))
    prices = row and AskedPrices(row.count, row.least_fen, row.median_fen, row.most_fen, row.per_kg)
    unit_fen = None
    if row is not None:
        unit_fen = row.median_fen if net_g is None else Fen(max(1, _of_unit(row.median_fen, net_g)))
    return Template(product.name, product.category, product.unit, product.months, product.chilled, prices, unit_fen)


def _of_unit(per_kg_fen: Fen, net_g: int) -> int:
    return per_kg(Fen(per_kg_fen * net_g), 1_000_000)
