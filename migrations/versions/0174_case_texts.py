"""What people wrote about the reduction is erased years after their case ended; outcome and dates stay."""

from pathlib import Path

from payments.migrate import run_script

revision = "0174"
down_revision = "0173"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("ALTER TABLE cases ADD COLUMN text_erased_at timestamptz;")
    run_script((Path(__file__).parents[1] / "functions/erase_case_texts.sql").read_text("utf-8"))
