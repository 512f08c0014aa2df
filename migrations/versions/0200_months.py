"""The audit record, days of use, claims and the lines of runs are partitioned by month."""

from pathlib import Path

from payments.migrate import run_script

revision = "0200"
down_revision = "0199"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/list_month_tables.sql",
        "functions/get_month_bound.sql",
        "functions/get_bound_month.sql",
        "functions/list_month_partitions.sql",
        "functions/guard_month_partition.sql",
        "functions/refuse_archived_run.sql",
        "functions/keep_fact_version.sql",
        "sql/0200_months.sql",
        "functions/list_added_claims.sql",
        "functions/find_current_fact.sql",
        "sql/0200_parts.sql",
        "functions/make_month_partitions.sql",
        "functions/archive_month_partition.sql",
        "functions/count_late_rows.sql",
        "functions/add_audit_entry.sql",
        "functions/read_audit_chain.sql",
        "functions/list_taken_audit_heads.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
