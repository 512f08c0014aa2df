"""没网核码 in Chromium with the network really off: the page opens, codes verify, both phones learn of each other."""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import timedelta

import asyncpg
import pytest
from playwright.sync_api import Page, expect

from market.catalogue.bookings.signed_codes import VisitPass, sign_pass
from market.kernel.seal import derive_seal
from tests.journeys.conftest import PATIENCE_MS, Phone, Town, in_thread
from tests.journeys.test_buyer import pay, sign_in
from tests.service.web.conftest import HOST_PHONE
from tests.support.app import SECRET


class Line:
    """A line to the service, through which a phone reaches it until the line is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = True
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, and accept none until `restore`."""
        self._open = False
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def restore(self) -> None:
        """Accept connections again."""
        self._open = True

    def close(self) -> None:
        """End the line."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if not self._open:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                target.sendall(content)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(town: Town) -> Generator[Line]:
    """A line to the service."""
    made = Line(int(town.url.rpartition(":")[2]))
    yield made
    made.close()


def read_visit(town: Town) -> VisitPass:
    """Return what the square of the latest booking states."""

    async def read() -> VisitPass:
        conn = await asyncpg.connect(town.dsn)
        row = await conn.fetchrow(
            "SELECT bookings.id, number, lower(nights) AS first, upper(nights) AS last FROM bookings"
            " JOIN suborders ON suborders.id = suborder_id JOIN producers ON producers.id = producer_id"
            " WHERE bookings.state = 'booked' ORDER BY bookings.id DESC LIMIT 1"
        )
        await conn.close()
        assert row is not None
        return VisitPass(
            visit_id=row["id"], producer_number=row["number"], first=row["first"], last=row["last"], party=0
        )

    visit: VisitPass = in_thread(lambda: asyncio.run(read()))
    return visit


def book_tonight(town: Town, buyer: Phone) -> None:
    """Book a room from today, and pay."""
    today = town.village.today
    buyer.open(f"{town.url}/kinds/stay")
    buyer.press("骆驼湾农家院")
    buyer.tab.goto(f"{buyer.tab.url}?from={today}&to={today + timedelta(days=1)}#c2")
    buyer.press("订这")
    buyer.press("去结账")
    sign_in(town, buyer, "17020000031")
    buyer.tab.fill("#who", "样例住客")
    buyer.tab.fill("#tel", "17020000031")
    buyer.tab.check("input[value=wechat]", force=True)
    buyer.press("付款")
    buyer.tab.get_by_role("img", name="付款二维码").wait_for()
    pay(buyer)
    assert buyer.tab.get_by_role("img", name="入住码 1").count() == 1


def check(tab: Page, code: str) -> str:
    """Enter a code, and return what the phone says."""
    tab.evaluate("document.querySelector('[data-said]').textContent = ''")
    tab.fill("#code", code)
    tab.click('main button:has-text("核一下")')
    tab.locator("[data-said]:not(:empty)").wait_for()
    return tab.inner_text("[data-said]")


def test_two_phones_check_one_code_without_a_network_and_learn_of_each_other(
    town: Town, phone: Callable[[bool], Phone], line: Line
) -> None:
    book_tonight(town, phone(True))
    visit = read_visit(town)
    code = sign_pass(derive_seal(SECRET), visit)
    hosts = [phone(True), phone(True)]
    for host in hosts:
        host.open(f"{town.url}/sign-in?to=/farm/gate")
        sign_in(town, host, HOST_PHONE)
        host.open(f"{line.url}/farm/gate")
        host.tab.wait_for_selector("[data-ready]:not([hidden])")
        host.tab.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    line.cut()
    for host in hosts:
        host.context.set_offline(offline=True)
        host.tab.goto(f"{line.url}/farm/gate")
        assert "不是真的码" in check(host.tab, f"{code[:-6]}AAAAAA")
        assert check(host.tab, code) == "对的，请进。骆驼湾农家院，1 号房"
        assert "核过了" in check(host.tab, code)
        assert "有网了自己报上去" in host.tab.inner_text("[data-kept]")
        assert "有网了再核真假" in check(host.tab, "1234 5678")
    line.restore()
    for host in hosts:
        host.context.set_offline(offline=False)
        expect(host.tab.locator("[data-kept]")).not_to_contain_text("自己报上去", timeout=PATIENCE_MS)
    assert "报上去了，进店算数" in hosts[0].tab.inner_text("[data-kept]")
    assert "别的手机也核过" in hosts[1].tab.inner_text("[data-kept]")
    hosts[0].tab.goto(f"{line.url}/farm/gate")
    assert "几个手机都核过的" in hosts[0].tab.inner_text("[data-doubles]")


def test_a_browser_without_ed25519_keeps_the_code_until_there_is_a_network(
    town: Town, phone: Callable[[bool], Phone], line: Line
) -> None:
    book_tonight(town, phone(True))
    visit = read_visit(town)
    code = sign_pass(derive_seal(SECRET), visit)
    host = phone(True)
    host.context.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error('NotSupportedError'))")
    host.open(f"{town.url}/sign-in?to=/farm/gate")
    sign_in(town, host, HOST_PHONE)
    host.open(f"{line.url}/farm/gate")
    host.tab.wait_for_selector("[data-ready]:not([hidden])")
    line.cut()
    assert "这个手机验不了真假，有网了再核" in check(host.tab, code)
    line.restore()
    host.tab.goto(f"{line.url}/farm/gate")
    expect(host.tab.locator("[data-kept]")).to_contain_text("进店算数", timeout=PATIENCE_MS)
