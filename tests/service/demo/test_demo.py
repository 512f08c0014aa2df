"""The demo as a user starts it: readiness, sign-in links, clean stops, and clear error messages."""

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

from market.kernel.postgres.embedded import find_free_port

pytestmark = pytest.mark.long

READY_SECONDS = 280


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the module: the first test loads the sample data, the others reuse it."""
    return tmp_path_factory.mktemp("demo")


def build_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "market.service.commands", *words]


def build_environment(folder: Path, port: int) -> dict[str, str]:
    return dict(os.environ, MARKET_DATA=str(folder), MARKET_PORT=str(port))


@contextmanager
def run_demo(folder: Path, port: int) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """Yield a running demo and the lines it printed when it was ready; kill it at the end if it still runs."""
    with (folder / "demo.log").open("a") as log:
        process = subprocess.Popen(
            build_command("demo"), env=build_environment(folder, port), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        assert lines[0] == f"ready http://127.0.0.1:{port}", (folder / "demo.log").read_text()
        yield process, lines
    finally:
        process.kill()
        process.wait()


def fail_to_start(folder: Path, port: int) -> str:
    """Start a demo that cannot start; return its error output."""
    done = subprocess.run(
        build_command("demo"),
        env=build_environment(folder, port),
        capture_output=True,
        text=True,
        check=False,
        timeout=READY_SECONDS,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def list_processes(folder: Path) -> list[str]:
    """Return the command lines of processes whose command line or environment names the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder).encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append(words)
        except OSError:
            continue
    return found


def test_it_starts_signs_in_by_a_link_and_leaves_no_process_behind(folder: Path) -> None:
    port = find_free_port()
    with run_demo(folder, port) as (process, lines):
        assert [line.split()[0] for line in lines] == ["ready", "farmer", "buyer", "official", "people"]
        for line, path in zip(lines[1:], ("/farm", "/", "/desk", "/demo/people"), strict=True):
            with httpx.Client(follow_redirects=True, timeout=60) as browser:
                answer = browser.get(line.split()[1])
                assert (answer.status_code, answer.url.path) == (200, path)
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
        assert len(Path(described["sms_path"]).read_text(encoding="utf-8").splitlines()) > 50
        assert "【乡集】" not in (folder / "demo.log").read_text(), "the links stay the last lines of the terminal"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not is_listening(port)
    assert list_processes(folder) == []


def test_a_later_start_keeps_the_data_and_writes_codes_to_the_message_file(folder: Path) -> None:
    port = find_free_port()
    with run_demo(folder, port) as (process, _lines):
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
            assert list(refunds)[-1]["amount"] == 1_00, "the sandbox knows the sample's payments"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_second_demo_on_the_same_folder_is_refused(folder: Path) -> None:
    with run_demo(folder, find_free_port()):
        assert "Another demo already runs" in fail_to_start(folder, find_free_port())


def test_a_killed_demo_frees_its_port_and_the_next_one_starts(folder: Path) -> None:
    port = find_free_port()
    with run_demo(folder, port) as (process, _lines):
        process.kill()
        process.wait()
    with run_demo(folder, port) as (process, _lines):
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert list_processes(folder) == []


def test_the_race_sells_fifty_boxes_and_refuses_the_other_buyers(folder: Path) -> None:
    done = subprocess.run(
        build_command("demo", "race", "--json"),
        env=build_environment(folder, 0),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert counted.keys() == {"sold", "told", "oversold", "listing"}
    assert (counted["sold"], counted["told"], counted["oversold"]) == (50, 150, 0)


def test_ledger_and_record_verify_on_the_sample_data(folder: Path) -> None:
    for words in (("ledger", "verify"), ("audit", "verify")):
        done = subprocess.run(
            build_command(*words, "--json"),
            env=build_environment(folder, 0),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["outcome"] == "ok"


def test_a_taken_port_is_reported_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in fail_to_start(tmp_path, port)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in fail_to_start(tmp_path / "file" / "data", find_free_port())


def test_the_demo_links_do_not_exist_in_a_normal_service(tmp_path: Path) -> None:
    port = find_free_port()
    service = subprocess.Popen(build_command("serve"), env=build_environment(tmp_path, port), stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
            ready = False
            while not ready:
                assert service.poll() is None
                try:
                    ready = browser.get("/readyz").status_code == 200
                except httpx.TransportError:
                    continue
            for part in ("farmer", "buyer", "official", "people"):
                answer = browser.get(f"/demo/{part}")
                assert answer.status_code == 404
                assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]
            assert "样例数据" not in browser.get("/").text
    finally:
        service.send_signal(signal.SIGINT)
        assert service.wait(60) == 0
