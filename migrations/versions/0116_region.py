"""Prefectures and provinces see where the months of their counties stand, and the sums of their quarters."""

from pathlib import Path

from payments.migrate import run_script

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/get_visible_region.sql",
        "functions/note_county_month.sql",
        "sql/0116_region.sql",
        "functions/list_changed_quarters.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
