"""The planner takes a run for thousands of lines, also one stored in the same transaction.

The statistics of `run_id` name the runs that they have seen. Of any other the planner expected a single line, so that
it read the whole run again for each row of the other tables instead of finding a line by its code.
"""

from payments.migrate import run_script

revision = "0146"
down_revision = "0145"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        "ALTER TABLE run_lines ALTER COLUMN run_id SET STATISTICS 0;"
        " SELECT pg_clear_attribute_stats(current_schema()::text, 'run_lines', 'run_id', false)"
    )
