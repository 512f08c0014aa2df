"""The long-running processes and the migration of their database."""

import gc
import multiprocessing
import sys
from pathlib import Path

from market.kernel.event_loop import run_to_end
from market.kernel.postgres.embedded import EmbeddedServerError, is_port_free
from market.kernel.settings import BadSettings, Settings
from market.service.commands.runtime import BAD_INPUT, DONE, REFUSED, run
from market.service.startup import create_and_migrate, open_logins, share_metrics


async def migrate_database() -> dict[str, object]:
    """Migrate the database of the settings to this release's schema."""
    settings = Settings.from_env()
    if settings.database_url:
        changed = await create_and_migrate(settings.database_url)
        return {"outcome": "ok" if changed else "no-op"}
    async with open_logins(settings):
        return {"outcome": "ok", "data": str(settings.data)}


def serve_app() -> int:
    """Serve requests until SIGTERM or SIGINT; return 1 if the port is in use.

    The application is built once; the serving processes are forks of this one, so that they share its memory and one
    that was killed is replaced within milliseconds.
    """
    from granian.constants import Interfaces
    from granian.server import Server

    try:
        settings = Settings.from_env()
        settings.require_service_settings()
    except BadSettings as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if not is_port_free(settings.host, settings.port):
        print(f"Port {settings.port} is in use; set MARKET_PORT to a free port.", file=sys.stderr)
        return REFUSED
    server = Server(
        "market.service.app:create_app",  # its name among the processes
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
    )
    with share_metrics(settings.workers):
        from market.service.app import create_app  # metrics read where they are shared when they are imported

        app = create_app(settings)
        gc.collect()
        gc.freeze()  # a collection writes to each object that it looks at, and what is written is no longer shared
        multiprocessing.set_start_method("fork")
        server.serve(target_loader=lambda: app, wrap_loader=False)
    return DONE


def run_worker_process() -> int:
    """Run background jobs until SIGTERM or SIGINT."""

    async def run_until_stopped() -> None:
        from market.kernel.structs import build_from
        from market.people.notify.open_port import open_port
        from market.service.app import open_services
        from market.service.logs import configure_logs
        from market.service.worker.context import WorkerContext
        from market.service.worker.worker import run_worker

        configure_logs()
        settings = Settings.from_env()
        settings.require_service_settings()
        async with open_services(settings) as services, open_port(settings) as port:
            await run_worker(
                build_from(WorkerContext, services, port=port), on_ready=lambda: print("worker ready", flush=True)
            )

    return run(run_until_stopped)


def run_sandbox(*, port: int, webhook: str, state: Path | None) -> int:
    """Serve the payment sandbox until SIGTERM or SIGINT."""
    from payments.sandbox import serve as serve_sandbox

    try:
        secret = Settings.from_env().stripe_webhook_secret
        run_to_end(serve_sandbox(port=port, webhook_url=webhook or None, webhook_secret=secret, folder=state))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except (OSError, EmbeddedServerError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return DONE


def print_refusals(number: str, *, as_json: bool) -> int:
    """Print the refusals of a number, or all; return 1 if the number is unknown."""
    from importlib import import_module

    from market.kernel.refusal_numbers import list_refusals
    from market.service.commands.runtime import print_result

    import_module("market.service.app")  # loads every refusal
    found = {each: kind for each, kind in list_refusals().items() if number in {"", each}}
    rows = [{"number": each, "code": kind.code, "zh": kind.zh, "en": kind.en} for each, kind in found.items()]
    print_result(rows, as_json=as_json)
    return DONE if rows else REFUSED
