"""The long-running processes, and what brings a database up for them."""

import asyncio
import sys
from pathlib import Path

from market.cli.runtime import BAD_INPUT, DONE, REFUSED, run
from market.kernel.embedded import EmbeddedFailed, port_is_free
from market.settings import BadSettings, Settings
from market.startup import create_and_migrate, owner_address


async def migrate() -> dict[str, object]:
    """Bring the database of the settings to this release's schema."""
    settings = Settings.from_env()
    if settings.database_url:
        changed = await create_and_migrate(settings.database_url)
        return {"outcome": "ok" if changed else "no-op"}
    async with owner_address(settings):
        return {"outcome": "ok", "data": str(settings.data)}


def serve() -> int:
    """Answer requests until SIGTERM or SIGINT; return 1 where the port is taken."""
    from granian.constants import Interfaces
    from granian.server import Server

    try:
        settings = Settings.from_env()
    except BadSettings as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if not port_is_free(settings.host, settings.port):
        print(f"Port {settings.port} is taken by another program; set MARKET_PORT to a free one.", file=sys.stderr)
        return REFUSED
    server = Server(
        "market.app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
    )
    server.serve()
    return DONE


def work() -> int:
    """Do the background work until SIGTERM or SIGINT."""

    async def forever() -> None:
        from market.app import open_services
        from market.jobs.worker import Tools, run_worker
        from market.logs import configure_logs
        from market.notify import port_of

        configure_logs()
        settings = Settings.from_env()
        async with owner_address(settings) as dsn, open_services(settings) as held:
            tools = Tools(settings, held.db, held.clock, held.seal, held.gateway, port_of(settings.sms_path))
            await run_worker(tools, dsn, ready=lambda: print("worker ready", flush=True))

    return run(forever)


def play_provider(*, port: int, webhook: str, state: Path | None) -> int:
    """Serve the payment sandbox until SIGTERM or SIGINT."""
    from payments.sandbox import serve as serve_sandbox

    settings = Settings.from_env()
    try:
        asyncio.run(
            serve_sandbox(port=port, hook_url=webhook or None, hook_secret=settings.stripe_webhook_secret, folder=state)
        )
    except (OSError, EmbeddedFailed) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return DONE
