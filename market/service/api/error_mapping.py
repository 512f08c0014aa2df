"""Map every exception of a request to a refusal with a code; no stack trace leaves the service."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import asyncpg
import msgspec
import structlog
from litestar.exceptions import HTTPException, InternalServerException, SerializationException, ValidationException

from market.kernel import Busy, FieldFault, GatewayUnavailable, Refusal
from market.people.identity.models import NotFound
from market.service.http import HttpRequest
from payments import CircuitOpen

log = structlog.get_logger()


class BadRequest(Refusal):
    """The request is malformed; `errors` lists each field with the correction."""

    code = "bad_request"
    status = 400
    zh = "请求写得不对。"
    en = "The request is malformed; see errors."


class BodyTooLarge(Refusal):
    """The body is larger than the limit."""

    code = "body_too_large"
    status = 413
    zh = "交的东西太大了：照片选小一点的，文件分成几份再交。"
    en = "The body is too large; send less at once."


class MethodNotAllowed(Refusal):
    """The URL does not support the method."""

    code = "method_not_allowed"
    status = 405
    zh = "这个地址不支持这种请求。"
    en = "This URL does not support that method."


class UnsupportedMediaType(Refusal):
    """The URL does not support the content type of the body."""

    code = "unsupported_media_type"
    status = 415
    zh = "不支持这种内容类型。"
    en = "This URL does not support that content type."


class TooManyRequests(Refusal):
    """The account or the network made too many requests of this class; `retry_after` is in seconds."""

    code = "too_many_requests"
    status = 429
    zh = "刚才点得太多了，请等 {retry_after} 秒再试。"
    en = "Too many requests; try again in {retry_after} s."


class ProviderUnreachable(Refusal):
    """The payment provider did not respond; the outcome is unknown, or it was not called if `retry_after` is given."""

    code = "provider_silent"
    status = 503
    zh = "支付渠道暂时没有回应，请稍后再看订单，不会重复扣款。"
    en = "The payment provider did not respond. Check the order again in a moment; nothing is charged twice."


class InternalError(Refusal):
    """A bug of the service; the exception is logged."""

    code = "internal"
    status = 500
    zh = "系统出错了，我们已经记下。请稍后再试。"
    en = "An internal error occurred and was recorded. Try again in a moment."


class ServiceUnavailable(Refusal):
    """The database is not available."""

    code = "unavailable"
    status = 503
    zh = "服务暂时不可用，请过几秒再试。"
    en = "The service is unavailable; try again in a few seconds."


_BUSY_ERRORS = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.TooManyConnectionsError,
)
_DATABASE_DOWN_ERRORS = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    asyncpg.InterfaceError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
    OSError,
)
_HANG_UP = "client disconnected prematurely"
"""How Litestar says that the client closed the connection within the body."""
_UNREADABLE_ERRORS = (SerializationException, UnicodeDecodeError, RecursionError)
_OUT_OF_RANGE_ERRORS = (
    OverflowError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.NumericValueOutOfRangeError,
)
_MAX_INTEGER = 2**31 - 1
"""Of the smallest columns; a larger number is to blame for what is out of range."""
_MAX_DIGITS = len(str(_MAX_INTEGER))
UNSTORABLE = "contains a character that cannot be stored"
_UNSTORABLE_ERRORS = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def _build_body_fault(message: str) -> BadRequest:
    return BadRequest(errors=(FieldFault("body", message),))


def _build_value_fault(request: HttpRequest, message: str, is_wrong: Callable[[str], bool]) -> BadRequest:
    """Return a fault of the parameters of path and query that are wrong, else of the body."""
    values = {**request.query_params.dict(), **request.path_params}
    wrong = [name for name, given in values.items() if any(is_wrong(str(each)) for each in _list_values(given))]
    return BadRequest(errors=tuple(FieldFault(name, message) for name in wrong or ["body"]))


def _list_values(given: object) -> Iterable[object]:
    return cast("list[object]", given) if isinstance(given, list) else [given]


def _is_large_number(text: str) -> bool:
    digits = text.removeprefix("-").lstrip("0")
    return digits.isdecimal() and (len(digits) > _MAX_DIGITS or int(digits) > _MAX_INTEGER)


def is_unstorable(text: str) -> bool:
    """Return whether a text has U+0000 or half of a surrogate pair, which no column can store."""
    return "\0" in text or any("\ud800" <= each <= "\udfff" for each in text)


_REFUSAL_BY_ERROR: tuple[tuple[tuple[type[Exception], ...], Callable[..., Refusal]], ...] = (
    ((GatewayUnavailable,), ProviderUnreachable),
    (_UNREADABLE_ERRORS, lambda: _build_body_fault("is not readable")),
    (_BUSY_ERRORS, Busy),
    (_DATABASE_DOWN_ERRORS, ServiceUnavailable),
)
_REFUSAL_BY_STATUS: dict[int, type[Refusal]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
}


def map_to_refusal(error: Exception, request: HttpRequest) -> Refusal:
    """Return the refusal for an exception; an unexpected one becomes `internal` and is logged with its traceback."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationException):
        return BadRequest(errors=_list_faults(error))
    if isinstance(error, HTTPException) and error.status_code < 500:
        refusal = _REFUSAL_BY_STATUS.get(error.status_code)
        return refusal() if refusal else _build_body_fault(error.detail or "is not readable")
    if isinstance(error, InternalServerException) and error.detail == _HANG_UP:
        log.debug("client_hung_up", path=request.url.path)
        return _build_body_fault("ended before it was complete")
    return _map_by_class(error, request)


def _map_by_class(error: Exception, request: HttpRequest) -> Refusal:
    if _is_out_of_range(error):
        log.warning("request_failed", error="OutOfRange", path=request.url.path, exc_info=error)
        return _build_value_fault(request, "contains a number or time that is out of range", _is_large_number)
    if isinstance(error, _UNSTORABLE_ERRORS):
        log.warning("request_failed", error=type(error).__name__, path=request.url.path)
        return _build_value_fault(request, UNSTORABLE, is_unstorable)
    for kinds, build in _REFUSAL_BY_ERROR:
        if isinstance(error, kinds):
            log.warning("request_failed", error=type(error).__name__, path=request.url.path)
            return build(**({"retry_after": error.retry_after} if isinstance(error, CircuitOpen) else {}))
    log.error("unhandled_exception", path=request.url.path, method=request.method, exc_info=error)
    return InternalError()


def _is_out_of_range(error: Exception) -> bool:
    """Return whether a number fits no column, or a year or time is beyond an end of the calendar."""
    return isinstance(error, _OUT_OF_RANGE_ERRORS) or isinstance(error.__cause__, OverflowError)


def _list_faults(error: ValidationException) -> tuple[FieldFault, ...]:
    details = msgspec.convert(error.extra, list[dict[str, Any]]) if isinstance(error.extra, list) else []
    faults = [
        FieldFault(str(each.get("key") or "body"), str(each.get("message") or "is not valid")) for each in details
    ]
    return tuple(faults) or (FieldFault("body", error.detail or "is not valid"),)
