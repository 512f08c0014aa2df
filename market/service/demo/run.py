"""`market demo`: start every process, print the addresses, stop everything on Ctrl-C."""

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

from market.kernel.event_loop import run_to_end
from market.kernel.postgres.embedded import EmbeddedServerError, embedded_server, find_free_port, is_port_free
from market.kernel.postgres.migrate import UnknownRevision
from market.kernel.settings import BadSettings, Settings
from market.service.demo import children
from market.service.demo.load_sample import PARCELS_FILE, SampleLoadError, ensure_sample
from market.service.demo.sample.accounts import SampleLogin
from market.service.startup import make_clock, prepare_embedded, tune_garbage_collector

READY_SECONDS = 60.0
PARCEL_SPEED = 240
"""How many times faster than a real one a parcel of the demo travels: an hour takes 15 s."""
DEMO_PAGES = ("farmer", "buyer", "official", "people")


class DemoManifest(Struct, frozen=True):
    """The addresses and logins of a running demo, in `$MARKET_DATA/demo.json`."""

    url: str
    sandbox_url: str
    sms_path: str
    accounts: list[SampleLogin]


class DemoStartError(Exception):
    """The demo cannot start; the text gives the reason and the remedy."""


def run() -> int:
    """Run the demo until Ctrl-C or SIGTERM; return 0 after a clean stop, 1 if it cannot start."""
    console = Console(stderr=True)
    tune_garbage_collector()
    try:
        settings = Settings.from_env()
        _check_port(settings)
        with _lock_folder(settings.data), embedded_server(settings.data) as server:
            console.print("数据库已启动 database is up", style="dim")
            run_to_end(prepare_embedded(server))
            accounts = ensure_sample(server.dsn(), settings)
            return _serve(settings, accounts, console)
    except (BadSettings, DemoStartError, EmbeddedServerError, SampleLoadError, UnknownRevision) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def demo_settings(settings: Settings, sandbox_url: str, carrier_url: str) -> Settings:
    """Return the settings of the demo's processes: sandboxes as provider and carriers, messages written to a file."""
    return msgspec.structs.replace(
        settings,
        data=settings.data.absolute(),
        demo=True,
        public_url=f"http://{settings.host}:{settings.port}",
        stripe_key="sk_test_demo",
        stripe_base=sandbox_url,
        stripe_webhook_secret="whsec_demo",
        sms_path=str(settings.data.absolute() / "sms.jsonl"),
        carrier_url=carrier_url,
        carrier_key_id="demo",
        carrier_key_secret="carrier secret of the demo",
    )


def _serve(settings: Settings, accounts: list[SampleLogin], console: Console) -> int:
    sandbox_port = find_free_port(settings.port)
    carrier_port = find_free_port(sandbox_port)
    demo = demo_settings(settings, f"http://{settings.host}:{sandbox_port}", f"http://{settings.host}:{carrier_port}")
    importlib.import_module("market.service.app")  # imported once, before the processes are forked
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    processes = [
        children.Child("sandbox", functools.partial(run_sandbox, demo, sandbox_port)),
        children.Child("carrier sandbox", functools.partial(run_carriers, demo, carrier_port)),
        children.Child("service", functools.partial(children.run_service, demo)),
        children.Child("worker", functools.partial(children.run_demo_worker, demo)),
    ]
    try:
        _wait_until_ready(demo.public_url + "/readyz", [each.process for each in processes], stopped)
        if not stopped:
            console.print(f"短信写在 text messages are written to {demo.sms_path}", style="dim", soft_wrap=True)
            _publish_addresses(demo, accounts)
        while not stopped:
            for child in processes:
                code = child.restart_if_dead(time.monotonic())
                if code is not None:
                    console.print(f"The {child.name} ended early (exit code {code}) and starts again.", style="dim")
            time.sleep(0.1)
        console.print("正在停止 stopping", style="dim")
    except children.ChildEndsAgain as error:
        raise DemoStartError(str(error)) from error
    finally:
        children.stop_processes([each.process for each in processes])
    return 0


async def run_sandbox(settings: Settings, port: int) -> None:
    """Run the payment provider's sandbox until SIGTERM."""
    from payments.sandbox import serve

    await serve(
        port=port,
        webhook_url=f"{settings.public_url}/payments/webhook",
        webhook_secret=settings.stripe_webhook_secret,
        folder=settings.data / "sandbox",
    )


async def run_carriers(settings: Settings, port: int) -> None:
    """Run the sandbox of the carriers until SIGTERM; a parcel that is sent now arrives within a quarter of an hour."""
    from market.service.demo.carrier.app import CarrierSandbox, create_app
    from payments.sandbox.server import serve_app

    sandbox = CarrierSandbox(
        make_clock(settings).now,
        key_id=settings.carrier_key_id,
        secret=settings.carrier_key_secret,
        speed=PARCEL_SPEED,
        path=settings.data / PARCELS_FILE,
    )
    await serve_app(create_app(sandbox), port)


def _publish_addresses(settings: Settings, accounts: list[SampleLogin]) -> None:
    file = DemoManifest(settings.public_url, settings.stripe_base, settings.sms_path, accounts)
    path = settings.data / "demo.json"
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=1))
    staging.rename(path)
    print(f"ready {settings.public_url}")
    for page in DEMO_PAGES:
        print(f"{page} {settings.public_url}/demo/{page}")
    sys.stdout.flush()


def _wait_until_ready(url: str, processes: list[children.BaseProcess], stopped: list[int]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not stopped:
        dead = next((each for each in processes if not each.is_alive()), None)
        if dead is not None:
            raise DemoStartError(f"The {dead.name} did not start (exit code {dead.exitcode}); see the output above.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.02)
    if not stopped:
        raise DemoStartError(f"The service did not answer within {READY_SECONDS:.0f} s at {url}.")


def _check_port(settings: Settings) -> None:
    if not is_port_free(settings.host, settings.port):
        raise DemoStartError(
            f"端口 {settings.port} 已被占用。Port {settings.port} is taken: stop the other program, "
            f"or choose another with MARKET_PORT={find_free_port()} make demo"
        )


@contextmanager
def _lock_folder(folder: Path) -> Generator[None]:
    """Lock the data folder for one demo.

    Raises:
        DemoStartError: another demo runs on the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "demo.lock").open("a+b")
    except OSError as error:
        raise DemoStartError(
            f"文件夹 {folder} 不能写入。The folder {folder} cannot be written ({error.strerror}); "
            "choose another with MARKET_DATA=/a/folder make demo"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoStartError(
                f"Another demo already runs on {folder}: stop it, or choose another folder with MARKET_DATA."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        yield
