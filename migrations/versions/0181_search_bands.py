"""Each listing has its filters and the band of its score among its words, so that a search reads few listings."""

from pathlib import Path

from payments.migrate import run_script

revision = "0181"
down_revision = "0180"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1]
_SCRIPTS = (
    "sql/0181_search_bands.sql",
    "functions/get_search_band.sql",
    "functions/mark_listing.sql",
    "functions/move_search_bands.sql",
    "functions/is_match.sql",
    "functions/find_matches.sql",
    "functions/count_matches.sql",
)


def upgrade() -> None:
    for script in _SCRIPTS:
        run_script((_FOLDER / script).read_text("utf-8"))
    run_script((_FOLDER / "sql/0181_mark_listings.sql").read_text("utf-8"))
