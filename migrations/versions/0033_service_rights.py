"""Functions that give offices, second factors and sessions and record it; no transaction sees several counties."""

from pathlib import Path

from payments.migrate import run_script

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

SCRIPTS = (
    "sql/0033_service_rights.sql",
    "functions/save_official.sql",
    "functions/make_official.sql",
    "functions/replace_roles.sql",
    "functions/set_second_factor.sql",
    "functions/erase_account.sql",
    "functions/start_session.sql",
    "functions/get_visible_county.sql",
    "functions/list_bills.sql",
)


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
