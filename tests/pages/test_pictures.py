"""The screenshots of the README, taken from a running service; `PICTURES=1` saves them."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server as Granian
from PIL import Image

from market.kernel.postgres.embedded import EmbeddedServer, find_free_port
from market.kernel.seal import derive_seal
from market.people.storage.files import open_file_store
from market.service.app import create_app
from market.service.demo.sample.load import load_sample
from tests.conftest import clone_database, drop_database
from tests.pages.pictures import FOLDER, MAX_BYTES, VIEWS, View, save_screenshot, take_screenshot
from tests.service.demo.sample.conftest import NOW, SCALE, ignore_progress
from tests.support.app import SECRET, build_settings
from tests.support.chromium import launch_chromium

pytestmark = pytest.mark.long

BANDS = 6


@pytest.fixture(scope="module")
async def service(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[str]:
    """The address of a service on a small load of the samples, at a fixed time."""
    name = await clone_database(server, template)
    folder = tmp_path_factory.mktemp("pictures")
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    settings = build_settings(server.dsn(name), folder, public_url=url, demo=True, now=NOW)
    files = open_file_store(settings.storage_url)
    loaded = await load_sample(
        server.dsn(name), settings, derive_seal(SECRET), files, now=NOW, progress=ignore_progress, scale=SCALE
    )
    (folder / "demo.json").write_bytes(msgspec.json.encode({"accounts": loaded.accounts}))
    serving = Granian(create_app(settings), port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    task = asyncio.create_task(serving.serve())
    yield url
    serving.stop()
    await task
    await drop_database(server, name)


def count_colours_by_band(image: Image.Image) -> list[int]:
    """Return the number of colours of each of six bands; a blank band has one."""
    tall = image.height // BANDS
    found: list[int] = []
    for band in range(BANDS):
        part = image.crop((0, band * tall, image.width, (band + 1) * tall))
        found.append(len(part.getcolors(maxcolors=part.width * part.height) or []))
    return found


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_the_pictures_of_the_readme_are_taken_from_a_running_service(service: str, view: View) -> None:
    async with launch_chromium() as browser:
        picture = await take_screenshot(browser, service, view)
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("WEBP", view.size)
        assert [band for band, colours in enumerate(count_colours_by_band(image)) if colours == 1] == []
    assert len(picture) <= MAX_BYTES
    if os.environ.get("PICTURES"):
        save_screenshot(view, picture)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_readme_shows_the_saved_pictures(view: View) -> None:
    for name in ("README.md", "README.zh.md"):
        assert f"docs/pictures/{view.file.name}" in (FOLDER.parents[1] / name).read_text(encoding="utf-8")
    with Image.open(view.file) as image:
        assert image.size == view.size
    assert view.file.stat().st_size <= MAX_BYTES


def test_only_the_pictures_of_the_readme_are_saved() -> None:
    assert sorted(path.name for path in Path(FOLDER).iterdir()) == sorted(view.file.name for view in VIEWS)
