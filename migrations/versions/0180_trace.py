"""Plots, yields, harvested lots, and signed labels."""

from pathlib import Path

from payments.migrate import run_script

revision = "0180"
down_revision = "0179"
branch_labels = None
depends_on = None

_SCRIPTS = (
    "functions/count_harvest.sql",
    "functions/check_mixed_lot.sql",
    "functions/use_lot_part.sql",
    "functions/use_lot_for_labels.sql",
    "functions/check_label.sql",
    "sql/0180_trace.sql",
)


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # The functions read the tables of the last script when they are called.
    for name in _SCRIPTS:
        run_script((folder / name).read_text("utf-8"))
