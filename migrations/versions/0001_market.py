"""The schema of release 0.1.0: the tables by domain, and the long SQL functions, one file each.

A function file belongs to the package that its first line names. A later revision changes a function by running its
whole file again.
"""

from pathlib import Path

from payments.migrate import run_script

revision = "0001"
down_revision = None
branch_labels = ("market",)
depends_on = "p0001"

# Trigger functions come before the tables whose triggers call them; the other functions come after all tables.
SCRIPTS = (
    "sql/foundation.sql",
    "sql/catalogue.sql",
    "functions/check_order_sums.sql",
    "functions/count_reviews.sql",
    "sql/orders.sql",
    "sql/subsidies_register.sql",
    "sql/subsidies_month.sql",
    "sql/jobs.sql",
    "functions/add_audit_entry.sql",
    "functions/find_bound_elsewhere.sql",
    "functions/subtract_order_units.sql",
    "functions/place_orders.sql",
    "functions/write_orders.sql",
)


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
