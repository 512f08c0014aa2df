"""An official keeps filters of the desk under a name."""

from pathlib import Path

from payments.migrate import run_script

revision = "0159"
down_revision = "0158"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        "CREATE TABLE saved_filters ("
        " account_id uuid NOT NULL CONSTRAINT saved_filters_account REFERENCES accounts,"
        " position smallint NOT NULL CONSTRAINT saved_filters_bounded CHECK (position BETWEEN 1 AND 20),"
        " county_code text NOT NULL CONSTRAINT saved_filters_county CHECK (county_code ~ '^[0-9]{6}$'),"
        " page text NOT NULL CONSTRAINT saved_filters_page CHECK (page ~ '^(findings|reports/[a-z_]{1,30})$'),"
        " name text NOT NULL CONSTRAINT saved_filters_name CHECK (length(name) BETWEEN 1 AND 20),"
        " query jsonb NOT NULL CONSTRAINT saved_filters_query"
        " CHECK (jsonb_typeof(query) = 'object' AND length(query::text) <= 500),"
        " saved_at timestamptz NOT NULL,"
        " CONSTRAINT saved_filters_key PRIMARY KEY (account_id, position),"
        " CONSTRAINT saved_filters_named UNIQUE (account_id, county_code, page, name));"
        " COMMENT ON TABLE saved_filters IS 'Package: saved_filters. Filters of the desk, each for its account alone.';"
        " CREATE INDEX saved_filters_by_age ON saved_filters (saved_at);"
        " ALTER TABLE saved_filters ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY saved_filters_visible ON saved_filters TO market_app USING (CASE"
        " WHEN starts_with(county_code, (SELECT get_visible_county())) THEN true"
        " WHEN account_id = (SELECT get_visible_person()) THEN true"
        " ELSE false END);"
        " GRANT SELECT, INSERT, DELETE, UPDATE (query, saved_at) ON saved_filters TO market_app"
    )
    run_script((Path(__file__).parents[1] / "functions/delete_saved_filters.sql").read_text("utf-8"))
