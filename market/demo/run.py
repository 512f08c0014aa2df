"""`market demo`: everything started, its addresses printed, everything stopped again."""

import asyncio
import fcntl
import functools
import importlib
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console

from market.demo import children
from market.demo.sample import DemoAccount, LoadFailed, load_once
from market.kernel.embedded import EmbeddedFailed, embedded_server, free_port, port_is_free
from market.settings import BadSettings, Settings
from market.startup import create_and_migrate

READY_SECONDS = 60.0
PARTS = ("farmer", "buyer", "official")


class DemoFile(Struct, frozen=True):
    """What other programs read of a running demo, `$MARKET_DATA/demo.json`."""

    url: str
    sandbox_url: str
    sms_path: str
    accounts: list[DemoAccount]


class CannotStart(Exception):  # noqa: N818 - told to people as it is
    """The demo cannot start; the text says why and what to do."""


def run() -> int:
    """Start the demo and keep it until Ctrl-C or SIGTERM; return 0 after a clean stop, 1 where it cannot start."""
    console = Console(stderr=True)
    try:
        settings = Settings.from_env()
        _check_port(settings)
        with _alone(settings.data), embedded_server(settings.data) as server:
            console.print("数据库已启动 database is up", style="dim")
            asyncio.run(create_and_migrate(server.dsn()))
            accounts = load_once(server.dsn(), settings)
            return _serve(settings, accounts, console)
    except (BadSettings, CannotStart, EmbeddedFailed, LoadFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def demo_settings(settings: Settings, sandbox_url: str) -> Settings:
    """Return the settings of the demo's processes: the sandbox as provider, messages into a file."""
    return msgspec.structs.replace(
        settings,
        data=settings.data.absolute(),
        demo=True,
        public_url=f"http://{settings.host}:{settings.port}",
        stripe_key="sk_test_demo",
        stripe_base=sandbox_url,
        stripe_webhook_secret="whsec_demo",  # noqa: S106 - the sandbox's own
        sms_path=str(settings.data.absolute() / "sms.jsonl"),
    )


def _serve(settings: Settings, accounts: list[DemoAccount], console: Console) -> int:
    sandbox_port = free_port(settings.port)
    held = demo_settings(settings, f"http://{settings.host}:{sandbox_port}")
    importlib.import_module("market.app")  # once, before the processes are forked
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    parts = [
        children.start("sandbox", functools.partial(sandbox, held, sandbox_port)),
        children.start("service", functools.partial(children.service, held)),
        children.start("worker", functools.partial(children.worker, held)),
    ]
    try:
        _wait_until_ready(held.public_url + "/readyz", parts, stopped)
        if not stopped:
            _announce(held, accounts)
        while not stopped:
            dead = next((part for part in parts if not part.is_alive()), None)
            if dead is not None:
                raise CannotStart(f"The {dead.name} ended by itself (exit code {dead.exitcode}); see the lines above.")
            time.sleep(0.1)
        console.print("正在停止 stopping", style="dim")
    finally:
        children.stop(parts)
    return 0


async def sandbox(settings: Settings, port: int) -> None:
    """Play the payment provider until SIGTERM."""
    from payments.sandbox import serve

    await serve(
        port=port,
        hook_url=f"{settings.public_url}/payments/webhook",
        hook_secret=settings.stripe_webhook_secret,
        folder=settings.data / "sandbox",
    )


def _announce(settings: Settings, accounts: list[DemoAccount]) -> None:
    file = DemoFile(settings.public_url, settings.stripe_base, settings.sms_path, accounts)
    path = settings.data / "demo.json"
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=1))
    staging.rename(path)
    print(f"ready {settings.public_url}")
    for part in PARTS:
        print(f"{part} {settings.public_url}/demo/{part}")
    sys.stdout.flush()


def _wait_until_ready(url: str, parts: list[children.BaseProcess], stopped: list[int]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not stopped:
        dead = next((part for part in parts if not part.is_alive()), None)
        if dead is not None:
            raise CannotStart(f"The {dead.name} did not start (exit code {dead.exitcode}); see the lines above.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:  # noqa: PLR2004 - RFC 9110
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.02)
    if not stopped:
        raise CannotStart(f"The service did not answer within {READY_SECONDS:.0f} s at {url}.")


def _check_port(settings: Settings) -> None:
    if not port_is_free(settings.host, settings.port):
        raise CannotStart(
            f"端口 {settings.port} 已被占用。Port {settings.port} is taken: stop the other program, "
            f"or choose another with MARKET_PORT={free_port()} make demo"
        )


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Hold the folder for one demo.

    Raises:
        CannotStart: another demo runs on it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "demo.lock").open("a+b")
    except OSError as error:
        raise CannotStart(
            f"文件夹 {folder} 不能写入。The folder {folder} cannot be written ({error.strerror}); "
            "choose another with MARKET_DATA=/a/folder make demo"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"A demo runs already on {folder}: stop it, or choose another folder with MARKET_DATA."
            ) from None
        os.set_inheritable(lock.fileno(), False)  # noqa: FBT003 - the call has no name for it
        yield
