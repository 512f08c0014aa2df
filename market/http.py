"""The request type that handlers of the API and of the pages annotate."""

from typing import Any

from litestar import Request

HttpRequest = Request[Any, Any, Any]
"""A request whose user, session and state are not typed: handlers receive these as dependencies."""
