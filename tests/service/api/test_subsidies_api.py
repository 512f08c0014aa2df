"""The subsidy month over HTTP: January of the golden story, and its refusals."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import (
    COUNTY,
    FINDINGS,
    NOW,
    Officials,
    create_officials,
    read_story_file,
    serve_story,
)
from tests.support.app import Service
from tests.support.make import make_official

MONTH: dict[str, object] = {"county": COUNTY, "month": "2019-01"}
STEPS = ("RunMonth", "ConfirmMonth", "ReviewMonth", "DecideMonth", "SettleMonth", "ReconcileMonth", "CloseMonth")
IMPORTS = (
    "ImportRegister", "ImportProgrammes", "ImportPlans", "ImportBudget", "ImportEnrolments", "ImportBindings",
    "ImportOpening", "ImportBilling", "ImportUsage",
)  # fmt: skip
READS = ("ListMonths", "GetMonth", "ListFindings", "GetSettlement", "GetPlaces", "ExplainLine", "GetQuarter")
PATH: dict[str, object] = {**MONTH, "line": "YD-02", "quarter": "2019Q1"}


@pytest.fixture
async def people(database: Database) -> Officials:
    return await create_officials(database)


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # the officials exist before the first request
    async with serve_story(dsn, folder) as running:
        yield running


def make_parts(*names: str) -> list[tuple[str, tuple[str, bytes]]]:
    """Return the form parts of an import: the first file, with its manifest or documents."""
    beside = {".manifest.json": "manifest", ".txt": "documents"}
    parts: list[tuple[str, tuple[str, bytes]]] = []
    for name in names:
        field = next((word for end, word in beside.items() if name.endswith(end)), "file")
        parts.append((field, (Path(name).name, read_story_file(name))))
    return parts


async def import_files(service: Service, operation: str, token: str, *names: str) -> dict[str, Any]:
    response = await service.call(operation, token=token, path={"county": COUNTY}, files=make_parts(*names))
    assert response.status_code == 200, response.text
    return response.json()


async def import_everything(service: Service, people: Officials) -> None:
    """Import the files of steps 1 to 11 of the golden story."""
    gan, jiang = people.tokens["gan"], people.tokens["jiang"]
    await import_files(service, "ImportRegister", gan, "register/register-2018-12-20.csv")
    documents = [f"documents/P{number}.txt" for number in (1, 2, 3)]
    await import_files(service, "ImportProgrammes", jiang, "programmes.json", *documents)
    await import_files(service, "ImportPlans", jiang, "plans.csv")
    await import_files(service, "ImportBudget", jiang, "budget.json")
    for day in ("2018-12-21", "2019-02-01"):
        await import_files(service, "ImportEnrolments", gan, f"enrolments/enrolments-{day}.csv")
        await import_files(service, "ImportBindings", gan, f"bindings/bindings-{day}.csv")
    await import_files(service, "ImportOpening", gan, "opening.csv")
    for operator in ("mobile", "unicom", "telecom"):
        name = f"billing/{operator}-2019-01"
        await import_files(service, "ImportBilling", gan, f"{name}.csv", f"{name}.manifest.json")
    await import_files(service, "ImportUsage", gan, "usage/usage-2019-01.csv")


async def run_step(service: Service, operation: str, token: str) -> dict[str, Any]:
    response = await service.call(operation, token=token, path=dict(MONTH))
    assert response.status_code == 200, response.text
    return response.json()


async def decide_findings(service: Service, token: str) -> None:
    for check, subject, pays, stops in FINDINGS:
        body = {"check": check, "subject": subject, "pay": list(pays), "stop": list(stops), "why": "样例"}
        response = await service.call("DecideFinding", body, token=token, path=dict(MONTH))
        assert response.status_code == 200, response.text
        assert response.json()["state"] == "decided"


async def test_january_runs_from_import_to_close(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    run = await run_step(service, "RunMonth", people.tokens["gan"])
    assert (run["state"], run["lines"], run["totals"]["approved_fen"]) == ("calculated", 23, 28934)
    assert await run_step(service, "ConfirmMonth", people.tokens["cun"]) == {
        "outcome": "ok", "county": COUNTY, "month": "2019-01", "state": "confirmed", "waiting": 0,
    }  # fmt: skip
    await decide_findings(service, people.tokens["zhen"])
    assert (await run_step(service, "ReviewMonth", people.tokens["zhen"]))["state"] == "reviewed"
    assert (await run_step(service, "DecideMonth", people.tokens["xian"]))["state"] == "decided"
    assert (await run_step(service, "SettleMonth", people.tokens["cai"]))["state"] == "settled"
    assert (await run_step(service, "ReconcileMonth", people.tokens["dui"]))["state"] == "reconciled"
    assert (await run_step(service, "CloseMonth", people.tokens["dui"]))["state"] == "closed"

    month = (await service.call("GetMonth", token=people.tokens["gan"], path=dict(MONTH))).json()
    total = month["total"]
    assert (month["state"], total["lines"], total["claims"]) == ("closed", 23, 23)
    assert {name: total[name] for name in total if name.endswith("_fen")} == {
        "entitled_fen": 29334, "claimed_fen": 31499, "approved_fen": 28934, "over_fen": 2565, "under_fen": 400,
        "conceded_fen": 16914, "public_fen": 12020, "unfunded_fen": 0,
    }  # fmt: skip
    assert month["run"]["result_sha256"] == run["result_sha256"]
    settled = (await service.call("GetSettlement", token=people.tokens["cai"], path=dict(MONTH))).json()
    assert settled["control"] == {"rows": 23, "pay_fen": 12020}
    assert {name: each["pay_fen"] for name, each in settled["operators"].items()} == {
        "mobile": 5093, "unicom": 3647, "telecom": 3280,
    }  # fmt: skip
    months = (await service.call("ListMonths", token=people.tokens["gan"], path={"county": COUNTY})).json()
    assert [(each["month"], each["approved_fen"]) for each in months] == [("2019-01-01", 28934)]


async def test_running_a_month_again_returns_the_same_hashes(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    first = await run_step(service, "RunMonth", people.tokens["gan"])
    again = await run_step(service, "RunMonth", people.tokens["gan"])
    assert (again["outcome"], again["run"], again["postings"]) == ("no-op", 1, 0)
    assert [again[name] for name in ("manifest_sha256", "result_sha256")] == [
        first[name] for name in ("manifest_sha256", "result_sha256")
    ]


async def test_a_month_is_returned_with_its_reason(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    cun, zhen = people.tokens["cun"], people.tokens["zhen"]
    await run_step(service, "RunMonth", people.tokens["gan"])
    given = await service.call("ConfirmMonth", {"opinion": "逐户看过"}, token=cun, path=dict(MONTH))
    assert (given.status_code, given.json()["state"]) == (200, "confirmed")
    returned = await service.call("ReturnMonth", {"why": "金额不对"}, token=zhen, path=dict(MONTH))
    assert (returned.status_code, returned.json()["state"]) == (200, "calculated")
    month = (await service.call("GetMonth", token=zhen, path=dict(MONTH))).json()
    assert [(each["state"], each["returned"], each["opinion"]) for each in month["opinions"]] == [
        ("confirmed", False, "逐户看过"),
        ("calculated", True, "金额不对"),
    ]
    unknown = await service.call("ConfirmMonth", {"opinio": ""}, token=cun, path=dict(MONTH))
    assert unknown.status_code == 400
    assert (await run_step(service, "ConfirmMonth", cun))["state"] == "confirmed"


async def test_a_repeated_request_replays_the_first_response(service: Service, people: Officials) -> None:
    path: dict[str, object] = {"county": COUNTY}
    gan, files = people.tokens["gan"], make_parts("register/register-2018-12-20.csv")
    first = await service.call("ImportRegister", token=gan, key="once", path=path, files=files)
    repeated = await service.call("ImportRegister", token=gan, key="once", path=path, files=files)
    assert (repeated.status_code, repeated.json()) == (200, first.json())
    assert first.json()["outcome"] == "ok"
    other = await service.call("ImportRegister", token=gan, key="once", path=path, files=make_parts("opening.csv"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    later = await service.call("ImportRegister", token=gan, path=path, files=files)
    assert later.json()["outcome"] == "no-op"


async def test_a_dry_run_stores_nothing(service: Service, people: Officials, database: Database) -> None:
    response = await service.http.post(
        f"/api/v1/counties/{COUNTY}/imports/register",
        files=make_parts("register/register-2018-12-20.csv"),
        data={"dry_run": "true"},
        headers={"Authorization": f"Bearer {people.tokens['gan']}", "Idempotency-Key": "dry"},
    )
    assert response.status_code == 200, response.text
    assert (response.json()["dry_run"], response.json()["counts"]["persons"]) == (True, 40)
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM persons") == 0
        assert await conn.fetchval("SELECT count(*) FROM import_files") == 0


async def test_an_invalid_file_lists_every_invalid_cell(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    name = "traps/malformed/telecom-2019-02"
    response = await service.call(
        "ImportBilling",
        token=people.tokens["gan"],
        path={"county": COUNTY},
        files=make_parts(f"{name}.csv", f"{name}.manifest.json"),
    )
    assert (response.status_code, response.json()["code"]) == (422, "file_malformed")
    expected = msgspec.json.decode((get_story_folder() / "expected" / "malformed.json").read_bytes())
    assert [(each["row"], each["column"]) for each in response.json()["errors"]] == [
        (each["row"], each["column"]) for each in expected["faults"]
    ]


def get_story_folder() -> Path:
    return Path(__file__).parents[2] / "story"


async def test_the_importer_cannot_decide(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    await run_step(service, "RunMonth", people.tokens["gan"])
    await run_step(service, "ConfirmMonth", people.tokens["cun"])
    await decide_findings(service, people.tokens["zhen"])
    await run_step(service, "ReviewMonth", people.tokens["zhen"])
    response = await service.call("DecideMonth", token=people.tokens["gan"], path=dict(MONTH))
    assert (response.status_code, response.json()["code"]) == (403, "second_duty")
    month = (await service.call("GetMonth", token=people.tokens["gan"], path=dict(MONTH))).json()
    assert month["state"] == "reviewed"


async def test_a_line_is_explained_with_the_sentence_of_its_document(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    await run_step(service, "RunMonth", people.tokens["gan"])
    line = (await service.call("ExplainLine", token=people.tokens["gan"], path={**MONTH, "line": "YD-02"})).json()
    assert (line["entitled_fen"], line["payable_days"], line["month_days"]) == (1384, 31, 31)
    assert (line["number"], line["person"]) == ("170****0102", "样例钱*")
    assert line["steps_zh"][:2] == [
        "2019-01-01 至 2019-01-15：15/31 天 × 19.00",
        "2019-01-16 至 2019-01-31：16/31 天 × 9.00",
    ]
    assert line["sentences"][0]["quote"] == "农户每月最多支付套餐费的百分之五十"
    assert line["document_number"] == "阜样例〔2018〕1号"
    missing = await service.call("ExplainLine", token=people.tokens["gan"], path={**MONTH, "line": "YD-99"})
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_line")


async def test_every_level_adds_up_to_the_one_above(service: Service, people: Officials) -> None:
    await import_everything(service, people)
    await run_step(service, "RunMonth", people.tokens["gan"])
    gan = people.tokens["gan"]

    async def below(under: str) -> list[dict[str, Any]]:
        response = await service.call("GetPlaces", token=gan, path=dict(MONTH), query={"under": under})
        assert response.status_code == 200, response.text
        return response.json()["items"]

    names = ("lines", "claimed_fen", "entitled_fen", "approved_fen", "over_fen", "conceded_fen", "public_fen")

    def sum_up(rows: list[dict[str, Any]]) -> list[int]:
        return [sum(row[name] for row in rows) for name in names]

    townships = await below("")
    assert sum_up(townships) == [23, 31499, 29334, 28934, 2565, 16914, 12020]
    seen = 0
    for township in townships:
        villages = await below(township["code"])
        assert sum_up(villages) == [township[name] for name in names]
        for village in villages:
            households = await below(village["code"])
            assert sum_up(households) == [village[name] for name in names]
            for household in households:
                lines = await below(household["code"])
                assert sum_up(lines) == [household[name] for name in names]
                seen += len(lines)
    assert seen == 23


async def test_a_village_sees_only_its_own_lines(service: Service, people: Officials, database: Database) -> None:
    await import_everything(service, people)
    await run_step(service, "RunMonth", people.tokens["gan"])
    async with database.transaction() as conn:
        village = await make_official(conn, Role.VILLAGE, "130624101209")
        token = (await sign_in_without_code(conn, village, now=NOW, second_factor=True)).token
    month = (await service.call("GetMonth", token=token, path=dict(MONTH))).json()
    places = (await service.call("GetPlaces", token=token, path=dict(MONTH))).json()["items"]
    assert [place["code"] for place in places] == ["130624101"]
    assert month["total"]["lines"] == places[0]["lines"] == 2
    assert (month["settlement"], month["adjustments"]) == (None, [])
    for operation in ("GetSettlement", "GetQuarter"):
        response = await service.call(operation, token=token, path=PATH)
        assert (operation, response.status_code, response.json()["code"]) == (operation, 403, "not_allowed")
    assert month["findings"] == []
    elsewhere = await service.call("ExplainLine", token=token, path={**MONTH, "line": "DX-02"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "no_such_line")


async def test_a_malformed_month_or_county_is_refused(service: Service, people: Officials) -> None:
    for month, code in (("2019-13", "bad_month"), ("2020-01", "no_cycle")):
        response = await service.call("GetMonth", token=people.tokens["gan"], path={"county": COUNTY, "month": month})
        assert response.json()["code"] == code
    bad = await service.call("ListMonths", token=people.tokens["gan"], path={"county": "13062"})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_county")
