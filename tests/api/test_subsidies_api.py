"""The official's month over HTTP: January of the golden story as other programs take it, and who may not."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Database
from tests.factories import an_official
from tests.service import Service
from tests.web.desk.county import COUNTY, FINDINGS, NOW, People, make_people, the_file, the_service

MONTH: dict[str, object] = {"county": COUNTY, "month": "2019-01"}
STEPS = ("RunMonth", "ConfirmMonth", "ReviewMonth", "DecideMonth", "SettleMonth", "ReconcileMonth", "CloseMonth")
IMPORTS = (
    "ImportRegister", "ImportProgrammes", "ImportPlans", "ImportBudget", "ImportEnrolments", "ImportBindings",
    "ImportOpening", "ImportBilling", "ImportUsage",
)  # fmt: skip
READS = ("ListMonths", "GetMonth", "ListFindings", "GetSettlement", "GetPlaces", "ExplainLine", "GetQuarter")
PATH: dict[str, object] = {**MONTH, "line": "YD-02", "quarter": "2019Q1"}


@pytest.fixture
async def people(database: Database) -> People:
    return await make_people(database)


@pytest.fixture
async def service(dsn: str, folder: Path, people: People) -> AsyncGenerator[Service]:
    del people  # the officials are there before the service answers
    async with the_service(dsn, folder) as running:
        yield running


def sent(*names: str) -> list[tuple[str, tuple[str, bytes]]]:
    """The first file as what is imported, with what lies beside it."""
    beside = {".manifest.json": "manifest", ".txt": "documents"}
    parts: list[tuple[str, tuple[str, bytes]]] = []
    for name in names:
        field = next((word for end, word in beside.items() if name.endswith(end)), "file")
        parts.append((field, (Path(name).name, the_file(name))))
    return parts


async def take(service: Service, operation: str, token: str, *names: str) -> dict[str, Any]:
    answer = await service.call(operation, token=token, path={"county": COUNTY}, files=sent(*names))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def take_everything(service: Service, people: People) -> None:
    """Take the files of steps 1 to 11."""
    gan, jiang = people.tokens["gan"], people.tokens["jiang"]
    await take(service, "ImportRegister", gan, "register/register-2018-12-20.csv")
    papers = [f"documents/P{number}.txt" for number in (1, 2, 3)]
    await take(service, "ImportProgrammes", jiang, "programmes.json", *papers)
    await take(service, "ImportPlans", jiang, "plans.csv")
    await take(service, "ImportBudget", jiang, "budget.json")
    for day in ("2018-12-21", "2019-02-01"):
        await take(service, "ImportEnrolments", gan, f"enrolments/enrolments-{day}.csv")
        await take(service, "ImportBindings", gan, f"bindings/bindings-{day}.csv")
    await take(service, "ImportOpening", gan, "opening.csv")
    for operator in ("mobile", "unicom", "telecom"):
        name = f"billing/{operator}-2019-01"
        await take(service, "ImportBilling", gan, f"{name}.csv", f"{name}.manifest.json")
    await take(service, "ImportUsage", gan, "usage/usage-2019-01.csv")


async def step(service: Service, operation: str, token: str) -> dict[str, Any]:
    answer = await service.call(operation, token=token, path=dict(MONTH))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decide_findings(service: Service, token: str) -> None:
    for check, subject, pays, stops in FINDINGS:
        body = {"check": check, "subject": subject, "pay": list(pays), "stop": list(stops), "why": "样例"}
        answer = await service.call("DecideFinding", body, token=token, path=dict(MONTH))
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "decided"


async def test_january_goes_from_its_files_to_its_close(service: Service, people: People) -> None:
    await take_everything(service, people)
    run = await step(service, "RunMonth", people.tokens["gan"])
    assert (run["state"], run["lines"], run["totals"]["approved_fen"]) == ("calculated", 23, 28934)
    assert await step(service, "ConfirmMonth", people.tokens["cun"]) == {
        "outcome": "ok", "county": COUNTY, "month": "2019-01", "state": "confirmed", "waiting": 0,
    }  # fmt: skip
    await decide_findings(service, people.tokens["zhen"])
    assert (await step(service, "ReviewMonth", people.tokens["zhen"]))["state"] == "reviewed"
    assert (await step(service, "DecideMonth", people.tokens["xian"]))["state"] == "decided"
    assert (await step(service, "SettleMonth", people.tokens["cai"]))["state"] == "settled"
    assert (await step(service, "ReconcileMonth", people.tokens["dui"]))["state"] == "reconciled"
    assert (await step(service, "CloseMonth", people.tokens["dui"]))["state"] == "closed"

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


async def test_the_same_month_again_gives_the_same_hashes(service: Service, people: People) -> None:
    await take_everything(service, people)
    first = await step(service, "RunMonth", people.tokens["gan"])
    again = await step(service, "RunMonth", people.tokens["gan"])
    assert (again["outcome"], again["run"], again["postings"]) == ("no-op", 1, 0)
    assert [again[name] for name in ("manifest_sha256", "result_sha256")] == [
        first[name] for name in ("manifest_sha256", "result_sha256")
    ]


async def test_a_replayed_request_gets_the_first_answer(service: Service, people: People) -> None:
    path: dict[str, object] = {"county": COUNTY}
    gan, files = people.tokens["gan"], sent("register/register-2018-12-20.csv")
    first = await service.call("ImportRegister", token=gan, key="once", path=path, files=files)
    twin = await service.call("ImportRegister", token=gan, key="once", path=path, files=files)
    assert (twin.status_code, twin.json()) == (200, first.json())
    assert first.json()["outcome"] == "ok"
    other = await service.call("ImportRegister", token=gan, key="once", path=path, files=sent("opening.csv"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    later = await service.call("ImportRegister", token=gan, path=path, files=files)
    assert later.json()["outcome"] == "no-op"


async def test_a_dry_run_takes_nothing(service: Service, people: People, database: Database) -> None:
    answer = await service.http.post(
        f"/api/v1/counties/{COUNTY}/imports/register",
        files=sent("register/register-2018-12-20.csv"),
        data={"dry_run": "true"},
        headers={"Authorization": f"Bearer {people.tokens['gan']}", "Idempotency-Key": "dry"},
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["dry_run"], answer.json()["counts"]["persons"]) == (True, 40)
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM persons") == 0
        assert await conn.fetchval("SELECT count(*) FROM sheet_files") == 0


async def test_a_bad_file_names_every_bad_cell(service: Service, people: People) -> None:
    await take_everything(service, people)
    name = "traps/malformed/telecom-2019-02"
    answer = await service.call(
        "ImportBilling",
        token=people.tokens["gan"],
        path={"county": COUNTY},
        files=sent(f"{name}.csv", f"{name}.manifest.json"),
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "file_malformed")
    expected = msgspec.json.decode((the_story() / "expected" / "malformed.json").read_bytes())
    assert [(each["row"], each["column"]) for each in answer.json()["errors"]] == [
        (each["row"], each["column"]) for each in expected["faults"]
    ]


def the_story() -> Path:
    return Path(__file__).parents[1] / "story"


async def test_the_importer_does_not_decide(service: Service, people: People) -> None:
    await take_everything(service, people)
    await step(service, "RunMonth", people.tokens["gan"])
    await step(service, "ConfirmMonth", people.tokens["cun"])
    await decide_findings(service, people.tokens["zhen"])
    await step(service, "ReviewMonth", people.tokens["zhen"])
    answer = await service.call("DecideMonth", token=people.tokens["gan"], path=dict(MONTH))
    assert (answer.status_code, answer.json()["code"]) == (403, "second_duty")
    month = (await service.call("GetMonth", token=people.tokens["gan"], path=dict(MONTH))).json()
    assert month["state"] == "reviewed"


async def test_a_line_is_explained_with_its_sentence(service: Service, people: People) -> None:
    await take_everything(service, people)
    await step(service, "RunMonth", people.tokens["gan"])
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


async def test_every_place_adds_up_to_the_one_above(service: Service, people: People) -> None:
    await take_everything(service, people)
    await step(service, "RunMonth", people.tokens["gan"])
    gan = people.tokens["gan"]

    async def below(under: str) -> list[dict[str, Any]]:
        answer = await service.call("GetPlaces", token=gan, path=dict(MONTH), query={"under": under})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    names = ("lines", "claimed_fen", "entitled_fen", "approved_fen", "over_fen", "conceded_fen", "public_fen")

    def added(rows: list[dict[str, Any]]) -> list[int]:
        return [sum(row[name] for row in rows) for name in names]

    townships = await below("")
    assert added(townships) == [23, 31499, 29334, 28934, 2565, 16914, 12020]
    seen = 0
    for township in townships:
        villages = await below(township["code"])
        assert added(villages) == [township[name] for name in names]
        for village in villages:
            households = await below(village["code"])
            assert added(households) == [village[name] for name in names]
            for household in households:
                lines = await below(household["code"])
                assert added(lines) == [household[name] for name in names]
                seen += len(lines)
    assert seen == 23


async def test_a_village_sees_its_own_lines_alone(service: Service, people: People, database: Database) -> None:
    await take_everything(service, people)
    await step(service, "RunMonth", people.tokens["gan"])
    async with database.transaction() as conn:
        village = await an_official(conn, Role.VILLAGE, "130624101209")
        token = (await sign_in_without_code(conn, village, now=NOW, second_factor=True)).token
    month = (await service.call("GetMonth", token=token, path=dict(MONTH))).json()
    places = (await service.call("GetPlaces", token=token, path=dict(MONTH))).json()["items"]
    assert [place["code"] for place in places] == ["130624101"]
    assert month["total"]["lines"] == places[0]["lines"] == 2
    assert (month["settlement"], month["adjustments"]) == (None, [])
    for operation in ("GetSettlement", "GetQuarter"):
        answer = await service.call(operation, token=token, path=PATH)
        assert (operation, answer.status_code, answer.json()["code"]) == (operation, 403, "not_allowed")
    assert month["findings"] == []
    elsewhere = await service.call("ExplainLine", token=token, path={**MONTH, "line": "DX-02"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "no_such_line")


async def test_a_month_that_is_not_written_so_is_a_clear_answer(service: Service, people: People) -> None:
    for month, code in (("2019-13", "bad_month"), ("2020-01", "no_cycle")):
        answer = await service.call("GetMonth", token=people.tokens["gan"], path={"county": COUNTY, "month": month})
        assert answer.json()["code"] == code
    bad = await service.call("ListMonths", token=people.tokens["gan"], path={"county": "13062"})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_county")
