"""What the API and the pages share of HTTP: the type of a request, and the answer to HEAD."""

from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HttpRequest = Request[Any, Any, Any]
"""A request whose user, session and state are not typed: handlers receive these as dependencies."""


def answer_head_requests(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that answers HEAD as GET, with the same status and headers and an empty body.

    It wraps the whole application, because Litestar chooses the route by the method before it runs its middleware.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": "GET"}, receive, send_without_body)

    return answer
