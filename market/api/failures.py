"""Whatever goes wrong becomes one clear answer here: a refusal with a code, never a stack trace."""

from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request
from litestar.exceptions import HTTPException, SerializationException, ValidationException

from market.identity import NotFound
from market.kernel import Busy, FieldFault, GatewayUnavailable, Refusal

log = structlog.get_logger()


class BadRequest(Refusal):
    """The request cannot be read: which field, and what would be right, stand in `errors`."""

    code = "bad_request"
    status = 400
    zh = "请求有误，请看 errors。"
    en = "The request is not right; see errors."


class BodyTooLarge(Refusal):
    """The body is larger than anything that is taken."""

    code = "body_too_large"
    status = 413
    zh = "内容太大。"
    en = "The body is too large."


class MethodNotAllowed(Refusal):
    """The address knows no such method."""

    code = "method_not_allowed"
    status = 405
    zh = "这个地址不支持这种请求。"
    en = "This address does not take that method."


class UnsupportedMedia(Refusal):
    """The body has a type that this address does not read."""

    code = "unsupported_media_type"
    status = 415
    zh = "不支持这种内容类型。"
    en = "This address does not read that content type."


class ProviderSilent(Refusal):
    """The payment provider did not answer; nothing is known to have failed."""

    code = "provider_silent"
    status = 503
    zh = "支付渠道暂时没有回应，请稍后再看订单，不会重复扣款。"
    en = "The payment provider does not answer; look at the order again in a moment, nothing is charged twice."


class Broken(Refusal):
    """Our fault: it is logged, and someone looks."""

    code = "internal"
    status = 500
    zh = "系统出错了，我们已经记下。请稍后再试。"
    en = "Something of ours broke and was recorded. Try again in a moment."


class Unavailable(Refusal):
    """The database does not answer now."""

    code = "unavailable"
    status = 503
    zh = "服务暂时不可用，请过几秒再试。"
    en = "The service is not available now; try again in a few seconds."


_BUSY = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.TooManyConnectionsError,
)
_DOWN = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
    OSError,
)
_UNREADABLE = (SerializationException, UnicodeDecodeError, RecursionError)
_UNKEEPABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def _in_body(message: str) -> BadRequest:
    return BadRequest(errors=(FieldFault("body", message),))


_ANSWERS: tuple[tuple[tuple[type[Exception], ...], Callable[[], Refusal]], ...] = (
    ((GatewayUnavailable,), ProviderSilent),
    (_UNREADABLE, lambda: _in_body("is not readable")),
    (_UNKEEPABLE, lambda: _in_body("holds a character that cannot be stored")),
    (_BUSY, Busy),
    (_DOWN, Unavailable),
)
_BY_STATUS: dict[int, type[Refusal]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMedia,
}


def refusal_of(error: Exception, request: Request[Any, Any, Any]) -> Refusal:
    """Return the answer to an exception; only what is our own bug becomes `internal`, and is logged."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationException):
        return BadRequest(errors=_faults(error))
    if isinstance(error, HTTPException) and error.status_code < 500:  # noqa: PLR2004 - RFC 9110
        known = _BY_STATUS.get(error.status_code)
        return known() if known else _in_body(error.detail or "is not readable")
    for kinds, answer in _ANSWERS:
        if isinstance(error, kinds):
            log.warning("answered", error=type(error).__name__, path=request.url.path)
            return answer()
    log.error("broken", path=request.url.path, method=request.method, exc_info=error)
    return Broken()


def _faults(error: ValidationException) -> tuple[FieldFault, ...]:
    found = msgspec.convert(error.extra, list[dict[str, Any]]) if isinstance(error.extra, list) else []
    faults = [FieldFault(str(one.get("key") or "body"), str(one.get("message") or "is not right")) for one in found]
    return tuple(faults) or (FieldFault("body", error.detail or "is not right"),)
