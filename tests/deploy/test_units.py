"""The files that an operator installs are accepted by systemd and Caddy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.settings_docs import ROOT

UNITS = ("xiangji.service", "xiangji-worker.service")
SYSTEMD = shutil.which("systemd-analyze")
CADDY = shutil.which("caddy")


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened_and_starts_a_command_that_exists(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "RestrictNamespaces=yes"):
        assert line in text.splitlines()
    command = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split()[-1]
    done = subprocess.run(
        [sys.executable, "-m", "market.cli", command, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert f"market {command}" in done.stdout


if SYSTEMD:

    @pytest.mark.parametrize("name", UNITS)
    def test_systemd_accepts_the_unit(name: str, tmp_path: Path) -> None:
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        here = tmp_path / name
        here.write_text(
            text.replace("/srv/xiangji/.venv/bin/market", "/bin/true")
            .replace("Documentation=file:///srv/xiangji/deploy/README.md\n", "")
            .replace("User=xiangji\nGroup=xiangji\n", "User=daemon\nGroup=daemon\n"),
            encoding="utf-8",
        )
        assert SYSTEMD is not None
        done = subprocess.run(
            [SYSTEMD, "verify", "--recursive-errors=no", str(here)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


if CADDY:

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
