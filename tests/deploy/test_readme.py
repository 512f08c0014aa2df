"""The installation of deploy/README.md, followed word by word on a PostgreSQL server of its own."""

import asyncio
import contextlib
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.settings_docs import ROOT
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server, find_free_port

pytestmark = pytest.mark.long

README = (ROOT / "deploy/README.md").read_text(encoding="utf-8")


def find_blocks(language: str) -> list[str]:
    """Return the indented code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def read_environment_file(text: str, server: EmbeddedServer, secret: str) -> dict[str, str]:
    """Read a block of the page as systemd would, with the address of this server and real secrets."""
    values = dict(line.strip().split("=", 1) for line in text.strip().splitlines())
    values["MARKET_DATABASE_URL"] = values["MARKET_DATABASE_URL"].replace("127.0.0.1:5432", f"127.0.0.1:{server.port}")
    values["MARKET_SECRET"] = secret
    return {name: value.replace("replace_me", secret[:20]) for name, value in values.items()}


def read_unit_environment(name: str, state: Path) -> dict[str, str]:
    """Return the variables that a unit sets itself, with systemd's state folder at `state`."""
    unit = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    lines = [line.removeprefix("Environment=") for line in unit.splitlines() if line.startswith("Environment=")]
    return dict(line.replace("/var/lib/xiangji", str(state)).split("=", 1) for line in lines)


@contextmanager
def run_unit(name: str, environment: dict[str, str], state: Path, folder: Path) -> Generator[Path]:
    """Run the command of a unit in a folder that it may not write to, as systemd does; yield its log."""
    unit = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=/srv/xiangji/(.+)$", unit, flags=re.MULTILINE)
    assert command is not None
    words = shlex.split(command[1])
    words[0] = str(ROOT / words[0])
    if os.geteuid() == 0 and shutil.which("unshare"):
        words = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *words]  # root may write everywhere
    log = folder.with_suffix(f".{name}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={"PATH": os.environ["PATH"], **read_unit_environment(name, state), **environment},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            yield log
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def run_lines(block: str, environment: dict[str, str]) -> list[str]:
    """Run each line of a block of shell commands; return the outputs."""
    outputs: list[str] = []
    for line in block.strip().splitlines():
        words = shlex.split(line)
        words[0] = str(ROOT / words[0])
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **environment}
        )
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    return outputs


async def wait_until_ready(url: str, log: Path) -> None:
    """Wait until the service answers that its database is current."""
    async with httpx.AsyncClient(base_url=url) as client:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError(log.read_text())


async def wait_for_line(line: str, log: Path) -> None:
    """Wait until a process has printed a line."""
    for _ in range(600):
        if line in log.read_text().splitlines():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(log.read_text())


async def test_the_installation_as_written_starts_the_service_and_the_worker(tmp_path: Path) -> None:
    [sql] = find_blocks("sql")
    owner_file, service_file, commands = find_blocks("sh")
    secret = secrets.token_urlsafe(48)
    state, checkout = tmp_path / "state", tmp_path / "checkout"
    state.mkdir()
    checkout.mkdir(mode=0o555)
    with embedded_server(tmp_path / "server") as server:
        superuser = await asyncpg.connect(server.dsn("postgres"))
        for statement in sql.split(";"):
            if statement.strip():
                await superuser.execute(statement)
        await superuser.close()
        migrated, account = run_lines(commands, read_environment_file(owner_file, server, secret))
        assert "ok" in migrated
        assert "totp_secret" in account
        environment = read_environment_file(service_file, server, secret)
        environment["MARKET_PORT"] = str(find_free_port(server.port))
        with run_unit("xiangji.service", environment, state, checkout) as log:
            await wait_until_ready(f"http://127.0.0.1:{environment['MARKET_PORT']}", log)
        with run_unit("xiangji-worker.service", environment, state, checkout) as log:
            await wait_for_line("worker ready", log)
    assert list(checkout.iterdir()) == []


def test_every_file_that_the_page_names_exists_and_every_file_is_named() -> None:
    folder = ROOT / "deploy"
    files = {path.name for path in folder.iterdir() if path.suffix in {".service", ".timer", ".example", ".yml", ".py"}}
    table = README[: README.index("## Install")]
    assert [name for name in files - {"settings_docs.py", "__init__.py"} if name.split(".")[0] not in table] == []
    assert set(re.findall(r"`([a-z.@-]+\.(?:service|env\.example|yml|py))`", table)) <= files
