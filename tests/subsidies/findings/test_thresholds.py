"""Thresholds and switches of the checks by programme, with validity; what a programmes file may not set."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from market.subsidies.findings.check_table import CHECKS, THRESHOLD_NAMES
from market.subsidies.findings.thresholds import load_thresholds
from tests.story.play import COUNTY, INPUT, Answer, Player

DAY = "2019-02-05"
SIMS = {"check": "one_device_many_sims", "from": "2019-01-01", "basis": "样例〔2019〕5号"}
BURST = {"check": "enrolment_burst", "from": "2019-01-31", "thresholds": {"burst_days": 3}, "basis": "样例"}


async def set_checks(
    player: Player,
    folder: Path,
    *checks: Mapping[str, Any],
    name: str = "programmes.json",
    take: bool = False,
    day: str = DAY,
) -> Answer:
    source = json.loads((INPUT / "programmes.json").read_text("utf-8"))
    for programme in source["programmes"]:
        if programme["code"] == "P1":
            programme["checks"] = list(checks)
    path = folder / name
    path.write_text(json.dumps(source, ensure_ascii=False), "utf-8")
    more = ["--take-changes"] if take else []
    return await player(["import", "programmes", str(path), "--as", "jiang", *more], day)


async def find(player: Player, check: str, day: str = DAY) -> list[tuple[str, str]]:
    await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], day)
    got = await player(["subsidies", "report", "findings", "--month", "2019-01"], day)
    return [(row["subject"], row["evidence"]) for row in got["rows"] if row["check"] == check]


def test_every_threshold_has_a_name() -> None:
    assert THRESHOLD_NAMES.keys() == {name for check in CHECKS.values() for name in check.thresholds.values()}


@pytest.mark.parametrize(
    ("changed", "printed"),
    [({"thresholds": {"device_sims": 3}}, "3"), ({"thresholds": {"device_sims": 2}}, "2"),
     ({"thresholds": {"device_sims": 4}}, "3"), ({"enabled": False}, ""),
     ({"enabled": False, "from": "2019-02-01"}, "3"), ({"enabled": False, "from": "2019-01-31"}, ""),
     ({"enabled": False, "from": "2018-01-01", "until": "2019-01-31"}, "3")],
)  # fmt: skip
async def test_a_month_has_the_version_of_its_last_day(
    january: Player, folder: Path, changed: Mapping[str, Any], printed: str
) -> None:
    assert (await set_checks(january, folder, {**SIMS, **changed}))["outcome"] == "ok"
    # One of the three lines is of another programme, whose lower threshold counts.
    wanted = [("YD-07;YD-08;YD-09", f"一台设备 3 张卡（不少于 {printed}），2 户：H15、H16")] * bool(printed)
    assert await find(january, "one_device_many_sims") == wanted


async def test_a_programme_has_its_own_thresholds_beside_those_of_the_county(january: Player, folder: Path) -> None:
    assert (await set_checks(january, folder, BURST))["outcome"] == "ok"
    async with january.database.transaction(scope=COUNTY) as conn:
        own = await load_thresholds(conn, COUNTY, date(2019, 1, 1), today=date(2019, 2, 5))
        before = await load_thresholds(conn, COUNTY, date(2018, 12, 1), today=date(2019, 2, 5))
    assert own.get_parameters("enrolment_burst") == {
        "programmes": ["P1", "P2", "P3"], "burst_enrolments": [20, 20, 20], "burst_days": [3, 7, 7],
    }  # fmt: skip
    assert before.get_parameters("enrolment_burst")["burst_days"] == [7, 7, 7]


async def test_a_file_without_checks_leaves_what_is_set_and_a_changed_one_is_told(
    january: Player, folder: Path
) -> None:
    await set_checks(january, folder, SIMS, name="a.json")
    path = folder / "b.json"
    path.write_bytes((INPUT / "programmes.json").read_bytes() + b"\n")
    assert (await january(["import", "programmes", str(path), "--as", "jiang"], DAY))["outcome"] == "ok"
    other = {**SIMS, "thresholds": {"device_sims": 5}}
    refused = await set_checks(january, folder, other, name="c.json")
    assert (refused["code"], [each["column"] for each in refused["errors"]]) == ("facts_differ", ["P1 检查的门槛"])
    assert (await set_checks(january, folder, other, name="d.json", take=True))["outcome"] == "ok"
    async with january.database.transaction(scope=COUNTY) as conn:
        kept = await conn.fetch("SELECT facts ->> 'thresholds' FROM fact_versions WHERE fact = 'programme_checks'")
        now = await conn.fetch("SELECT thresholds::text FROM programme_checks")
    assert ([row[0] for row in kept], [row[0] for row in now]) == (["{}"], ['{"device_sims": 5}'])


async def test_a_file_may_not_turn_off_what_stops_or_set_what_is_not_a_threshold(january: Player, folder: Path) -> None:
    refused = await set_checks(
        january, folder,
        {**SIMS, "check": "dead_in_service_month", "enabled": False},
        {**SIMS, "check": "enrolled_without_notice", "thresholds": {"notice_days": 4}},
        {**SIMS, "thresholds": {"burst_days": 3}}, {**SIMS, "from": "2019-03-01"}, {**SIMS, "check": "other"},
        {**BURST, "until": "2019-01-31", "basis": " "},
    )  # fmt: skip
    assert [each["field"].removeprefix("programmes[0].") for each in refused["errors"]] == [
        "checks[0].enabled", "checks[1].thresholds.notice_days", "checks[2].thresholds.burst_days", "checks[4].check",
        "checks[5].until", "checks[5].basis", "checks[3].from",
    ]  # fmt: skip


async def test_a_finding_waits_for_a_person_when_a_programme_asks_for_fewer_days(january: Player, folder: Path) -> None:
    notice = {**SIMS, "check": "enrolled_without_notice", "thresholds": {"notice_days": 10}}
    await set_checks(january, folder, notice, name="a.json")
    found = dict(await find(january, "enrolled_without_notice"))
    assert found["YD-01"] == "公示 7 天，应不少于 10 天"
    fewer = {**notice, "thresholds": {"notice_days": 7}}
    await set_checks(january, folder, fewer, name="b.json", take=True, day="2019-02-06")
    found = dict(await find(january, "enrolled_without_notice", "2019-02-07"))
    assert found["YD-01"].endswith("后来依据改了，现在查不出来")
