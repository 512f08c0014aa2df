"""The files that the demo offers: a late bill of the open month, and the month after it once that is over."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.people.storage.files import FileStore
from market.service.demo.sample.accounts import list_logins
from tests.conftest import clone_database, drop_database
from tests.service.demo.sample.conftest import NOW
from tests.support.app import Service, build_settings, run_service
from tests.support.browser import PageClient


@pytest.fixture
async def service(
    loaded: str, server: EmbeddedServer, seal: Seal, folder: Path, store: tuple[FileStore, Path]
) -> AsyncGenerator[Service]:
    """The demo over a copy of the samples, with their files."""
    name = await clone_database(server, loaded.rpartition("/")[2])
    accounts = [{"role": each.role, "name": each.name, "phone": each.phone} for each in list_logins(seal)]
    (folder / "demo.json").write_text(json.dumps({"accounts": accounts}))
    settings = build_settings(server.dsn(name), folder, now=NOW, demo=True, storage_url=store[1].as_uri())
    async with run_service(settings) as service:
        yield service
    await drop_database(server, name)


async def download(browser: PageClient, name: str) -> bytes:
    answer = await browser.client.get(f"/demo/files/{name}")
    assert answer.status_code == 200
    return answer.content


async def import_bill(browser: PageClient, name: str, *, status: int = 200) -> str:
    manifest = name.removesuffix(".csv") + ".manifest.json"
    files = {
        "file": (name, await download(browser, name), "text/csv"),
        "manifest": (manifest, await download(browser, manifest), "application/json"),
    }
    await browser.open("/desk/imports/billing")
    seen = await browser.submit("/desk/imports/billing", files=files, press=("what", "take"), status=status)
    return seen.text


async def test_the_late_bill_of_the_open_month_is_imported_and_the_month_calculated_again(service: Service) -> None:
    async with PageClient(service.app) as browser:
        await browser.open("/demo/people")
        await browser.submit("/demo/people", press=("who", "importer"))
        assert "已导入" in await import_bill(browser, "telecom-2026-05-late.csv")
        await browser.open("/desk/months/2026-05")
        seen = await browser.wait_for_task(await browser.submit("/desk/months/2026-05/run", void="1"))
        assert "算好了" in seen.text
        assert "等村级评议核实" in seen.text


async def test_the_month_after_it_is_refused_before_it_is_over_as_the_list_says(service: Service) -> None:
    async with PageClient(service.app) as browser:
        seen = await browser.open("/demo/people")
        assert "这个月还没过完，2026年7月1日起才能导入。" in seen.text
        await browser.submit("/demo/people", press=("who", "importer"))
        assert "这个月还没有过完，7月1日起才能办" in await import_bill(browser, "unicom-2026-06.csv", status=409)
