"""The county of the samples: its register, its lines, and three months that went the way of the officials."""

from datetime import date

from market.identity.actors import actor_by_handle
from market.kernel import Connection
from market.kernel.clock import day_of
from market.sample.people import DEMO_COUNTY, FARMER_PHONE
from market.sample.plant import DEATHS
from market.subsidies.bills import bills_of
from market.subsidies.models import Outcome
from market.subsidies.run import run_month
from tests.sample.conftest import NOW, SCALE
from tests.sample.test_shop import FORBIDDEN

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


async def test_the_register_has_its_households_persons_and_bound_lines(sample: Connection) -> None:
    # One household comes out of the split, with nobody new in it.
    assert await sample.fetchval("SELECT count(*) FROM households") == 16_000 * SCALE // 100 + 1
    assert await sample.fetchval("SELECT count(*) FROM persons") == 45_000 * SCALE // 100
    assert await sample.fetchval("SELECT count(DISTINCT line_code) FROM bindings") == 24_000 * SCALE // 100


async def test_every_household_lives_in_a_village_of_the_county(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM household_standings s JOIN divisions d ON d.code = village_code"
            " WHERE left(village_code, 6) <> $1 OR d.level <> 5",
            DEMO_COUNTY,
        )
        == 0
    )


async def test_two_months_are_closed_and_the_last_waits_for_the_township(sample: Connection) -> None:
    cycles = await sample.fetch("SELECT month, state FROM cycles WHERE county_code = $1 ORDER BY month", DEMO_COUNTY)
    assert [tuple(row) for row in cycles] == [(MARCH, "closed"), (APRIL, "closed"), (MAY, "confirmed")]


async def test_no_official_holds_two_duties_of_a_month(sample: Connection) -> None:
    duties = await sample.fetch(
        "SELECT handle, array_agg(DISTINCT duty) AS duties FROM cycle_duties JOIN accounts ON accounts.id = account_id"
        " GROUP BY handle ORDER BY handle"
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


async def test_the_demo_farmer_reads_the_figure_of_the_first_minute(sample: Connection) -> None:
    bill = (await bills_of(sample, FARMER_PHONE))[0]
    assert (bill.month, bill.charge_fen, bill.reduction_fen, bill.pays_fen) == (APRIL, 39_00, 13_00, 26_00)
    assert (bill.days, bill.of_days, bill.since) == (20, 30, date(2026, 4, 11))


async def test_every_planted_irregularity_is_found(sample: Connection) -> None:
    found = {row[0] for row in await sample.fetch("SELECT DISTINCT check_code FROM findings")}
    assert found >= {
        "charge_below_plan",
        "claim_above_charge",
        "claim_outside_snapshot",
        "dead_in_service_month",
        "enrolled_without_notice",
        "one_device_many_sims",
        "one_identity_two_enrolments",
        "paid_never_used",
        "preparer_is_approver",
        "realname_differs",
        "split_before_enrolment",
        "two_operators_one_household",
    }


async def test_stopping_findings_of_closed_months_are_decided_and_some_of_the_last_wait(sample: Connection) -> None:
    waiting = await sample.fetch(
        "SELECT DISTINCT cycles.month FROM findings JOIN cycles ON cycles.id = cycle_id"
        " WHERE stops AND findings.state = 'open'"
    )
    assert [row[0] for row in waiting] == [MAY]


async def test_every_death_that_became_known_late_is_a_finding(sample: Connection) -> None:
    found = await sample.fetchval(
        "SELECT count(DISTINCT identity_index) FROM findings f JOIN enrolments e ON e.line_code = f.subject"
        " WHERE check_code = 'dead_in_service_month' AND f.state = 'open'"
    )
    assert found == await sample.fetchval("SELECT count(*) FROM persons WHERE died_on IS NOT NULL") == DEATHS


async def test_a_month_calculated_again_has_the_same_hashes_and_no_posting(sample: Connection) -> None:
    gan = await actor_by_handle(sample, "gan", day=day_of(NOW))
    kept = await sample.fetchrow(
        "SELECT manifest_sha256, result_sha256 FROM runs JOIN cycles ON run_id = runs.id WHERE cycles.month = $1", MAY
    )
    assert kept is not None
    again = await run_month(sample, gan, DEMO_COUNTY, MAY, now=NOW)
    assert (again.outcome, again.postings) == (Outcome.NO_OP, 0)
    assert (again.manifest_sha256, again.result_sha256) == (kept["manifest_sha256"], kept["result_sha256"])


async def test_what_became_known_later_is_adjusted_in_the_open_month(sample: Connection) -> None:
    adjusted = await sample.fetch(
        "SELECT cycles.month, for_month, count(*) AS lines FROM subsidy_postings JOIN cycles ON cycles.id = cycle_id"
        " WHERE for_month <> cycles.month GROUP BY cycles.month, for_month"
    )
    assert [(row["month"], row["for_month"]) for row in adjusted] == [(MAY, APRIL)]


async def test_the_last_month_s_money_falls_short_for_the_last_tier_alone(sample: Connection) -> None:
    short = await sample.fetch(
        "SELECT DISTINCT tier FROM run_lines r JOIN cycles c ON c.run_id = r.run_id"
        " JOIN household_standings s ON s.county_code = r.county_code AND s.household_code = r.household_code"
        " WHERE 'UNFUNDED' = ANY(reasons)"
    )
    assert [row[0] for row in short] in ([], [3])


async def test_each_operator_s_file_is_in_the_book_with_its_sum(sample: Connection) -> None:
    files = await sample.fetch(
        "SELECT f.name, f.rows, f.sum_fen,"
        " (SELECT count(*) FROM claims WHERE file_id = f.id) AS claims,"
        " (SELECT sum(reduction_fen)::bigint FROM claims WHERE file_id = f.id) AS reduced"
        "  FROM sheet_files f WHERE kind = 'billing' ORDER BY f.name"
    )
    assert [row["name"] for row in files] == [
        f"{operator}-2026-0{month}.csv" for operator in ("mobile", "telecom", "unicom") for month in (3, 4, 5)
    ]
    assert all(row["rows"] == row["claims"] and row["sum_fen"] == row["reduced"] for row in files)


async def test_a_farmer_sees_no_plan_under_an_operator_s_unkind_name(sample: Connection) -> None:
    names = [row[0] for row in await sample.fetch("SELECT DISTINCT name FROM plans")]
    assert len(names) == 11
    assert [name for name in names if FORBIDDEN.search(name) or "脱贫" in name or "爱心" in name] == []
