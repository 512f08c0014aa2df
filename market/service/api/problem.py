"""The error body of every refusal: RFC 9457 problem details."""

from typing import Any

import msgspec
from litestar import Response
from msgspec import Struct

from market.kernel import Refusal
from market.service.http import HttpRequest, choose_language, make_retry_headers

MEDIA_TYPE = "application/problem+json"


class Problem(Struct, frozen=True, omit_defaults=True):
    """The error body. Source: RFC 9457; `code` is stable, `errors` names each invalid field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] = []


def get_language(request: HttpRequest) -> str:
    """Return the language of the words in a response to the request."""
    return choose_language(request.headers.get("accept-language", ""))


def build_problem(refusal: Refusal, language: str) -> Problem:
    """Return the error body of a refusal."""
    errors: list[dict[str, Any]] = [msgspec.to_builtins(fault) for fault in refusal.errors]
    rows = refusal.facts.get("rows")
    if isinstance(rows, (list, tuple)):
        errors += msgspec.to_builtins(rows)
    return Problem(
        f"/problems/{refusal.code}",
        type(refusal).title(language),
        refusal.status,
        refusal.text(language),
        refusal.code,
        errors,
    )


def build_problem_response(refusal: Refusal, language: str) -> Response[bytes]:
    """Build the problem+json response for a refusal, with Retry-After if a retry may succeed."""
    body = msgspec.json.encode(build_problem(refusal, language))
    headers = make_retry_headers(refusal)
    return Response(body, status_code=refusal.status, media_type=MEDIA_TYPE, headers=headers)
