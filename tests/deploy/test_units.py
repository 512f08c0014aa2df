"""The files that an operator installs are accepted by systemd and Caddy."""

import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.settings_docs import ROOT
from market.kernel.postgres.embedded import find_free_port
from market.kernel.settings import Settings

SERVICES = ("xiangji.service", "xiangji-worker.service")
UNITS = sorted(path.name for path in (ROOT / "deploy").iterdir() if path.suffix in {".service", ".timer"})
SYSTEMD = shutil.which("systemd-analyze")
CADDY = Path(sys.executable).with_name("caddy")
OUTSIDE = {"X-Forwarded-For": "203.0.113.9"}
"""What a trusted proxy says of a visitor; the tests' own address is that of the machine."""


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers in the service's place with the visitor's address."""

    def do_GET(self) -> None:
        body = self.headers["X-Forwarded-For"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the library
        """Print nothing."""


@contextmanager
def run_caddy(folder: Path, **variables: str) -> Generator[httpx.Client]:
    """Yield a client of Caddy, which runs with its file before an upstream of its own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{find_free_port()}"
        text = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
        config = folder / "Caddyfile"
        config.write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream.server_port}"), encoding="utf-8")
        env = {"HOME": str(folder), "XIANGJI_SITE": site, **variables}
        caddy = subprocess.Popen([CADDY, "run", "--config", config], env=env, stderr=subprocess.DEVNULL)
        try:
            transport = httpx.HTTPTransport(retries=8)
            with httpx.Client(base_url=site, transport=transport, timeout=10) as client:
                yield client
        finally:
            caddy.terminate()
            caddy.wait()
            upstream.shutdown()


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_hardened_and_starts_a_command_that_exists(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "TasksMax=256"):
        assert line in text.splitlines()
    assert [line for line in text.splitlines() if line.startswith("MemoryMax=")]
    command = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split()[-1]
    done = subprocess.run(
        [sys.executable, "-m", "market.service.commands", command, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert f"market {command}" in done.stdout


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    assert SYSTEMD is not None
    for name in UNITS:
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            re.sub(r"/srv/xiangji/\.venv/bin/\w+", "/bin/true", text)
            .replace("Documentation=file:///srv/xiangji/deploy/README.md\n", "")
            .replace("User=xiangji\nGroup=xiangji\n", "User=daemon\nGroup=daemon\n"),
            encoding="utf-8",
        )
    started = [str(tmp_path / name.replace("@.", "@ledger.")) for name in UNITS]
    done = subprocess.run(
        [SYSTEMD, "verify", "--recursive-errors=no", *started], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_caddy_closes_the_metrics_to_the_outside_and_passes_the_visitors_address_on(tmp_path: Path) -> None:
    with run_caddy(tmp_path) as caddy:
        shown = caddy.get("/ok", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        assert (shown.status_code, shown.text) == (200, "203.0.113.9")
        for path in ("/metrics", "/metrics/", "//metrics", "/readyz/", "/%6detrics", "/METRICS", "/%2fmetrics"):
            url = f"{str(caddy.base_url).rstrip('/')}{path}"
            assert (path, caddy.get(url, headers=OUTSIDE).status_code, caddy.get(url).status_code) == (path, 404, 200)


def test_caddy_takes_what_the_service_takes(tmp_path: Path) -> None:
    text = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    [default] = re.findall(r"max_size {\$XIANGJI_UPLOAD:(\d+)MiB}", text)
    assert int(default) == Settings().upload_mb + 1
    with run_caddy(tmp_path, XIANGJI_UPLOAD="2MiB") as caddy:
        statuses = [caddy.post("/", content=b"a" * size).status_code for size in (2 * 1024**2, 2 * 1024**2 + 1)]
    assert statuses == [200, 413]
