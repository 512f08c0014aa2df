"""The sample county: its register, its lines, and three months processed by its officials."""

from datetime import date

import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.people.identity.actors import find_actor_by_handle
from market.service.demo.sample.accounts import DEMO_COUNTY, FARMER_PHONE
from market.service.demo.sample.county.irregularities import LATE_DEATHS
from market.subsidies.models import Outcome
from market.subsidies.month.bills import list_bills
from market.subsidies.month.run import run_month
from tests.service.demo.sample.conftest import NOW, SCALE
from tests.service.demo.sample.test_shop import FORBIDDEN
from tests.support.make import SEAL

pytestmark = pytest.mark.long

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


async def test_the_register_has_its_households_persons_and_bound_lines(sample: Connection) -> None:
    # The split adds a household, but no person.
    assert (
        await sample.fetchval("SELECT count(*) FROM households WHERE county_code = '130624'")
        == 16_000 * SCALE // 100 + 1
    )
    assert await sample.fetchval("SELECT count(*) FROM persons WHERE county_code = '130624'") == 45_000 * SCALE // 100
    lines = await sample.fetchval("SELECT count(DISTINCT line_code) FROM bindings WHERE county_code = '130624'")
    assert lines == 24_000 * SCALE // 100


async def test_every_household_lives_in_a_village_of_the_county(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM household_statuses s JOIN divisions d ON d.code = village_code"
            " WHERE left(village_code, 6) <> s.county_code OR d.level <> 5"
        )
        == 0
    )


async def test_two_months_are_closed_and_the_last_awaits_the_township(sample: Connection) -> None:
    cycles = await sample.fetch("SELECT month, state FROM cycles WHERE county_code = $1 ORDER BY month", DEMO_COUNTY)
    assert [tuple(row) for row in cycles] == [(MARCH, "closed"), (APRIL, "closed"), (MAY, "confirmed")]


async def test_no_official_has_two_duties_in_a_month(sample: Connection) -> None:
    duties = await sample.fetch(
        "SELECT handle, array_agg(DISTINCT duty) AS duties FROM cycle_duties JOIN accounts ON accounts.id = account_id"
        " WHERE county_code = '130624' GROUP BY handle ORDER BY handle"
    )
    assert [(row["handle"], row["duties"]) for row in duties] == [
        ("cai", ["settlement"]),
        ("cun", ["village"]),
        ("dui", ["reconciliation"]),
        ("gan", ["import"]),
        ("jiang", ["terms"]),
        ("xian", ["county"]),
        ("zhen", ["township"]),
    ]


async def test_the_demo_farmer_sees_the_bill_of_the_readme(sample: Connection) -> None:
    bill = (await list_bills(sample, SEAL, FARMER_PHONE))[0]
    assert (bill.month, bill.charge_fen, bill.reduction_fen, bill.pays_fen) == (APRIL, 39_00, 13_00, 26_00)
    assert (bill.days, bill.of_days, bill.since) == (20, 30, date(2026, 4, 11))


async def test_every_irregularity_has_a_finding(sample: Connection) -> None:
    found = {row[0] for row in await sample.fetch("SELECT DISTINCT check_code FROM findings")}
    assert found >= {
        "charge_below_plan",
        "claim_above_charge",
        "claim_outside_snapshot",
        "dead_in_service_month",
        "enrolled_without_notice",
        "on_public_payroll",
        "one_account_many_households",
        "one_address_many_households",
        "one_device_many_sims",
        "one_identity_two_enrolments",
        "owns_company",
        "owns_flat",
        "owns_vehicle",
        "paid_never_used",
        "preparer_is_approver",
        "realname_differs",
        "split_before_enrolment",
        "two_operators_one_household",
    }


async def test_stopping_findings_are_decided_in_closed_months_and_open_in_the_last(sample: Connection) -> None:
    waiting = await sample.fetch(
        "SELECT DISTINCT cycles.month FROM findings JOIN cycles ON cycles.id = cycle_id"
        " WHERE stops AND findings.state = 'open'"
    )
    assert [row[0] for row in waiting] == [MAY]


async def test_every_late_death_has_a_finding(sample: Connection) -> None:
    found = await sample.fetchval(
        "SELECT count(DISTINCT identity_index) FROM findings f JOIN enrolments e ON e.line_code = f.subject"
        " WHERE check_code = 'dead_in_service_month' AND f.state = 'open'"
    )
    assert found == await sample.fetchval("SELECT count(*) FROM persons WHERE died_on IS NOT NULL") == LATE_DEATHS


async def test_a_repeated_run_has_the_same_hashes_and_no_posting(sample: Connection) -> None:
    gan = await find_actor_by_handle(sample, "gan", day=get_business_day(NOW))
    kept = await sample.fetchrow(
        "SELECT manifest_sha256, result_sha256 FROM runs JOIN cycles ON run_id = runs.id"
        " WHERE cycles.month = $1 AND cycles.county_code = $2",
        MAY,
        DEMO_COUNTY,
    )
    assert kept is not None
    again = await run_month(sample, gan, DEMO_COUNTY, MAY, seal=SEAL, now=NOW)
    assert (again.outcome, again.postings) == (Outcome.NO_OP, 0)
    assert (again.manifest_sha256, again.result_sha256) == (kept["manifest_sha256"], kept["result_sha256"])


async def test_late_facts_are_adjusted_in_the_open_month(sample: Connection) -> None:
    adjusted = await sample.fetch(
        "SELECT cycles.month, for_month, count(*) AS lines FROM subsidy_postings JOIN cycles ON cycles.id = cycle_id"
        " WHERE for_month <> cycles.month GROUP BY cycles.month, for_month"
    )
    assert [(row["month"], row["for_month"]) for row in adjusted] == [(MAY, APRIL)]


async def test_the_short_budget_affects_only_the_last_tier(sample: Connection) -> None:
    short = await sample.fetch(
        "SELECT DISTINCT tier FROM run_lines r JOIN cycles c ON c.run_id = r.run_id"
        " JOIN household_statuses s ON s.county_code = r.county_code AND s.household_code = r.household_code"
        " WHERE 'UNFUNDED' = ANY(reasons)"
    )
    assert [row[0] for row in short] in ([], [3])


async def test_money_comes_back_in_every_way(sample: Connection) -> None:
    clawbacks = await sample.fetch("SELECT debtor, state FROM clawbacks ORDER BY number")
    assert [tuple(row) for row in clawbacks] == [
        ("operator", "cleared"),
        ("operator", "owed"),
        ("operator", "proposed"),
        ("household", "served"),
        ("household", "appealed"),
    ]
    entries = await sample.fetch(
        "SELECT kind, outcome FROM clawback_entries e JOIN clawbacks c ON c.id = clawback_id ORDER BY number, e.id"
    )
    assert [tuple(row) for row in entries] == [
        ("set_off", "confirmed"), ("repaid", "confirmed"), ("repaid", None),
    ]  # fmt: skip
    withheld = await sample.fetch(
        "SELECT month FROM settlements s JOIN cycles ON cycles.id = cycle_id"
        " WHERE set_off_fen > 0 AND s.county_code = '130624'"
    )
    assert [row[0] for row in withheld] == [APRIL]


async def test_the_last_quarter_was_sent_in(sample: Connection) -> None:
    sent = await sample.fetchrow("SELECT county_code, quarter, sent_on, closed_months, users FROM quarter_submissions")
    assert sent is not None
    assert (sent["county_code"], sent["quarter"], sent["sent_on"], sent["closed_months"]) == (
        DEMO_COUNTY, date(2026, 1, 1), date(2026, 4, 17), 3,
    )  # fmt: skip
    assert sent["users"] > 0


async def test_each_operators_file_is_recorded_with_its_sum(sample: Connection) -> None:
    files = await sample.fetch(
        "SELECT f.name, f.rows, f.sum_fen,"
        " (SELECT count(*) FROM claims WHERE file_id = f.id) AS claims,"
        " (SELECT sum(reduction_fen)::bigint FROM claims WHERE file_id = f.id) AS reduced"
        "  FROM import_files f WHERE kind = 'billing' AND county_code = '130624' ORDER BY f.name"
    )
    assert [row["name"] for row in files] == [
        f"{operator}-2026-0{month}.csv" for operator in ("mobile", "telecom", "unicom") for month in (3, 4, 5)
    ]
    assert all(row["rows"] == row["claims"] and row["sum_fen"] == row["reduced"] for row in files)


async def test_no_plan_has_a_stigmatising_name(sample: Connection) -> None:
    names = [row[0] for row in await sample.fetch("SELECT DISTINCT name FROM plans")]
    assert len(names) == 11
    assert [name for name in names if FORBIDDEN.search(name) or "脱贫" in name or "爱心" in name] == []
