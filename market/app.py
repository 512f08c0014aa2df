"""The composition root: one plugin assembles the service, so that it also fits into another application."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins import InitPluginProtocol

from market import VERSION
from market.api import ROUTES as API_ROUTES
from market.api.failures import refusal_of
from market.api.plumbing import language_of, problem_of
from market.identity import Actor, NotSignedIn
from market.identity.actors import actor_by_token
from market.kernel import Database, open_database
from market.kernel.clock import Clock
from market.kernel.seal import Seal, seal_from_secret
from market.logs import configure_logs
from market.metrics import counting
from market.orders import Batcher
from market.settings import Settings
from market.startup import APP_ROLE, clock_of, collect_seldom, owner_address
from market.storage import Files, open_files
from market.web import ROUTES as WEB_ROUTES
from market.web.look.render import Renderer, Site
from market.web.plumbing import check_origin, refusal_page, services, session_cookie
from market.web.reference import Reference
from market.web.services import Services
from payments.stripe import Stripe

Asked = Request[Any, Any, Any]


class Market(InitPluginProtocol):
    """The whole service as a Litestar plugin: `Litestar(plugins=[Market(Settings.from_env())])`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the routes, the dependencies, the answers to refusals, and what lives as long as the process."""
        configure_logs()
        app_config.route_handlers.extend([*API_ROUTES, *WEB_ROUTES])
        app_config.dependencies.update(
            {
                "db": Provide(give_db, sync_to_thread=False),
                "clock": Provide(give_clock, sync_to_thread=False),
                "seal": Provide(give_seal, sync_to_thread=False),
                "settings": Provide(give_settings, sync_to_thread=False),
                "files": Provide(give_files, sync_to_thread=False),
                "gateway": Provide(give_gateway, sync_to_thread=False),
                "batcher": Provide(give_batcher, sync_to_thread=False),
                "visitor": Provide(give_visitor),
                "actor": Provide(give_actor),
            }
        )
        # Litestar leaves the types of these two open.
        app_config.exception_handlers[Exception] = answer_failure  # pyright: ignore[reportUnknownMemberType]
        app_config.exception_handlers[500] = answer_failure  # pyright: ignore[reportUnknownMemberType]
        app_config.lifespan.append(self.living)  # pyright: ignore[reportUnknownMemberType]
        app_config.after_request = finish
        app_config.middleware.append(counting)
        app_config.request_max_body_size = self.settings.upload_mb * 1024 * 1024
        app_config.openapi_config = OpenAPIConfig(
            title="乡集 Xiangji",
            version=VERSION,
            description="Farm products and tourism of poor villages, and the accounts of their phone subsidies.",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json"), Reference()],
            use_handler_docstrings=True,
        )
        return app_config

    @asynccontextmanager
    async def living(self, app: Litestar) -> AsyncGenerator[None]:
        """Open what the process holds when it starts; close it when it stops."""
        async with open_services(self.settings) as held:
            app.state["market"] = held
            yield


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Lend the living parts of a process, with the embedded server where the settings name no other."""
    collect_seldom()
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(owner_address(settings))
        db = await open_database(dsn, role=APP_ROLE, min_size=2, max_size=settings.pool_size)
        stack.push_async_callback(db.close)
        gateway = await stack.enter_async_context(
            Stripe(
                key=settings.stripe_key or "sk_unset",
                webhook_secret=settings.stripe_webhook_secret,
                base=settings.stripe_base or None,
                live="_live_" in settings.stripe_key,
            )
        )
        batcher = await stack.enter_async_context(Batcher(db))
        yield Services(
            settings=settings,
            db=db,
            clock=clock_of(settings),
            seal=seal_from_secret(settings.secret_or_made()),
            files=open_files(settings.storage_url or (settings.data / "files").absolute().as_uri()),
            gateway=gateway,
            batcher=batcher,
            renderer=Renderer(Site(phone=settings.help_phone, desk_phone=settings.help_phone, demo=settings.demo)),
        )


def give_db(request: Asked) -> Database:
    """Give the database."""
    return services(request).db


def give_clock(request: Asked) -> Clock:
    """Give the business clock."""
    return services(request).clock


def give_seal(request: Asked) -> Seal:
    """Give what seals personal data."""
    return services(request).seal


def give_settings(request: Asked) -> Settings:
    """Give the settings."""
    return services(request).settings


def give_files(request: Asked) -> Files:
    """Give the store of photos and documents."""
    return services(request).files


def give_gateway(request: Asked) -> Stripe:
    """Give the way to the payment provider."""
    return services(request).gateway


def give_batcher(request: Asked) -> Batcher:
    """Give the queue of checkouts."""
    return services(request).batcher


async def give_visitor(request: Asked) -> Actor | None:
    """Give who is signed in, by bearer token or by cookie, or None.

    A cookie goes with whatever a browser sends, so a change that rests on one must come from a page of ours.

    Raises:
        ForeignForm: another site sent it.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    by_cookie = scheme.lower() != "bearer"
    token = request.cookies.get(session_cookie(request), "") if by_cookie else bearer.strip()
    if not token:
        return None
    if by_cookie and request.method not in {"GET", "HEAD"}:
        check_origin(request)
    held = services(request)
    async with held.db.connection() as conn:
        return await actor_by_token(conn, token, now=held.clock.now())


async def give_actor(request: Asked) -> Actor:
    """Give who is signed in.

    Raises:
        NotSignedIn: nobody is.
    """
    actor = await give_visitor(request)
    if actor is None:
        raise NotSignedIn
    return actor


def answer_failure(request: Asked, error: Exception) -> Response[Any]:
    """Turn an exception into the one error body, or into the page for people."""
    refusal = refusal_of(error, request)
    path = request.url.path
    if path.startswith(("/api/", "/schema/", "/healthz", "/readyz", "/metrics", "/payments/")):
        response: Response[Any] = problem_of(refusal, language_of(request))
    else:
        response = refusal_page(request, refusal)
    return finish(response)


def finish(response: Response[Any]) -> Response[Any]:
    """Give every answer a caching rule and the headers that keep browsers careful."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    return response


def create_app(settings: Settings | None = None) -> Litestar:
    """Make the service out of its settings, or out of the environment."""
    return Litestar(plugins=[Market(settings or Settings.from_env())], logging_config=None)


def __getattr__(name: str) -> object:
    """Make `app` when a server asks for it by name."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
