"""The programme form: terms, document, sentences, and new terms after the old ones."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from market.kernel import Database
from market.subsidies.programmes.set_check import replace_setting
from market.subsidies.programmes.source import CheckSetting
from market.subsidies.terminology import list_types
from tests.service.web.desk.county import COUNTY, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.postgres import as_owner

PAPER = "某样例〔2019〕9号\n一、标准：宽带每月减免十元。\n二、负担：由运营商让利60%，县级财政承担40%。\n"
NEW: dict[str, Any] = {
    "code": "P9", "name": "宽带定额（样例）", "document": "某样例〔2019〕9号", "text": PAPER, "kind": "broadband",
    "max_lines": "1", "way": "fixed", "fixed": "10", "operator": "60", "county_share": "40", "start": "2019-03-01",
    "quote": "宽带每月减免十元", "quote_funders": "由运营商让利60%，县级财政承担40%",
}  # fmt: skip


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_programme_is_set_by_a_form(service: Service, county: Officials, database: Database) -> None:
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open("/desk/programmes/set")
        seen = await browser.submit("/desk/programmes/set", **NEW)
    assert "已设好" in seen.text
    assert "定额 10.00 元" in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        row = await conn.fetchrow("SELECT kind, fixed_fen, shares_bp FROM programme_terms WHERE programme_code = 'P9'")
        assert row is not None
        assert tuple(row) == ("fixed", 1000, [6000, 4000])
        quotes = await conn.fetch(
            "SELECT prefix, quote, suffix FROM programme_sentences WHERE programme_code = 'P9' ORDER BY position"
        )
        assert [tuple(each) for each in quotes] == [
            ("、标准：", "宽带每月减免十元", "。二、负"),
            ("、负担：", "由运营商让利60%，县级财政承担40%", "。"),
        ]


async def test_new_terms_follow_the_old_ones(service: Service, county: Officials, database: Database) -> None:
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        seen = await browser.open("/desk/programmes/set?code=P1")
        assert 'id="pays" name="pays" type="text" value="50"' in seen.html
        assert [node.attrs["value"] for node in seen.root.all("input") if node.attrs["name"] == "monitoring"
                and "checked" in node.attrs] == list(list_types())  # fmt: skip
        shown = await browser.submit(
            "/desk/programmes/set", monitoring="边缘易致贫户", pays="40", start="2019-03-01",
            quote="农户每月最多支付套餐费的百分之五十",
            quote_funders="由运营商让利70%，县级财政承担30%",
        )  # fmt: skip
    assert "谁能享受 原建档立卡、边缘易致贫户 " in shown.text
    async with database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT lower(valid_during) AS start, upper(valid_during) AS until, household_pays_bp, line_cap_fen,"
            "       monitoring"
            "  FROM programme_terms WHERE programme_code = 'P1' ORDER BY valid_during"
        )
        assert [tuple(row) for row in rows] == [
            (date(2018, 10, 1), date(2019, 3, 1), 5000, 1950, list(list_types())),
            (date(2019, 3, 1), None, 4000, 1950, ["边缘易致贫户"]),
        ]
        assert await conn.fetchval("SELECT count(*) FROM programme_sentences WHERE programme_code = 'P1'") == 5


async def test_new_terms_keep_the_rules_of_the_latest(service: Service, county: Officials, database: Database) -> None:
    async with database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute(
            "UPDATE programme_terms SET valid_during = '[2018-10-01,2019-02-01)' WHERE programme_code = 'P2'"
        )
        await conn.execute(
            "INSERT INTO programme_terms SELECT (jsonb_populate_record(t, $1)).* FROM programme_terms t"
            " WHERE programme_code = 'P2'",
            {"valid_during": "[2019-02-01,)", "proration": "none"},
        )
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open("/desk/programmes/set?code=P2")
        shown = await browser.submit(
            "/desk/programmes/set", fixed="12", start="2019-03-01", quote="每个号码每月补贴10.00元",
            quote_funders="由县级财政承担",
        )  # fmt: skip
    assert shown.text.count("闲置 30 天提醒，再 15 天移出") == 1
    assert shown.text.count("折算 整月，看 1 日 闲置 不看使用") == 2
    async with database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT r.proration, r.idle_days, r.cure_days FROM programme_rules r WHERE programme_code = 'P2'"
            " ORDER BY valid_during"
        )
    assert [tuple(row) for row in rows] == [("daily", 30, 15), ("none", None, None), ("none", None, None)]


async def test_terms_that_a_province_bears_too_are_changed_in_their_order(
    service: Service, county: Officials, database: Database
) -> None:
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        seen = await browser.open("/desk/programmes/set?code=P3")
        shares = {"operator", "county_share", "province_share"}
        shown = [node.attrs["value"] for node in seen.root.all("input") if node.attrs["name"] in shares]
        assert shown == ["50", "25", "25"]
        quote = "由运营商让利50%，省级财政承担25%，县级财政承担25%"
        await browser.submit("/desk/programmes/set", pays="40", start="2019-03-01",
                             quote="农户每月最多支付宽带费的百分之五十", quote_funders=quote)  # fmt: skip
    async with database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT funders, shares_bp FROM programme_terms WHERE programme_code = 'P3' ORDER BY valid_during"
        )
    assert [tuple(row) for row in rows] == [(["operator", "province", "county"], [5000, 2500, 2500])] * 2


async def test_every_wrong_field_is_named_and_nothing_is_set(
    service: Service, county: Officials, database: Database
) -> None:
    faults = {"code": "P 9", "fixed": "10.123", "operator": "70", "start": "", "quote": "宽带每月减免百元"}
    wrong: dict[str, Any] = {**NEW, **faults}
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open("/desk/programmes/set")
        seen = await browser.submit("/desk/programmes/set", status=422, **wrong)
    faulty = [node.attrs["href"] for node in seen.root.all("a") if node.attrs.get("href", "").startswith("#")]
    assert faulty[1:] == ["#code", "#start", "#fixed", "#operator", "#quote"]
    assert "各方负担的加起来要正好 100%" in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM programmes") == 3


async def test_a_share_that_is_not_a_number_is_a_fault_of_its_field(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        for field in ("operator", "county_share"):
            for text in ("NaN", "Infinity", "1e400"):
                await browser.open("/desk/programmes/set")
                seen = await browser.submit("/desk/programmes/set", status=422, typed={**NEW, field: text})
                assert f'href="#{field}"' in seen.html


async def test_the_importer_cannot_set_terms(service: Service, county: Officials, database: Database) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/programmes/set")
        assert "项目由政策经办设。" in seen.text
        assert not [form for form in seen.root.all("form") if form.attrs["action"] == "/desk/programmes/set"]
        page = await browser.open("/desk/imports/register")
        csrf = page.html.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await browser.client.post(
            "/desk/programmes/set", data={**NEW, "csrf": csrf}, headers={"Sec-Fetch-Site": "same-origin"}
        )
    assert answer.status_code == 403
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM programmes") == 3


async def test_what_the_form_changes_of_known_terms_is_accepted_first(
    service: Service, county: Officials, database: Database
) -> None:
    changed = {"max_lines": "1", "start": "2019-03-01", "quote": "农户每月最多支付套餐费的百分之五十"}
    changed["quote_funders"] = "由运营商让利70%，县级财政承担30%"
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open("/desk/programmes/set?code=P1")
        refused = await browser.submit("/desk/programmes/set", status=409, typed=changed)
        assert "没有设：会改动以前的标准" in refused.text
        assert "P1 每户最多业务数：现在写 1，原来是 2" in refused.text
        done = await browser.submit("/desk/programmes/set", typed={**changed, "take_changes": "1"})
    assert "已设好" in done.text
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT max_lines FROM programmes WHERE code = 'P1'") == 1


async def test_a_threshold_is_set_from_a_day_on_and_a_stopping_check_is_not_turned_off(
    service: Service, county: Officials, database: Database
) -> None:
    page = "/desk/programmes/checks"
    typed = {"device_sims": "5", "start": "2019-03-01", "until": "2019-06-01", "basis": "样例县纪要〔2019〕7号"}
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        seen = await browser.open(f"{page}?code=P1&check=one_device_many_sims")
        assert "一机多卡 今天：供核实，一台设备几张卡 3（县里的设置）" in seen.text
        wrong = await browser.submit(
            page, typed={**typed, "device_sims": "0", "basis": "", "until": "2019-03-01"}, status=422
        )
        assert [each in wrong.text for each in ("写 2 到 50 的整数", "要晚于第一天", "写明依据")] == [True] * 3
        seen = await browser.submit(page, typed=typed)
        assert "已设好" in seen.text
        assert "县里的设置；2019年3月1日 起，到 2019年6月1日（不含）另有：样例县纪要〔2019〕7号" in seen.text
        await browser.open(f"{page}?code=P1&check=one_device_many_sims")
        await browser.submit(page, typed={"enabled": "0", "start": "2019-04-01", "basis": "样例"})
        assert "不能关，这一种也没有门槛" in (await browser.open(f"{page}?code=P1&check=not_eligible")).text
        await browser.open(f"{page}?code=P1&check=enrolled_without_notice")
        await browser.submit(page, typed={"notice_days": "7", "start": "2019-03-01", "basis": "样例"})
        await browser.open(f"{page}?code=P0", status=404)
    async with database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT check_code, lower(valid_during), upper(valid_during), enabled, thresholds->>'device_sims'"
            "  FROM programme_checks WHERE programme_code = 'P1' ORDER BY check_code, valid_during"
        )
    assert [tuple(row) for row in rows] == [
        ("enrolled_without_notice", date(2019, 3, 1), None, True, None),
        ("one_device_many_sims", date(2019, 3, 1), date(2019, 4, 1), True, "5"),
        ("one_device_many_sims", date(2019, 4, 1), None, False, None),
    ]
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        assert "门槛由政策经办设。" in (await browser.open(f"{page}?code=P1&check=not_eligible")).text


def test_a_setting_takes_its_days_from_the_others_of_its_check() -> None:
    def make(start: int, until: int | None, check: str = "a") -> CheckSetting:
        end = date(2019, until, 1) if until else None
        return CheckSetting(check=check, start=date(2019, start, 1), until=end, basis="x")

    long, other = make(1, None), make(1, None, "b")
    assert replace_setting([long, other], make(3, 5)) == [make(1, 3), make(3, 5), make(5, None), other]
    assert replace_setting([make(1, 3), make(3, 5), make(5, None)], make(2, 6)) == [
        make(1, 2),
        make(2, 6),
        make(6, None),
    ]
    assert replace_setting([make(3, 5), make(5, None)], make(1, None)) == [make(1, None)]
    assert replace_setting([make(1, 3), make(8, None)], make(4, 6)) == [make(1, 3), make(4, 6), make(8, None)]
