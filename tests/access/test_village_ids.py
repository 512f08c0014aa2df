"""What a villager, a company and a county have in the areas of villages is not found by others, and stays as it is."""

import re
from datetime import timedelta
from typing import Any

from msgspec import Struct

from market.people.identity.models import AccountId, Role
from tests.service.web import conftest as web
from tests.service.web.conftest import HOST_PHONE, Village
from tests.support.browser import ORIGIN, PageClient
from tests.support.make import VILLAGE, make_official, make_operator_account

provider, sandbox, settings, village = web.provider, web.sandbox, web.settings, web.village

NOT_FOUND = 404
NEAR = f"village={VILLAGE}"
TABLES = (
    "cases", "case_events", "outages", "inquiries", "questions", "data_requests", "content_reports", "stories",
    "story_people", "organisations", "organisation_members", "job_postings", "job_applications", "pairings", "pledges",
    "charity_notices", "slots", "slot_reservations", "fund_calls", "fund_applications", "fraud_warnings",
    "supervision_tasks", "plots", "harvest_lots", "coverage_projects",
)  # fmt: skip


class Area(Struct, frozen=True):
    """Something of an area: who owns it, the paths that name it with a form of each, and who must not find it."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[tuple[str, dict[str, str]], ...]
    owner: str
    strangers: tuple[str, ...]


async def test_what_is_anothers_is_not_found_in_any_area_and_nothing_changes(village: Village) -> None:
    async with village.database.transaction() as conn:
        county, second = [await make_official(conn, Role.COUNTY, "130624") for _ in range(2)]
        elsewhere = await make_official(conn, Role.COUNTY, "130725")
        operators = [await make_operator_account(conn, each, "130624") for each in ("mobile", "unicom")]
    people = {
        "villager": await village.browser(village.farmer),
        "neighbour": await village.browser(village.buyer),
        "county": await village.browser(county, second_factor=True),
        "other county": await village.browser(elsewhere, second_factor=True),
        "operator": await village.browser(operators[0], second_factor=True),
        "other operator": await village.browser(operators[1], second_factor=True),
    }
    ids = await _make_rows(village, people, second)
    before = await _read_tables(village)
    wrong: list[str] = []
    for area in _list_areas(ids):
        owner = people[area.owner]
        wrong += [
            f"{area.name}: the owner gets {answer.status_code} at {path}"
            for path in area.reads
            if (answer := await owner.client.get(path)).status_code != 200
        ]
        for stranger in area.strangers:
            client = people[stranger]
            for path in area.reads:
                answer = await client.client.get(path)
                wrong += [f"{stranger} reads {path}: {answer.status_code}"] * (answer.status_code != NOT_FOUND)
            for path, form in area.writes:
                status, words = await _post(client, path, form)
                wrong += [f"{stranger} writes {path} {form}: {status} {words}"] * (status != NOT_FOUND)
    assert wrong == []
    assert await _read_tables(village) == before
    for client in people.values():
        await client.client.aclose()


async def _post(client: PageClient, path: str, form: dict[str, str]) -> tuple[int, str]:
    """Send a form with the token of the session, as a page of it would."""
    seen = await client.client.get("/me/info")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', seen.text)
    assert token is not None, seen.text[:300]
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    answer = await client.client.post(
        path, data={"csrf": token[1], "key": "sample-key-000001", **form}, headers=headers
    )
    return answer.status_code, answer.headers.get("location", "")


async def _read_tables(village: Village) -> dict[str, Any]:
    return {
        each: await village.value(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {each} t")
        for each in TABLES
    }


async def _make_rows(village: Village, people: dict[str, PageClient], second: AccountId) -> dict[str, Any]:
    """Let the villager and the county make one of everything; return the ids."""
    mine, desk = people["villager"], people["county"]
    day, until = str(village.today + timedelta(days=3)), str(village.today + timedelta(days=30))
    await mine.open(f"/village/coverage?{NEAR}")
    outage = {"kind": "never", "operator": "mobile", "technology": "4g", "since": "2020-01-01", "text": "村东头"}
    await mine.submit("/village/coverage", typed=outage)
    await mine.open(f"/village/inquiries?{NEAR}")
    await mine.submit("/village/inquiries", kind="inquiry", text="危房改造还报不报")
    await desk.open("/desk/agronomists")
    await desk.submit("/desk/agronomists", phone=HOST_PHONE, subject="果树")
    await mine.open(f"/village/questions?{NEAR}")
    await mine.submit("/village/questions", typed={"text": "枣叶发黄怎么办"})
    await mine.open("/me/info/requests")
    request = {"kind": "correct", "field": "household", "to": "county", "village": "革新庄村", "text": "少写了一口人"}
    await mine.submit("/me/info/requests", typed=request)
    await mine.open(f"/village/stories?{NEAR}&write=1")
    story = {"title": "打枣", "text": "革新庄的枣树有几百年的，秋天打枣，全村人都上山，晚上熬枣粥喝。"}
    await mine.submit("/village/stories", typed={**story, "phones": ""})
    listing = await village.number(village.millet.listing_id)
    await mine.open(f"/report/listing/{listing}")
    await mine.submit(f"/report/listing/{listing}", reason="medical", text="说能治病")
    await _make_organisation(village, mine, second, day, until)
    await desk.open("/desk/services")
    course = {"kind": "course", "title": "剪枝", "organiser": "样例农广校", "village": "革新庄村", "room": "村委会"}
    hours = {"day": day, "starts": "09:00", "ends": "11:00", "places": "1"}
    await desk.submit("/desk/services", typed={**course, **hours})
    slot = await village.value("SELECT id FROM slots WHERE kind = 'course'")
    await mine.open(f"/village/services?{NEAR}")
    await mine.submit(f"/village/services/{slot}", act="take")
    await desk.open("/desk/warnings")
    warning = {
        "reason": "subsidy",
        "first": str(village.today),
        "last": until,
        "text": "有人冒充干部办减免，别给验证码",
    }
    await desk.submit("/desk/warnings", typed=warning)
    found = {
        name: await village.value(f"SELECT case_id FROM {name}")
        for name in ("outages", "inquiries", "questions", "data_requests", "content_reports")
    }
    for name in ("organisations", "job_postings", "pairings", "charity_notices", "slots", "slot_reservations"):
        found[name] = await village.value(f"SELECT id FROM {name} ORDER BY id LIMIT 1")
    found["fraud_warnings"] = await village.value("SELECT id FROM fraud_warnings")
    await desk.open(f"/desk/inquiries/{found['inquiries']}")
    await desk.submit(f"/desk/inquiries/{found['inquiries']}", outcome="solved", text="报到月底", public_text="还报")
    await mine.open(f"/village/inquiries?{NEAR}")
    await mine.submit("/village/inquiries", kind="inquiry", text="路灯坏了找谁")
    found["waiting"] = await village.value("SELECT id FROM cases WHERE category = 'inquiry' AND state = 'assigned'")
    async with await village.browser(village.host) as agronomist:
        await agronomist.open("/village/asked")
        await agronomist.submit(f"/village/asked/{found['questions']}", text="先看有没有积水")
    found["stories"] = await village.value("SELECT number FROM stories")
    return found


async def _make_organisation(village: Village, mine: PageClient, second: AccountId, day: str, until: str) -> None:
    """Give the villager a company that hires and proposes a pairing, and a charity that gives a notice."""
    for name, code, kind in (
        ("样例枣业", "91130624MA0XAMPL0Q", "company"), ("样例协会", "52130624MJ0XAMPE17", "charity"),
    ):  # fmt: skip
        await mine.open("/me/organisations")
        typed = {"kind": kind, "name": name, "credit_code": code, "county": "阜平县", "until": ""}
        await mine.submit("/me/organisations", typed=typed)
    await village.value("UPDATE organisations SET verified_by = $1, verified_at = now() RETURNING 1", second)
    company, charity = [
        str(await village.value("SELECT id FROM organisations WHERE name = $1", each))
        for each in ("样例枣业", "样例协会")
    ]
    await mine.open("/me/jobs")
    job = {
        "organisation": company, "title": "摘枣", "village": "革新庄村", "positions": "1", "wage_min": "120",
        "wage_max": "150", "per": "day", "first": day, "last": until, "note": "管午饭",
    }  # fmt: skip
    await mine.submit("/me/jobs", typed=job)
    await mine.open("/me/pairings")
    pairing = {
        "organisation": company, "village": "革新庄村", "first": day, "last": until, "buy": "20000", "buy_last": until,
    }  # fmt: skip
    await mine.submit("/me/pairings", typed=pairing)
    await mine.open("/me/notices")
    notice = {
        "organisation": charity, "kind": "school", "title": "志愿者补课", "village": "革新庄村", "place": "村小学",
        "first": day, "last": day, "note": "上午九点",
    }  # fmt: skip
    await mine.submit("/me/notices", typed=notice)


def _list_areas(ids: dict[str, Any]) -> list[Area]:
    near, desk = ("neighbour",), ("other county",)
    answer = {"outcome": "solved", "text": "办好了", "public_text": ""}
    posting, pairing, slot = (ids[each] for each in ("job_postings", "pairings", "slots"))
    return [
        *(
            Area(f"{name}, own", (path,), ((path, {"act": "preview", "text": "样例"}),), "villager", near)
            for name, path in (
                ("inquiry", f"/village/inquiries/{ids['inquiries']}"),
                ("question", f"/village/questions/{ids['questions']}"),
            )
        ),
        *(
            Area(f"{name}, desk", (path,), ((path, form),), "county", desk)
            for name, path, form in (
                ("inquiry", f"/desk/inquiries/{ids['waiting']}", answer),
                ("data request", f"/desk/data-requests/{ids['data_requests']}", answer),
                ("report", f"/desk/reports-of-content/{ids['content_reports']}", {"decision": "hide", "text": "属实"}),
                ("story", f"/desk/stories/{ids['stories']}", {"act": "publish"}),
                ("pairing", f"/desk/pairings/{pairing}", {"act": "agree"}),
                ("course", f"/desk/services/{slot}", {"act": "cancel"}),
            )
        ),
        *(
            Area(f"{name}, desk", (), ((path, form),), "county", desk)
            for name, path, form in (
                ("organisation", f"/desk/organisations/{ids['organisations']}", {"act": "verify"}),
                ("job", f"/desk/jobs/{posting}", {"act": "live"}),
                ("notice", f"/desk/charity/{ids['charity_notices']}", {"act": "live", "reason": ""}),
                ("warning", f"/desk/warnings/{ids['fraud_warnings']}", {}),
            )
        ),
        Area("job, own", (f"/me/jobs/{posting}",), ((f"/me/jobs/{posting}", {"act": "end"}),), "villager", near),
        Area(
            "pairing, own", (f"/me/pairings/{pairing}",), ((f"/me/pairings/{pairing}", {"act": "withdraw"}),),
            "villager", near,
        ),
        Area("notice, own", (), ((f"/me/notices/{ids['charity_notices']}", {}),), "villager", near),
        Area("seat", (), ((f"/village/seats/{ids['slot_reservations']}", {"act": "leave"}),), "villager", near),
        Area("agronomist's", (), ((f"/village/asked/{ids['questions']}", {"text": "浇水"}),), "villager", near),
        Area(
            "outage", (), ((f"/operators/outages/{ids['outages']}", {"outcome": "solved", "text": "好了"}),),
            "operator", ("other operator",),
        ),
    ]  # fmt: skip
