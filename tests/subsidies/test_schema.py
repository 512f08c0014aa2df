"""Constraints of the schema, which refuse invalid rows of any writer."""

import asyncpg
import pytest

from market.kernel import Connection
from tests.support.make import find_id_sql
from tests.support.postgres import as_owner

ANY_ROW = {
    "person": "(SELECT id FROM persons LIMIT 1)",
    "account": "(SELECT id FROM accounts WHERE handle = 'xian')",
    "cycle": "(SELECT id FROM cycles LIMIT 1)",
    "run": "(SELECT id FROM runs LIMIT 1)",
    "file": "(SELECT id FROM import_files WHERE kind = 'billing' LIMIT 1)",
}
NUMBER, SIM, DEVICE = (
    find_id_sql("17050000101"),
    find_id_sql("89860019000000000018"),
    find_id_sql("h1:97bab531613a1ff7fbfe5048"),
)
BINDING = (
    "INSERT INTO bindings (county_code, line_code, operator, kind, number_id, identity_index, plan_code, device_id,"
    " sim_id, valid_during, change, realname)"
)
CLAIM = (
    "INSERT INTO claims (file_id, row_number, county_code, month, operator, number_id, kind, programme_code,"
    f" charge_fen, reduction_fen, billed_fen, corrects_month) VALUES ({ANY_ROW['file']}, 99, '130624',"
)
TERMS = (
    "INSERT INTO programme_terms (county_code, programme_code, valid_during, kind, household_pays_bp, fixed_fen,"
    " line_cap_fen, household_cap_fen, funders, shares_bp) VALUES ('130624', 'P1',"
)
POSTING = (
    "INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,"
    " approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)"
    f" VALUES ({ANY_ROW['cycle']}, 'YD-01', '2019-01-01', 1, '130624', {ANY_ROW['run']}, 'mobile', 'mobile',"
)

REFUSED = {
    "a person is in one household a day": (
        "memberships_one_household_per_day",
        (
            "INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)"
            f" VALUES ('130624', {ANY_ROW['person']}, 'H16', 9, '其他', '[2019-01-01,2019-02-01)')"
        ),
    ),
    "a household has one standing a day": (
        "household_statuses_one_per_day",
        (
            "INSERT INTO household_statuses SELECT county_code, household_code, '[2019-01-01,2019-02-01)',"
            " village_code,"
            " village_name, registered, monitoring, risk_removed_on, tier FROM household_statuses LIMIT 1"
        ),
    ),
    "a household lives in its county": (
        "household_statuses_village_of_county",
        "UPDATE household_statuses SET village_code = '130623100201' WHERE household_code = 'H01'",
    ),
    "a number is bound to one line a day": (
        "bindings_one_line_per_number_and_day",
        (
            f"{BINDING} SELECT county_code, 'YD-11', operator, kind, {NUMBER}, identity_index, plan_code,"
            f" NULL, NULL,"
            " '[2019-06-01,)', change, realname FROM bindings WHERE line_code = 'YD-01'"
        ),
    ),
    "a SIM is bound to one line a day": (
        "bindings_one_line_per_sim_and_day",
        (
            f"{BINDING} SELECT county_code, 'YD-11', operator, kind, {DEVICE}, identity_index, plan_code, NULL,"
            f" {SIM}, '[2019-06-01,)', change, realname FROM bindings WHERE line_code = 'YD-01'"
        ),
    ),
    "a line has one device a day": (
        "bindings_one_per_line_and_day",
        (
            f"{BINDING} SELECT county_code, line_code, operator, kind, {DEVICE}, identity_index,"
            f" plan_code, number_id,"
            " NULL, '[2019-06-01,)', change, realname FROM bindings WHERE line_code = 'YD-01'"
        ),
    ),
    "a line never changes its operator": (
        "bindings_line",
        (
            f"{BINDING} SELECT county_code, line_code, 'unicom', kind, {DEVICE}, identity_index,"
            f" plan_code, NULL, NULL,"
            " '[2018-01-01,2018-02-01)', change, realname FROM bindings WHERE line_code = 'YD-01'"
        ),
    ),
    "terms are one a day": (
        "programme_terms_one_per_day",
        f"{TERMS} '[2019-01-01,2019-02-01)', 'fixed', NULL, 1000, NULL, NULL, '{{county}}', '{{10000}}')",
    ),
    "shares of terms are a whole": (
        "programme_terms_shares_complete",
        f"{TERMS} '[2017-01-01,2017-02-01)', 'fixed', NULL, 1000, NULL, NULL, '{{county,operator}}', '{{9000,999}}')",
    ),
    "terms have their kind's parameter alone": (
        "programme_terms_parameter",
        f"{TERMS} '[2017-01-01,2017-02-01)', 'fixed', 5000, 1000, NULL, NULL, '{{county}}', '{{10000}}')",
    ),
    "a plan has one charge a day": (
        "plans_one_charge_per_day",
        (
            "INSERT INTO plans SELECT county_code, code, kind, operator, name, plan_fen, monthly_fen,"
            " market_fen, weights,"
            " basis, '[2019-01-01,2019-02-01)' FROM plans WHERE code = 'YD38'"
        ),
    ),
    "a row's charge is reduction and billed": (
        "claims_add_up",
        f"{CLAIM} '2019-01-01', 'mobile', {DEVICE}, 'mobile', 'P1', 3800, 1900, 1901, NULL)",
    ),
    "only a correction is negative": (
        "claims_not_negative",
        f"{CLAIM} '2019-01-01', 'mobile', {DEVICE}, 'mobile', 'P1', -100, -100, 0, NULL)",
    ),
    "a correction names an earlier month": (
        "claims_corrected_month_earlier",
        f"{CLAIM} '2019-01-01', 'mobile', {DEVICE}, 'mobile', 'P1', -100, -100, 0, '2019-01-01')",
    ),
    "a number claims a month once": (
        "claims_before_county_code_operator_kind_number_id_month_idx",
        f"{CLAIM} '2019-01-01', 'mobile', {NUMBER}, 'mobile', 'P1', 3800, 1900, 1900, NULL)",
    ),
    "a month has one cycle": (
        "cycles_unique",
        "INSERT INTO cycles (county_code, month, opened_at) VALUES ('130624', '2019-01-01', '2019-02-01T00:00Z')",
    ),
    "a cycle that is past opening stands on a run": (
        "cycles_run_required",
        (
            "INSERT INTO cycles (county_code, month, state, opened_at)"
            " VALUES ('130624', '2019-09-01', 'decided', '2019-02-01T00:00Z')"
        ),
    ),
    "an account holds one duty of a cycle": (
        "cycle_duties_one_per_account",
        (
            "INSERT INTO cycle_duties SELECT county_code, cycle_id, account_id, 'county', taken_at FROM cycle_duties"
            " WHERE duty = 'import'"
        ),
    ),
    "a person holds one duty of a cycle with all accounts": (
        "cycle_duties_one_per_person",
        (
            "INSERT INTO accounts (handle, name, created_at) SELECT 'gan2', ' 样例 甘某（副主任）', created_at"
            " FROM accounts WHERE handle = 'gan';"
            "INSERT INTO cycle_duties SELECT county_code, cycle_id, (SELECT id FROM accounts WHERE handle = 'gan2'),"
            " 'county', taken_at FROM cycle_duties WHERE duty = 'import'"
        ),
    ),
    "approved is the lesser of entitled and claimed": (
        "run_lines_approved",
        (
            "INSERT INTO run_lines SELECT run_id, 'X', county_code, operator, kind, programme_code, in_snapshot,"
            " household_code, village_code, village_name, payable_households, payable_days, 100, 100, 101, -1,"
            " -1, 0, 0,"
            " shares, settled_fen, reasons, causes, removed_on, explanation FROM run_lines LIMIT 1"
        ),
    ),
    "nobody is funded beyond what was approved": (
        "run_lines_funded_at_most_approved",
        (
            "INSERT INTO run_lines SELECT run_id, 'X', county_code, operator, kind, programme_code, in_snapshot,"
            " household_code, village_code, village_name, payable_households, payable_days, 100, 100, 100, 0,"
            " 0, 60, 41,"
            " shares, settled_fen, reasons, causes, removed_on, explanation FROM run_lines LIMIT 1"
        ),
    ),
    "a line has an explanation of its run": (
        "run_lines_explanation",
        (
            "INSERT INTO run_lines SELECT run_id, 'X', county_code, operator, kind, programme_code, in_snapshot,"
            " household_code, village_code, village_name, payable_households, payable_days, claimed_fen,"
            " entitled_fen, approved_fen, over_fen, under_fen, conceded_fen, public_fen,"
            " shares, settled_fen, reasons, causes, removed_on, 1000 FROM run_lines LIMIT 1"
        ),
    ),
    "a subject has one finding of a check": (
        "findings_unique",
        (
            "INSERT INTO findings (county_code, cycle_id, check_code, subject, month, stops, at_risk_fen, evidence,"
            " opened_at, facts_at) SELECT county_code, cycle_id, check_code, subject, month, stops, at_risk_fen,"
            " evidence, opened_at, facts_at"
            " FROM findings WHERE month IS NULL LIMIT 1"
        ),
    ),
    "nothing is taken back beyond what was settled": (
        "subsidy_postings_total_not_negative",
        f"{POSTING} -100, -70, -30, 99, '{{}}', '2019-03-01T00:00Z')",
    ),
}


@pytest.mark.parametrize("rule", REFUSED, ids=str)
async def test_the_schema_refuses_invalid_rows(county: Connection, rule: str) -> None:
    constraint, statement = REFUSED[rule]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with as_owner(county):
            await county.execute(statement)
    assert refused.value.constraint_name == constraint


async def test_one_fact_is_posted_once(county: Connection) -> None:
    statement = f"{POSTING} 1900, 1330, 570, 0, '{{}}', '2019-03-01T00:00Z')"
    await county.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with county.transaction():
            await county.execute(statement)
    assert refused.value.constraint_name == "subsidy_postings_unique"


APPEND_ONLY = (
    "import_files",
    "cycle_events",
    "cycle_duties",
    "case_snapshots",
    "runs",
    "cycle_approvals",
    "finding_decisions",
    "line_holds",
    "subsidy_postings",
    "settlements",
)


async def test_a_bill_is_neither_edited_nor_emptied(owner: Connection) -> None:
    """Its rows are replaced by a revision alone, and kept: tests/subsidies/imports has the trigger of the deletion."""
    assert not await owner.fetchval(
        "SELECT has_table_privilege('market_app', 'claims', 'UPDATE')"
        " OR has_table_privilege('market_app', 'claims', 'TRUNCATE')"
    )


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_even_the_owner_cannot_change_written_rows(owner: Connection, table: str) -> None:
    assert not await owner.fetchval(
        f"SELECT has_table_privilege('market_app', '{table}', 'UPDATE')"
        f" OR has_table_privilege('market_app', '{table}', 'DELETE')"
        f" OR has_table_privilege('market_app', '{table}', 'TRUNCATE')"
    )
    with pytest.raises(asyncpg.PostgresError, match=f"{table} is append-only"):
        await owner.execute(f"TRUNCATE {table} CASCADE")
    kinds = await owner.fetch(
        "SELECT tgtype FROM pg_trigger WHERE tgrelid = $1::text::regclass AND NOT tgisinternal AND tgtype & 4 = 0",
        table,
    )
    # Before each row: update (16) and delete (8); before each statement: truncate (32).
    assert sorted(row[0] for row in kinds) == [2 + 1 + 16 + 8, 2 + 32]


async def test_an_update_of_a_claim_is_refused_to_its_owner(january: object, county: Connection) -> None:
    del january
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with county.transaction():
            await county.execute("UPDATE claims SET reduction_fen = 0")


async def test_one_device_may_carry_several_sims(county: Connection) -> None:
    found = await county.fetchval(f"SELECT count(DISTINCT sim_id) FROM bindings WHERE device_id = {DEVICE}")
    assert found == 3
