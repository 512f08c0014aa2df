"""The files that an operator installs are accepted by systemd and Caddy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.settings_docs import ROOT

SERVICES = ("xiangji.service", "xiangji-worker.service")
UNITS = sorted(path.name for path in (ROOT / "deploy").iterdir() if path.suffix in {".service", ".timer"})
SYSTEMD = shutil.which("systemd-analyze")
CADDY = shutil.which("caddy")


def get_caddy_version() -> tuple[int, int]:
    """Return the major and minor version of the installed Caddy, zeros without one."""
    if CADDY is None:
        return (0, 0)
    done = subprocess.run([CADDY, "version"], capture_output=True, text=True, check=False)
    major, minor = re.findall(r"[0-9]+", done.stdout)[:2]
    return (int(major), int(minor))


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_hardened_and_starts_a_command_that_exists(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "TasksMax=256"):
        assert line in text.splitlines()
    assert [line for line in text.splitlines() if line.startswith("MemoryMax=")]
    command = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split()[-1]
    done = subprocess.run(
        [sys.executable, "-m", "market.cli", command, "--help"], capture_output=True, text=True, check=False
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


@pytest.mark.skipif(CADDY is None or get_caddy_version() < (2, 8), reason="Caddy 2.8 or newer is not installed")
def test_caddy_accepts_its_file(tmp_path: Path) -> None:
    assert CADDY is not None
    done = subprocess.run(
        [CADDY, "adapt", "--config", str(ROOT / "deploy/Caddyfile"), "--validate"],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path), "XIANGJI_SITE": "http://localhost:0"},
    )
    assert done.returncode == 0, done.stderr


def test_the_metrics_are_closed_to_the_outside_with_every_path_that_reaches_them() -> None:
    text = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    assert "path /metrics* /readyz*" in text
    assert "respond @outside 404" in text
