"""Long work beside the pages and the API: shown while it goes on, found again, and answered as soon as it has ended."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from market.kernel import Connection, Database
from market.kernel.memory import MAX_OF_ONE
from market.subsidies.tasks import submit
from market.subsidies.tasks.submit import MAX_WAITING_TASKS
from market.subsidies.tasks.work import TaskWorker, run_due_tasks
from tests.service.web.desk.county import COUNTY, Officials, play_january, read_story_file, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, press_step, story_upload
from tests.support.app import Service
from tests.support.browser import PageClient

MONTH: dict[str, object] = {"county": COUNTY, "month": "2019-01"}
BILL = "billing/mobile-2019-01.csv"
MOVE_OUT = """
    UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20') WHERE household_code = 'H13'
"""


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    """A service whose worker is down."""
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder, works=False) as running:
        yield running


@pytest.fixture(autouse=True)
def _does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody does the tasks meanwhile."""
    monkeypatch.setattr(submit, "MAX_WAIT_SECONDS", 0)


async def do_tasks(service: Service) -> int:
    """Do the due tasks as the worker does; return how many ended."""
    services = service.app.state["market"]
    return await run_due_tasks(
        TaskWorker(db=services.db, seal=services.seal, files=services.files, clock=services.clock)
    )


async def list_own_items(browser: PageClient) -> str:
    text = (await browser.open("/desk")).text
    return text[text.index("等我办的") :].partition("等别人办的")[0]


async def test_a_calculation_goes_on_without_its_page_and_is_found_again(service: Service, county: Officials) -> None:
    seen = await press_step(service, county, "gan", "2019-01", "run")
    assert seen.heading == "正在计算 1 月账期"
    assert "排着队" in seen.text
    own_path = seen.path.partition("?")[0]
    assert f'<noscript><meta http-equiv="refresh" content="3;url={own_path}"></noscript>' in seen.html
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        assert "正在计算 1 月账期" in await list_own_items(browser)
        assert own_path in browser.current.links()
        assert await do_tasks(service) == 1
        done = await browser.open(own_path)
        assert (done.path, "算好了" in done.text) == ("/desk/months/2019-01?done=run", True)
        assert "计算 1 月账期" not in await list_own_items(browser)


async def test_a_failure_goes_from_the_list_when_the_same_thing_was_tried_again(
    service: Service, county: Officials, owner: Connection
) -> None:
    add = (
        "INSERT INTO tasks (county_code, account_id, second_factor, request_key, input, state, error, created_at,"
        " finished_at)"
        " VALUES ($1, $2, true, 'earlier', $3::jsonb, 'failed', 'GivenUp: ', now() - interval '1 min', now())"
    )
    gan = county.actors["gan"].account_id
    for failed in ('{"kind": "run", "month": "2019-01"}',) * 2 + ('{"kind": "run", "month": "2019-02"}',):
        await owner.execute(add, COUNTY, gan, failed)
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        items = await list_own_items(browser)
        assert (items.count("计算 1 月账期，没有办成"), items.count("计算 2 月账期，没有办成")) == (1, 1)
        await press_step(service, county, "gan", "2019-01", "run")
        assert await do_tasks(service) == 1
        items = await list_own_items(browser)
        assert (items.count("没有办成"), items.count("计算 2 月账期，没有办成")) == (1, 1)


async def test_a_task_is_its_own_officials_alone(service: Service, county: Officials) -> None:
    seen = await press_step(service, county, "gan", "2019-01", "run")
    path = seen.path.partition("?")[0]
    task_id = path.rpartition("/")[2]
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        await browser.open(path, status=404)
        assert "正在计算" not in (await browser.open("/desk")).text
    own = await service.call("GetTask", token=county.tokens["gan"], path={"county": COUNTY, "task_id": task_id})
    assert (own.status_code, own.json()["state"]) == (200, "queued")
    other = await service.call("GetTask", token=county.tokens["xian"], path={"county": COUNTY, "task_id": task_id})
    assert (other.status_code, other.json()["code"]) == (404, "not_found")


async def test_a_refusal_that_comes_late_is_shown_with_every_fault(
    service: Service, county: Officials, owner: Connection
) -> None:
    name = "traps/malformed/telecom-2019-02"
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/imports/billing")
        files = {"file": story_upload(f"{name}.csv"), "manifest": story_upload(f"{name}.manifest.json")}
        seen = await browser.submit("/desk/imports/billing", press=("what", "try"), files=files, operator="telecom")
        assert seen.heading == "正在试账单"
        assert await do_tasks(service) == 1
        refused = await browser.open(seen.path.partition("?")[0], status=422)
        assert "要改的地方，7 处" in refused.text
        [chosen] = [node.attrs["value"] for node in refused.root.all("option") if "selected" in node.attrs]
        assert chosen == "telecom"
        # The official left before the refusal came.
        await owner.execute("UPDATE tasks SET created_at = created_at - interval '1 min'")
        assert "试账单，没有办成" in await list_own_items(browser)


async def test_a_form_pressed_twice_queues_one_task(service: Service, county: Officials, owner: Connection) -> None:
    async with (
        open_desk_walker(service, county.tokens["gan"]) as one,
        open_desk_walker(service, county.tokens["gan"]) as other,
    ):
        other.page = await one.open("/desk/months/2019-01")
        seen = await asyncio.gather(*(each.submit("/desk/months/2019-01/run") for each in (one, other)))
    assert seen[0].path == seen[1].path
    assert await owner.fetchval("SELECT count(*) FROM tasks") == 1


async def test_the_same_form_imports_another_file_as_another_task(
    service: Service, county: Officials, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        form = await browser.open("/desk/imports/enrolments")
        for name in ("2018-12-21", "2019-02-01"):
            browser.page = form
            file = story_upload(f"enrolments/enrolments-{name}.csv")
            await browser.submit("/desk/imports/enrolments", press=("what", "take"), files={"file": file})
        monkeypatch.setattr("market.kernel.memory.MAX_OF_ONE", 0)
        browser.page = form
        await browser.submit("/desk/imports/enrolments", press=("what", "take"), files={"file": file}, status=503)
    assert await owner.fetchval("SELECT count(*) FROM tasks") == 2


async def test_the_api_answers_202_with_the_task_and_later_the_result_under_the_same_key(
    service: Service, county: Officials
) -> None:
    gan = county.tokens["gan"]
    accepted = await service.call("RunMonth", token=gan, key="once", path=dict(MONTH))
    assert (accepted.status_code, accepted.headers["retry-after"]) == (202, "2")
    assert (accepted.json()["kind"], accepted.json()["state"], accepted.json()["calculated"]) == ("run", "queued", None)
    location = accepted.headers["location"]
    again = await service.call("RunMonth", token=gan, key="once", path=dict(MONTH))
    assert (again.status_code, again.headers["location"]) == (202, location)
    assert await do_tasks(service) == 1
    task = (await service.http.get(location, headers={"Authorization": f"Bearer {gan}"})).json()
    assert (task["state"], task["calculated"]["totals"]["approved_fen"]) == ("done", 28934)
    replayed = await service.call("RunMonth", token=gan, key="once", path=dict(MONTH))
    assert (replayed.status_code, replayed.json()) == (200, task["calculated"])


async def test_only_a_queued_task_keeps_its_file_and_an_account_has_twenty_at_most(
    service: Service, county: Officials, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gan, cun = county.tokens["gan"], county.tokens["cun"]
    method, path = service.operations["ImportEnrolments"]
    turns = asyncio.Semaphore(MAX_OF_ONE)

    async def send(text: str, key: str, token: str = gan) -> int:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        files, data = {"file": ("e.csv", text)}, {"dry_run": "true"}
        url = path.format(county=COUNTY)
        async with turns:
            return (await service.http.request(method, url, headers=headers, files=files, data=data)).status_code

    def count_files() -> int:
        return sum(each.is_file() for each in (folder / "files" / "tasks").glob("*"))

    assert [await send("a", ""), await send("a", "k" * 201), await send("a", "one", cun)] == [400, 400, 403]
    assert count_files() == 0
    assert [await send("a", "one"), await send("a", "one"), await send("b", "one")] == [202, 202, 422]
    assert count_files() == 1
    # What was queued counts in bytes, what was refused or repeated does not.
    monkeypatch.setattr("market.people.storage.sent_bytes.MAX_BYTES_A_DAY", 2)
    assert [await send("ab", "two"), await send("a", "one"), count_files()] == [429, 202, 1]
    monkeypatch.undo()
    monkeypatch.setattr(submit, "MAX_WAIT_SECONDS", 0)
    sent = await asyncio.gather(*(send(f"more {n}", f"key {n}") for n in range(MAX_WAITING_TASKS + 2)))
    assert sorted(sent) == [202] * (MAX_WAITING_TASKS - 1) + [429] * 3
    assert count_files() == MAX_WAITING_TASKS
    monkeypatch.setattr("market.kernel.memory.MAX_OF_ONE", 0)
    assert await send("b", "another") == 503


async def test_the_county_decides_in_the_worker_not_in_a_request(
    service: Service, database: Database, county: Officials
) -> None:
    await play_january(database, county, until="review")
    seen = await press_step(service, county, "xian", "2019-01", "decide")
    assert seen.heading == "正在县级审定 1 月账期"
    own_path = seen.path.partition("?")[0]
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        assert "正在县级审定 1 月账期" in await list_own_items(browser)
        month = await browser.open("/desk/months/2019-01")
        assert "县级已审定" not in month.text
        assert await do_tasks(service) == 1
        done = await browser.open(own_path)
    assert done.path == "/desk/months/2019-01?done=decide"
    assert "县级已审定" in done.text


async def test_a_decision_over_changed_facts_is_refused_on_the_page_of_the_month(
    service: Service, database: Database, county: Officials, owner: Connection
) -> None:
    await play_january(database, county, until="review")
    seen = await press_step(service, county, "xian", "2019-01", "decide")
    await owner.execute(MOVE_OUT)
    assert await do_tasks(service) == 1
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        refused = await browser.open(seen.path.partition("?")[0], status=409)
    assert refused.heading == "2019年1月账期"
    assert "没有审定" in refused.text


async def test_the_api_answers_202_to_a_decision_and_later_its_result(
    service: Service, database: Database, county: Officials
) -> None:
    await play_january(database, county, until="review")
    xian = county.tokens["xian"]
    accepted = await service.call("DecideMonth", token=xian, key="once", path=dict(MONTH))
    assert (accepted.status_code, accepted.json()["kind"]) == (202, "decide")
    assert await do_tasks(service) == 1
    headers = {"Authorization": f"Bearer {xian}"}
    task = (await service.http.get(accepted.headers["location"], headers=headers)).json()
    assert (task["state"], task["calculated"], task["decided"]["state"]) == ("done", None, "decided")
    replayed = await service.call("DecideMonth", token=xian, key="once", path=dict(MONTH))
    assert (replayed.status_code, replayed.json()) == (200, task["decided"])


async def test_a_refused_task_has_its_problem_and_frees_its_key(service: Service, county: Officials) -> None:
    gan, path = county.tokens["gan"], {"county": COUNTY}
    files = [("file", ("mobile-2019-02.csv", read_story_file("billing/mobile-2019-02.csv")))]
    accepted = await service.call("ImportBilling", token=gan, key="once", path=dict(path), files=files)
    assert accepted.status_code == 202
    assert await do_tasks(service) == 1
    task = (
        await service.http.get(
            accepted.headers["location"], headers={"Authorization": f"Bearer {gan}", "Accept-Language": "en"}
        )
    ).json()
    assert (task["state"], task["problem"]["code"], task["problem"]["status"]) == ("refused", "manifest_missing", 422)
    assert task["problem"]["detail"] == "The billing file mobile-2019-02.csv has no manifest."
    repeated = await service.call("ImportBilling", token=gan, key="once", path=dict(path), files=files)
    assert repeated.status_code == 202
    assert repeated.headers["location"] != accepted.headers["location"]


async def test_a_task_that_keeps_failing_is_given_up_and_shown(
    service: Service, county: Officials, owner: Connection, folder: Path
) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/imports/enrolments")
        file = story_upload("enrolments/enrolments-2019-02-01.csv")
        seen = await browser.submit("/desk/imports/enrolments", press=("what", "try"), files={"file": file})
        [stored] = (folder / "files" / "tasks").iterdir()
        stored.write_bytes(b"\x01 not what was sealed")
        assert await do_tasks(service) == 0
        [task] = await owner.fetch("SELECT state, error, next_at > created_at AS later FROM tasks")
        assert tuple(task) == ("queued", "UnsealError: ", True)  # on a slow machine tried once more already
        assert "刚才没办成，过一会儿自动再办" in (await browser.open(seen.path.partition("?")[0])).text
        await owner.execute("UPDATE tasks SET attempts = 7, next_at = clock_timestamp()")
        assert await do_tasks(service) == 0
        failed = await browser.open(seen.path.partition("?")[0], status=500)
        assert "系统出错了，试了几次都没有办成" in failed.text
    figures: Any = (await service.http.get("/metrics")).text
    assert 'market_queue_dead{queue="tasks"} 1.0' in figures
    assert not stored.exists()
