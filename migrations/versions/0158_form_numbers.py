"""The numbers of printed forms, by county and day."""

from payments.migrate import run_script

revision = "0158"
down_revision = "0157"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        "CREATE TABLE form_numbers ("
        " county_code text NOT NULL CONSTRAINT form_numbers_county CHECK (county_code ~ '^[0-9]{6}$'),"
        " form text NOT NULL CONSTRAINT form_numbers_form"
        " CHECK (form IN ('approval', 'payment', 'quarter', 'report')),"
        " number text NOT NULL CONSTRAINT form_numbers_number CHECK (length(number) BETWEEN 1 AND 40),"
        " authority text NOT NULL CONSTRAINT form_numbers_authority CHECK (length(authority) BETWEEN 1 AND 60),"
        " document text NOT NULL CONSTRAINT form_numbers_document CHECK (length(document) <= 60),"
        " valid_during daterange NOT NULL CONSTRAINT form_numbers_period CHECK (NOT isempty(valid_during)),"
        " CONSTRAINT form_numbers_one_a_day PRIMARY KEY (county_code, form, valid_during WITHOUT OVERLAPS));"
        " COMMENT ON TABLE form_numbers IS 'Package: counties. The number in the head of a printed form (表号).';"
        " ALTER TABLE form_numbers ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY form_numbers_visible ON form_numbers TO market_app"
        " USING (starts_with(county_code, (SELECT get_visible_county())));"
        " GRANT SELECT, INSERT, DELETE, UPDATE (valid_during) ON form_numbers TO market_app"
    )
