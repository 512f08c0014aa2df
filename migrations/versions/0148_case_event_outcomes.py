"""An event that ends a case says how, so that a figure of a closed month does not follow the next answer."""

from payments.migrate import run_script

revision = "0148"
down_revision = "0147"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of a case that ended twice, how it ended the first time was not kept.
    run_script(
        "ALTER TABLE case_events ADD COLUMN outcome text CONSTRAINT case_events_outcome CHECK ("
        " outcome IS NULL OR (move IN ('close', 'settle', 'withdraw')"
        " AND outcome IN ('solved', 'unsolved', 'not_ours', 'duplicate', 'withdrawn')));"
        " UPDATE case_events e SET outcome = c.outcome FROM cases c"
        " WHERE c.id = e.case_id AND c.outcome IS NOT NULL"
        " AND e.id = (SELECT id FROM case_events WHERE case_id = c.id AND move IN ('close', 'settle', 'withdraw')"
        " ORDER BY id DESC LIMIT 1)"
    )
