"""The procurement book: quotas of public units, purchases paid after acceptance, transfers, records of 832."""

from pathlib import Path

from payments.migrate import run_script

revision = "0170"
down_revision = "0169"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0170_procurement.sql").read_text("utf-8"))
    run_script((folder / "functions/set_order_terms.sql").read_text("utf-8"))
    run_script((folder / "functions/refuse_goods.sql").read_text("utf-8"))
    run_script((folder / "functions/check_procurement_sums.sql").read_text("utf-8"))
    run_script((folder / "functions/match_bank_receipt.sql").read_text("utf-8"))
    run_script((folder / "functions/restore_quota.sql").read_text("utf-8"))
    run_script((folder / "functions/refuse_entry_change.sql").read_text("utf-8"))
    run_script((folder / "sql/0170_procurement_triggers.sql").read_text("utf-8"))
