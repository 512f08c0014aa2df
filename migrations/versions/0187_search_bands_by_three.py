"""Each band of scores has three times as many listings as the one before, so that a search reads fewer."""

from pathlib import Path

from payments.migrate import run_script

revision = "0187"
down_revision = "0186"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1]
_SCRIPTS = (
    "functions/mark_listing.sql",
    "functions/move_search_bands.sql",
    "functions/find_matches.sql",
    "sql/0187_search_bands_by_three.sql",
)


def upgrade() -> None:
    for script in _SCRIPTS:
        run_script((_FOLDER / script).read_text("utf-8"))
