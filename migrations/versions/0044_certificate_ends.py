"""Certificates: rejected with a reason, valid in an area, and listings that end with the certificate they require."""

from pathlib import Path

from payments.migrate import run_script

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0044_certificate_ends.sql").read_text("utf-8"))
    run_script((folder / "functions/get_certified_until.sql").read_text("utf-8"))
    run_script((folder / "functions/refresh_certified_until.sql").read_text("utf-8"))
    run_script((folder / "sql/0044_certified_listings.sql").read_text("utf-8"))
