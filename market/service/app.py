"""The composition root: a Litestar plugin that assembles the service and can be used in other applications."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar, Response, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.plugins import InitPluginProtocol
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from market import VERSION
from market.kernel import Database, open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateBudget, RateClass, RateLimiter, list_network_budgets
from market.kernel.seal import Seal, derive_seal
from market.kernel.settings import Settings
from market.people.identity.actors import hash_token
from market.people.identity.models import Actor, NotSignedIn
from market.people.storage.files import FileStore, open_file_store
from market.sales.carriers.open_port import GuardedCarriers, open_carriers
from market.sales.orders.checkout.batcher import Batcher
from market.service.api import ROUTES as API_ROUTES
from market.service.api import UPLOAD_ROUTES
from market.service.api.error_mapping import MethodNotAllowed, TooManyRequests, map_to_refusal
from market.service.api.openapi import SchemaPlugin, load_schema
from market.service.api.problem import build_problem_response, get_language
from market.service.api.strict_json import StrictJsonRequest
from market.service.auditors import find_visitor, is_by_cookie, keep_auditors_reading
from market.service.http import (
    HttpRequest,
    answer_head_requests,
    begin_in_chinese,
    choose_page_language,
    get_client_network,
    get_session_token,
    is_impersonal,
    list_allowed_methods,
    use_visitor_language,
)
from market.service.logs import configure_logs
from market.service.metrics import count_rate_refusal, count_responses
from market.service.public_pages import PublicPages
from market.service.response_cache import ResponseCache
from market.service.startup import make_clock, open_logins, tune_garbage_collector
from market.service.web import ROUTES as WEB_ROUTES
from market.service.web.api_reference import ApiReferencePlugin
from market.service.web.csrf import check_origin
from market.service.web.pages import render_refusal
from market.service.web.services import Services, get_services
from market.service.web.shared_pages import PagesForAll
from market.service.web.shop.counts import CatalogueCounts
from market.service.web.ui.renderer import SiteInfo, get_renderer
from market.service.worker.queues import QueueReadings, keep_readings
from payments import AccountKind, GuardedGateway
from payments.stripe import STRIPE_ACCOUNT_KINDS, Stripe

MAX_JSON_BYTES = 1024 * 1024
_MAX_FORM_BYTES = 64 * 1024
"""The fields beside a file, and the multipart headers."""
# A process that stands still keeps its locks, also those of a lot, until the server ends its session.
MAX_IDLE_TRANSACTION_SECONDS = 60
MAX_TRANSACTION_SECONDS = 120
REPLICA_SECONDS = 0.5
"""How long a page waits for a connection to a replica before it reads the primary."""
REPLICA_STATEMENT_SECONDS = 2
MAX_PROVIDER_CALLS = 32
"""Calls of one process to the payment provider at a time."""


class Market(InitPluginProtocol):
    """The whole service as a Litestar plugin: `Litestar(plugins=[Market(Settings.from_env())])`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the routes, dependencies, exception handlers, middleware and lifespan."""
        configure_logs()
        app_config.route_handlers.extend(_limit_routes(self.settings))
        app_config.dependencies.update(
            {
                "db": Provide(provide_db, sync_to_thread=False),
                "reads": Provide(provide_reads, sync_to_thread=False),
                "clock": Provide(provide_clock, sync_to_thread=False),
                "seal": Provide(provide_seal, sync_to_thread=False),
                "settings": Provide(provide_settings, sync_to_thread=False),
                "files": Provide(provide_files, sync_to_thread=False),
                "gateway": Provide(provide_gateway, sync_to_thread=False),
                "carriers": Provide(provide_carriers, sync_to_thread=False),
                "batcher": Provide(provide_batcher, sync_to_thread=False),
                "queues": Provide(provide_queues, sync_to_thread=False),
                "visitor": Provide(provide_visitor),
                "actor": Provide(provide_actor),
            }
        )
        # Litestar leaves the types of these two open.
        app_config.exception_handlers[Exception] = handle_exception  # pyright: ignore[reportUnknownMemberType]
        app_config.exception_handlers[500] = handle_exception  # pyright: ignore[reportUnknownMemberType]
        app_config.lifespan.append(self.run_lifespan)  # pyright: ignore[reportUnknownMemberType]
        app_config.after_request = complete_response
        app_config.middleware.append(count_responses)
        app_config.middleware.append(choose_page_language)
        app_config.openapi_config = OpenAPIConfig(
            title="乡集 Xiangji",
            version=VERSION,
            description="Farm products and tourism of poor villages, and the accounts of their phone subsidies.",
            path="/schema",
            render_plugins=[SchemaPlugin(path="/openapi.json"), ApiReferencePlugin(load_schema)],
            use_handler_docstrings=True,
        )
        return app_config

    @asynccontextmanager
    async def run_lifespan(self, app: Litestar) -> AsyncGenerator[None]:
        """Open the services when the process starts and close them when it stops."""
        async with open_services(self.settings) as services:
            app.state["market"] = services
            resolve_in_turn(app)
            handler = app.asgi_handler
            seconds = self.settings.get_keep_seconds()
            pages: ASGIApp = PublicPages(handler, app, guard=guard_request, complete=set_default_headers)
            public = ResponseCache(pages, seconds=seconds, shared=PagesForAll(app)) if seconds else pages
            app.asgi_handler = begin_in_chinese(answer_head_requests(public))
            yield
            app.asgi_handler = handler


def resolve_in_turn(app: Litestar) -> None:
    """Resolve the dependencies of each route one after another.

    The framework starts a task for each of several, at 60 µs a request; only that of the actor waits for anything.
    """
    routes = [each for each in app.routes if isinstance(each, HTTPRoute)]
    for model in (model for route in routes for _, model in route.route_handler_map.values()):
        if any(len(batch) > 1 for batch in model.dependency_batches):
            model.dependency_batches = [{each} for batch in model.dependency_batches for each in batch]


def _limit_routes(settings: Settings) -> list[Router]:
    """Return every route with its limits: of requests, and the largest body: 1 MiB of JSON, or `upload_mb` and a form.

    They belong to routers because an application passes its own to its constructor.
    """
    files = settings.upload_mb * 1024 * 1024 + _MAX_FORM_BYTES
    return [
        Router(
            path="/",
            route_handlers=API_ROUTES,
            middleware=[guard_requests],
            request_class=StrictJsonRequest,
            request_max_body_size=MAX_JSON_BYTES,
        ),
        Router(
            path="/",
            route_handlers=[*UPLOAD_ROUTES, *WEB_ROUTES],
            middleware=[guard_requests],
            request_max_body_size=files,
        ),
    ]


def make_gateway(settings: Settings) -> Stripe:
    """Return the payment provider of the settings; close it with `aclose`."""
    return Stripe(
        key=settings.stripe_key or "sk_unset",
        webhook_secret=settings.stripe_webhook_secret,
        base=settings.stripe_base or None,
        live="_live_" in settings.stripe_key,
        account_kinds=frozenset(AccountKind) if settings.stripe_base else STRIPE_ACCOUNT_KINDS,
    )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Yield the services of a process; the database is the embedded server unless the settings name another.

    An abandoned transaction holds its locks for a minute at most. The worker's tasks have connections of their own.
    """
    tune_garbage_collector()
    async with AsyncExitStack() as stack:
        logins = await stack.enter_async_context(open_logins(settings))
        db = await open_database(
            logins.service,
            role=APP_ROLE,
            min_size=2,
            max_size=settings.pool_size,
            max_idle_transaction_seconds=MAX_IDLE_TRANSACTION_SECONDS,
            max_transaction_seconds=MAX_TRANSACTION_SECONDS,
        )
        stack.push_async_callback(db.close)
        reads = await stack.enter_async_context(await open_reads(settings, db, stack))
        gateway = await stack.enter_async_context(make_gateway(settings))
        carriers = await stack.enter_async_context(open_carriers(settings))
        batcher = await stack.enter_async_context(Batcher(db))
        clock = make_clock(settings)
        yield Services(
            settings=settings,
            db=db,
            reads=reads,
            own_reads=PublicReads(db),
            clock=clock,
            seal=derive_seal(settings.get_or_create_secret(), settings.secret_old),
            files=open_file_store(settings.storage_url or (settings.data / "files").absolute().as_uri()),
            gateway=GuardedGateway(gateway, concurrency=MAX_PROVIDER_CALLS),
            carriers=carriers,
            batcher=batcher,
            renderer=get_renderer(SiteInfo(phone=settings.help_phone, hours=settings.help_hours, demo=settings.demo)),
            counts=CatalogueCounts(db, clock),
            queues=keep_readings(db, clock),
            rate_limiter=RateLimiter(settings.get_rate_limits()),
        )


async def open_reads(settings: Settings, db: Database, stack: AsyncExitStack) -> PublicReads:
    """Return what public pages read; the stack closes the connections to the replica, if there is one.

    A replica that is gone when the service starts is not waited for.
    """
    if not settings.replica_url:
        return PublicReads(db)
    replica = await open_database(
        settings.replica_url,
        role=APP_ROLE,
        min_size=0,
        max_size=settings.pool_size,
        acquire_timeout=REPLICA_SECONDS,
        application_name="market-reads",
        max_statement_seconds=REPLICA_STATEMENT_SECONDS,
    )
    stack.push_async_callback(replica.close)
    return PublicReads(db, replica, max_lag=settings.replica_lag_ms / 1000)


def provide_db(request: HttpRequest) -> Database:
    """Provide the database."""
    return get_services(request).db


def provide_reads(request: HttpRequest) -> PublicReads:
    """Provide what a public page reads: of a person, only where their own changes are seen at once."""
    services = get_services(request)
    return services.reads if is_impersonal(request) else services.own_reads


def provide_clock(request: HttpRequest) -> Clock:
    """Provide the business clock."""
    return get_services(request).clock


def provide_seal(request: HttpRequest) -> Seal:
    """Provide the encryption of personal data."""
    return get_services(request).seal


def provide_settings(request: HttpRequest) -> Settings:
    """Provide the settings."""
    return get_services(request).settings


def provide_files(request: HttpRequest) -> FileStore:
    """Provide the storage of photos and documents."""
    return get_services(request).files


def provide_gateway(request: HttpRequest) -> GuardedGateway:
    """Provide the payment gateway."""
    return get_services(request).gateway


def provide_carriers(request: HttpRequest) -> GuardedCarriers:
    """Provide the carriers."""
    return get_services(request).carriers


def provide_batcher(request: HttpRequest) -> Batcher:
    """Provide the checkout batcher."""
    return get_services(request).batcher


def provide_queues(request: HttpRequest) -> QueueReadings:
    """Provide the states of the queues and schedules."""
    return get_services(request).queues


async def provide_visitor(request: HttpRequest) -> Actor | None:
    """Provide the signed-in actor by bearer token or session cookie, or None."""
    return await find_visitor(request)


async def provide_actor(request: HttpRequest) -> Actor:
    """Provide the signed-in actor.

    Raises:
        NotSignedIn: the request has no valid session.
    """
    actor = await provide_visitor(request)
    if actor is None:
        raise NotSignedIn
    return actor


def require_own_origin(request: HttpRequest) -> None:
    """Require of a request that may change something by a session's cookie that a page of this site sent it.

    Browsers send cookies with requests from any site. It holds for all routes: some act on the session itself and know
    no actor.

    Raises:
        ForeignForm: the request comes from another site.
    """
    if request.method not in {"GET", "HEAD"} and is_by_cookie(request) and get_session_token(request):
        check_origin(request)


def guard_requests(app: ASGIApp) -> ASGIApp:
    """ASGI middleware of every route: limits requests, requires their origin, and keeps auditors reading.

    Requests are counted by account once this process has verified their session, otherwise by network, so that invented
    tokens gain nothing. The framework copies the whole route for each guard of its own.

    Raises:
        TooManyRequests: the account or the network has used up its requests of the class.
        ForeignForm: another site sent a request that may change something.
        AuditorReads: an auditor sent one.
    """

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request: HttpRequest = HttpRequest(scope)
            await guard_request(request, request.route_handler)
        await app(scope, receive, send)

    return guard


async def guard_request(request: HttpRequest, handler: BaseRouteHandler) -> None:
    """Limit a request, require its origin, and keep an auditor reading, as `guard_requests` does."""
    _spend_request(request, handler)
    require_own_origin(request)
    await keep_auditors_reading(request, handler)


def _spend_request(request: HttpRequest, handler: BaseRouteHandler) -> None:
    unstated = RateClass.PAGE if request.method == "GET" else RateClass.WRITE
    rate_class = handler.opt.get("rate", unstated)
    limiter = get_services(request).rate_limiter
    token = get_session_token(request)
    account = limiter.find_account(hash_token(token)) if token else None
    budgets = (RateBudget(account),) if account else list_network_budgets(get_client_network(request))
    seconds = limiter.spend(rate_class, budgets)
    if seconds:
        count_rate_refusal(rate_class)
        raise TooManyRequests(retry_after=seconds)


def handle_exception(request: HttpRequest, error: Exception) -> Response[Any]:
    """Return the error response of an exception: problem+json for the API, a page for browsers."""
    refusal = map_to_refusal(error, request)
    path = request.url.path
    if path.startswith(("/api/", "/schema/", "/healthz", "/readyz", "/metrics", "/payments/", "/carriers/")):
        response: Response[Any] = build_problem_response(refusal, get_language(request))
    else:
        use_visitor_language(request)  # a path without a route passed no middleware
        response = render_refusal(request, refusal)
    if refusal.status == MethodNotAllowed.status:
        response.headers["Allow"] = list_allowed_methods(request)
    return set_default_headers(response)


def set_default_headers(response: Response[Any]) -> Response[Any]:
    """Set the default caching and security headers of a response."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    return response


async def complete_response(response: Response[Any]) -> Response[Any]:
    """Set the default headers; as a coroutine, because the framework runs other functions in a thread."""
    return set_default_headers(response)


def create_app(settings: Settings | None = None) -> Litestar:
    """Return the application for the settings, or for those of the environment."""
    return Litestar(plugins=[Market(settings or Settings.from_env())], logging_config=None)


def __getattr__(name: str) -> object:
    """Create `app` when a server imports it by name."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
