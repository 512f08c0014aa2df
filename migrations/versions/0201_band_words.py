"""Each word of a listing is indexed with the band of its score, so that a search reads one band after another."""

from pathlib import Path

from payments.migrate import run_script

revision = "0201"
down_revision = "0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/mark_listing.sql",
        "functions/move_search_bands.sql",
        "functions/list_band_words.sql",
        "sql/0201_band_words.sql",
        "functions/find_matches.sql",
        "functions/count_matches.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
