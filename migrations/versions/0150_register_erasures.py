"""Persons of the register are erased, on request or after the years that the county keeps them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0150"
down_revision = "0149"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0150_register_erasures.sql").read_text("utf-8"))
    run_script((folder / "sql/0150_list_erasure_obstacles.sql").read_text("utf-8"))
    run_script((folder / "functions/erase_register_person.sql").read_text("utf-8"))
    run_script((folder / "functions/redact_original.sql").read_text("utf-8"))
    run_script((folder / "functions/list_due_erasures.sql").read_text("utf-8"))
