"""The farmer's part in the other journeys."""

from itertools import count

from tests.journeys.conftest import Phone

_NUMBERS = count(100000001)


def send_everything(farmer: Phone) -> None:
    """Ship every pending parcel, each with its own tracking number."""
    site = farmer.tab.url.split("/farm")[0]
    while True:
        farmer.open(f"{site}/farm/orders")
        waiting = farmer.tab.locator('section[aria-labelledby="w"] a.row')
        if waiting.count() == 0:
            return
        waiting.first.click()
        farmer.tab.wait_for_load_state()
        farmer.look()
        farmer.tab.select_option("#carrier", "邮政")
        farmer.tab.fill("#tracking", f"XA{next(_NUMBERS)}CN")
        farmer.press("发出去了")
        assert "发出去了" in farmer.tab.inner_text("main")
