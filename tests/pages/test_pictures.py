"""The two pictures of the README, taken from a running service; `PICTURES=1` keeps them."""

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

from market.app import create_app
from market.kernel.embedded import Server, free_port
from market.kernel.seal import seal_from_secret
from market.sample import load_sample
from market.storage import open_files
from tests.conftest import clone, drop
from tests.pages.chromium import chromium
from tests.pages.pictures import FOLDER, MOST_BYTES, VIEWS, View, keep, take
from tests.sample.conftest import NOW, SCALE, silent
from tests.service import SECRET, settings_for

BANDS = 6


@pytest.fixture(scope="module")
async def service(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """The address of a service on a small load of the samples, at a fixed moment."""
    name = await clone(server, template)
    folder = tmp_path_factory.mktemp("pictures")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = settings_for(server.dsn(name), folder, public_url=url, demo=True, now=NOW)
    files = open_files(settings.storage_url)
    loaded = await load_sample(server.dsn(name), settings, seal_from_secret(SECRET), files, NOW, silent, scale=SCALE)
    (folder / "demo.json").write_bytes(msgspec.json.encode({"accounts": loaded.accounts}))
    serving = Granian(create_app(settings), port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    task = asyncio.create_task(serving.serve())
    yield url
    serving.stop()
    await task
    await drop(server, name)


def colours_by_band(image: Image.Image) -> list[int]:
    """Return how many colours each of six bands has; a blank one has one."""
    tall = image.height // BANDS
    found: list[int] = []
    for band in range(BANDS):
        part = image.crop((0, band * tall, image.width, (band + 1) * tall))
        found.append(len(part.getcolors(maxcolors=part.width * part.height) or []))
    return found


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_the_pictures_of_the_readme_are_taken_from_a_running_service(service: str, view: View) -> None:
    async with chromium() as browser:
        picture = await take(browser, service, view)
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("WEBP", view.size)
        assert [band for band, colours in enumerate(colours_by_band(image)) if colours == 1] == []
    assert len(picture) <= MOST_BYTES
    if os.environ.get("PICTURES"):
        keep(view, picture)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_readme_shows_the_pictures_that_are_kept(view: View) -> None:
    readme = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"docs/pictures/{view.file.name}" in readme
    with Image.open(view.file) as image:
        assert image.size == view.size
    assert view.file.stat().st_size <= MOST_BYTES


def test_only_the_pictures_of_the_readme_are_kept() -> None:
    assert sorted(path.name for path in Path(FOLDER).iterdir()) == sorted(view.file.name for view in VIEWS)
