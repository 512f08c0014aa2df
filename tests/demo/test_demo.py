"""The demo as a person starts it: ready, signed in by a link, gone without a trace; trouble is told plainly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from market.kernel.embedded import free_port

READY_SECONDS = 280


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole module: the first test loads the sample data, the others find it."""
    return tmp_path_factory.mktemp("demo")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "market.cli", *words]


def environment(folder: Path, port: int) -> dict[str, str]:
    return {**os.environ, "MARKET_DATA": str(folder), "MARKET_PORT": str(port)}


@contextmanager
def a_demo(folder: Path, port: int) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a demo; give it with the lines it printed when it was ready; kill it at the end if it still runs."""
    with (folder / "demo.log").open("a") as log:
        process = subprocess.Popen(
            command("demo"), env=environment(folder, port), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(4)]
        assert lines[0] == f"ready http://127.0.0.1:{port}", (folder / "demo.log").read_text()
        yield process, lines
    finally:
        process.kill()
        process.wait()


def refused(folder: Path, port: int) -> str:
    """Start a demo that cannot start; return what it says."""
    done = subprocess.run(
        command("demo"),
        env=environment(folder, port),
        capture_output=True,
        text=True,
        check=False,
        timeout=READY_SECONDS,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def running(folder: Path) -> list[str]:
    """List the processes whose command line or environment names the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder).encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(words)
        except OSError:
            continue
    return found


def test_it_starts_whole_signs_in_by_a_link_and_stops_without_a_trace(folder: Path) -> None:
    port = free_port()
    with a_demo(folder, port) as (process, lines):
        assert [line.split()[0] for line in lines] == ["ready", "farmer", "buyer", "official"]
        for line, place in zip(lines[1:], ("/farm", "/", "/desk"), strict=True):
            with httpx.Client(follow_redirects=True, timeout=60) as browser:
                answer = browser.get(line.split()[1])
                assert (answer.status_code, answer.url.path) == (200, place)
                assert "样例数据" in answer.text
        home = httpx.get(f"http://127.0.0.1:{port}/", timeout=60).text
        picture = re.search(r'src="(/photos/[^"]+)"', home)
        assert picture is not None
        assert httpx.get(f"http://127.0.0.1:{port}{picture[1]}", timeout=30).status_code == 200
        described = json.loads((folder / "demo.json").read_text())
        assert described.keys() == {"url", "sandbox_url", "sms_path", "accounts"}
        assert described["url"] == f"http://127.0.0.1:{port}"
        roles = {account["role"] for account in described["accounts"]}
        assert {
            "farmer",
            "buyer",
            "importer",
            "policy",
            "village",
            "township",
            "county",
            "finance",
            "reconciler",
        } <= roles
        for account in described["accounts"]:
            assert account.keys() == {"role", "name", "phone", "county", "totp_secret"}
        assert httpx.get(described["sandbox_url"] + "/_state", timeout=30).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not listens(port)
    assert running(folder) == []


def test_a_later_start_keeps_the_data_and_a_code_arrives_in_the_file_of_messages(folder: Path) -> None:
    port = free_port()
    with a_demo(folder, port) as (process, _lines):
        described = json.loads((folder / "demo.json").read_text())
        farmer = next(account for account in described["accounts"] if account["role"] == "farmer")
        with httpx.Client(base_url=described["url"], timeout=60) as api:
            sent = api.post("/api/v1/codes", json={"phone": farmer["phone"]}, headers={"Idempotency-Key": "a"})
            assert sent.status_code in {200, 201, 202}
            code = ""
            while not code:
                texts = Path(described["sms_path"]).read_text() if Path(described["sms_path"]).exists() else ""
                code = next(iter(re.findall(r"验证码 ?(\d{6})\b", texts)), "")
            signed = api.post("/api/v1/sessions", json={"phone": farmer["phone"], "code": code})
            assert signed.status_code == 201, signed.text
            found = api.get("/api/v1/listings", params={"q": "小米"}).json()
            assert found["items"], "the sample data was kept"
            api.headers["Authorization"] = f"Bearer {signed.json()['token']}"
            [producer, *_] = api.get("/api/v1/me").json()["producers"]
            [parcel, *_] = api.get(f"/api/v1/producers/{producer}/suborders").json()
            refunded = api.post(
                f"/api/v1/order-lines/{parcel['lines'][0]['line_id']}/refunds",
                json={"reason": "agreed", "amount_fen": 1_00},
                headers={"Idempotency-Key": "b"},
            )
            assert refunded.status_code == 201, refunded.text
            refunds = httpx.get(described["sandbox_url"] + "/_state", timeout=30).json()["refunds"]
            assert [each["amount"] for each in refunds] == [1_00], "the sandbox knows the sample's payments"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_second_demo_on_the_same_folder_is_told_so(folder: Path) -> None:
    with a_demo(folder, free_port()):
        assert "A demo runs already" in refused(folder, free_port())


def test_a_killed_demo_leaves_its_port_free_and_the_next_one_starts(folder: Path) -> None:
    port = free_port()
    with a_demo(folder, port) as (process, _lines):
        process.kill()
        process.wait()
    with a_demo(folder, port) as (process, _lines):
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert running(folder) == []


def test_the_race_sells_fifty_boxes_and_tells_the_others(folder: Path) -> None:
    done = subprocess.run(
        command("demo", "race", "--json"), env=environment(folder, 0), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert counted.keys() == {"sold", "told", "oversold", "listing"}
    assert (counted["sold"], counted["told"], counted["oversold"]) == (50, 150, 0)


def test_ledger_and_record_verify_on_the_sample_data(folder: Path) -> None:
    for words in (("ledger", "verify"), ("audit", "verify")):
        done = subprocess.run(
            command(*words, "--json"), env=environment(folder, 0), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["outcome"] == "ok"


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in refused(tmp_path, port)


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(tmp_path / "file" / "data", free_port())


def test_the_links_of_the_demo_work_in_no_other_service(tmp_path: Path) -> None:
    port = free_port()
    service = subprocess.Popen(command("serve"), env=environment(tmp_path, port), stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
            ready = False
            while not ready:
                assert service.poll() is None
                try:
                    ready = browser.get("/readyz").status_code == 200
                except httpx.TransportError:
                    continue
            for part in ("farmer", "buyer", "official"):
                answer = browser.get(f"/demo/{part}")
                assert answer.status_code == 404
                assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]
            assert "样例数据" not in browser.get("/").text
    finally:
        service.send_signal(signal.SIGINT)
        assert service.wait(60) == 0
