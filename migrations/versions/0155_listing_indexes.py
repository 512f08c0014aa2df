"""Listings in season by score, and what is counted of those on sale without reading them.

Of each month an index of its own: a listing is in those of its months alone, two or three of the twelve.
"""

from payments.migrate import run_script

revision = "0155"
down_revision = "0154"
branch_labels = None
depends_on = None


def upgrade() -> None:
    months = (
        f"CREATE INDEX listings_in_season_{month} ON listings (score DESC, id)"
        f" WHERE state = 'live' AND harvest_months @> ARRAY[{month}::smallint];"
        for month in range(1, 13)
    )
    run_script(
        "CREATE INDEX listings_on_sale ON listings (county_code, category_code, certified_until) WHERE state = 'live';"
        + "".join(months)
    )
