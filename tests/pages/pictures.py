"""The screenshots of the README: a buyer's and a farmer's pages on a phone, the county's desk on a desktop."""

import io
from pathlib import Path

from msgspec import Struct
from PIL import Image
from playwright.async_api import Browser

from tests.pages.demo import open_context

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
MAX_BYTES = 150 * 1024
QUALITY = 82


class View(Struct, frozen=True):
    """A screenshot: the signed-in role, the page and the window."""

    name: str
    who: str
    path: str
    width: int
    height: int
    scale: int

    @property
    def size(self) -> tuple[int, int]:
        """The image's width and height in pixels."""
        return self.width * self.scale, self.height * self.scale

    @property
    def file(self) -> Path:
        """The file that the README shows."""
        return FOLDER / f"{self.name}.webp"


VIEWS = (
    View("home", "", "/", 390, 844, 2),
    View("farm", "farmer", "/farm", 390, 844, 2),
    View("bill", "farmer", "/farm/bill", 390, 844, 2),
    View("desk", "official", "/desk", 1440, 900, 1),
)


async def take_screenshot(browser: Browser, url: str, view: View) -> bytes:
    """Return a screenshot of a page as WebP."""
    signed_in = await open_context(browser, url, view.who)
    context = await browser.new_context(
        viewport={"width": view.width, "height": view.height},
        device_scale_factor=view.scale,
        locale="zh-CN",
        color_scheme="light",
        reduced_motion="reduce",
        storage_state=await signed_in.storage_state(),
    )
    await signed_in.close()
    page = await context.new_page()
    await page.goto(url + view.path, wait_until="networkidle")
    shot = await page.screenshot(animations="disabled")
    await context.close()
    packed = io.BytesIO()
    with Image.open(io.BytesIO(shot)) as image:
        image.convert("RGB").save(packed, "WEBP", quality=QUALITY, method=6)
    return packed.getvalue()


def save_screenshot(view: View, image: bytes) -> None:
    """Write a screenshot for the README and the documentation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    view.file.write_bytes(image)
