"""The demo's list of sample people, the files to import, and the band on top of every page."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Role
from market.people.identity.officials import create_official
from market.people.storage.files import open_file_store
from market.people.storage.sample_files import SAMPLE_FOLDER, SAMPLE_INDEX
from tests.service.web.conftest import BUYER_PHONE, FARMER_PHONE, Village, a_village
from tests.support.app import run_app
from tests.support.browser import ORIGIN

IMPORTER_PHONE, TOTP = "17010009071", "JBSWY3DPEHPK3PXP" * 2


def describe_account(role: str, name: str, phone: str, totp: str | None = None) -> dict[str, str | None]:
    return {"role": role, "name": name, "phone": phone, "county": "130624", "totp_secret": totp}


@pytest.fixture
async def demo(database: Database, seal: Seal, settings: Settings) -> AsyncGenerator[Village]:
    """A demo with three sample people, one file to import, and one message."""
    settings = msgspec.structs.replace(settings, demo=True)
    store = open_file_store(settings.storage_url)
    await store.put(SAMPLE_FOLDER + "usage-2026-11.csv", b"a,b\n")
    await store.put(
        SAMPLE_INDEX, json.dumps([{"month": "2026-11", "kind": "usage", "name": "usage-2026-11.csv"}]).encode()
    )
    message = {"phone": BUYER_PHONE, "text": "【乡集】验证码 123456。", "at": "2026-11-26T09:00:00+08:00"}
    Path(settings.sms_path).write_text(json.dumps(message, ensure_ascii=False) + "\n", encoding="utf-8")
    async with run_app(settings) as app:
        village = await a_village(database, app, settings)
        async with database.transaction() as conn:
            await create_official(
                conn, seal, name="样例甘某", handle="gan", phone=IMPORTER_PHONE, roles=[Role.IMPORTER],
                division="130624", totp_secret=TOTP, sample=True, now=Clock().now(),
            )  # fmt: skip
        people = [
            describe_account("buyer", "样例买家甲", BUYER_PHONE),
            describe_account("farmer", "样例农户04", FARMER_PHONE),
            describe_account("importer", "样例甘某", IMPORTER_PHONE, TOTP),
        ]
        (settings.data / "demo.json").write_text(json.dumps({"url": ORIGIN, "accounts": people}))
        yield village


async def test_one_click_on_the_list_signs_in_each_person_with_their_first_page(demo: Village) -> None:
    async with await demo.browser() as browser:
        for role, path in (("buyer", "/"), ("farmer", "/farm"), ("importer", "/desk")):
            await browser.open("/demo/people")
            seen = await browser.submit("/demo/people", press=("who", role))
            assert seen.path == path
        assert "样例甘某" in seen.html
        assert await demo.value("SELECT count(*) FROM sessions WHERE second_factor") == 1


async def test_a_person_who_is_not_in_the_sample_is_not_found(demo: Village) -> None:
    async with await demo.browser() as browser:
        seen = await browser.open("/demo/people")
        token = next(each.attrs["value"] for each in seen.form("/demo/people").all("input"))
        for role in ("finance", "king"):
            answer = await browser.client.post("/demo/people", data={"who": role, "csrf": token})
            assert answer.status_code == 404
        assert (await browser.client.post("/demo/people", data={"who": "buyer"})).status_code == 403


async def test_the_list_shows_the_latest_code_and_the_second_factors(demo: Village) -> None:
    async with await demo.browser() as browser:
        seen = await browser.open("/demo/people")
        assert "验证码 123456" in seen.text
        [code] = [each.text for each in seen.root.all("dd") if each.text.isdecimal()]
        assert len(code) == 6


async def test_the_files_to_import_are_offered_and_nothing_else(demo: Village) -> None:
    async with await demo.browser() as browser:
        seen = await browser.open("/demo/people")
        assert "/demo/files/usage-2026-11.csv" in seen.links()
        answer = await browser.client.get("/demo/files/usage-2026-11.csv")
        assert (answer.status_code, answer.content) == (200, b"a,b\n")
        assert answer.headers["content-disposition"] == 'attachment; filename="usage-2026-11.csv"'
        for name in ("index.json", "..%2Findex.json", "no.csv"):
            assert (await browser.client.get(f"/demo/files/{name}")).status_code == 404


async def test_the_band_is_hidden_on_request_and_comes_back(demo: Village) -> None:
    async with await demo.browser() as browser:
        assert "/demo/people" in (await browser.open("/kinds")).links()
        seen = await browser.submit("/demo/band", press=("band", "0"))
        assert seen.path == "/kinds"
        assert "/demo/people" not in seen.links()
        await browser.open("/demo/people")
        await browser.submit("/demo/band", press=("band", "1"))
        assert "/demo/people" in (await browser.open("/kinds")).links()


async def test_nothing_of_it_exists_outside_the_demo(village: Village) -> None:
    async with await village.browser() as browser:
        for path in ("/demo/people", "/demo/files/usage-2026-11.csv"):
            await browser.open(path, status=404)
        for path in ("/demo/people", "/demo/band"):
            answer = await browser.client.post(path, data={"who": "importer", "band": "0"})
            assert answer.status_code == 404
            assert "set-cookie" not in answer.headers
