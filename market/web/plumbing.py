"""What every page shares: rendering, forms, the proof that a form is ours, and the page that says no."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from market.identity import Actor, NotSignedIn
from market.kernel import FieldFault, Refusal
from market.kernel.text import clean
from market.web.look.render import policy
from market.web.services import Services

SESSION = "session"
ELDER = "elder"
VISITOR = "visitor"
_YEAR = 31_536_000


class Invalid(Refusal):
    """A form has fields that are wrong; each is named."""

    code = "invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields need another look."


class ForeignForm(Refusal):
    """The form was not sent from a page of ours, or the page is too old."""

    code = "foreign_form"
    status = 403
    zh = "页面已过期，请返回上一页再试一次。"
    en = "This page has expired; go back and try again."


def services(request: Request[Any, Any, Any]) -> Services:
    """Return what the process holds."""
    return cast("Services", request.app.state["market"])


def session_cookie(request: Request[Any, Any, Any]) -> str:
    """Return the name of the session cookie: `__Host-` wherever the site is reached over TLS."""
    return f"__Host-{SESSION}" if is_secure(request) else SESSION


def is_secure(request: Request[Any, Any, Any]) -> bool:
    """Say whether people reach the site over TLS."""
    return services(request).settings.public_url.startswith("https://")


def _subject(request: Request[Any, Any, Any]) -> str:
    return request.cookies.get(session_cookie(request)) or request.cookies.get(VISITOR) or ""


def form_token(request: Request[Any, Any, Any], subject: str | None = None) -> str:
    """Return the token that a form of this visitor carries: bound to the session, or to the visitor's cookie."""
    key = services(request).seal.index("form token")
    who = _subject(request) if subject is None else subject
    return hmac.new(key, who.encode(), hashlib.sha256).hexdigest()[:32]


def page(
    request: Request[Any, Any, Any],
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    actor: Actor | None = None,
    cart: int = 0,
    cache: str = "private, no-store",
    pay_origins: tuple[str, ...] = (),
) -> Response[bytes]:
    """Answer with a page: its own nonce, its caching rule, and a form token for its forms (`csrf` in templates).

    `cache` is the whole Cache-Control value; whatever shows a person's own things keeps the default.
    """
    held = services(request)
    nonce = secrets.token_urlsafe(12)
    elder = (actor.elder if actor else False) or request.cookies.get(ELDER) == "1"
    if request.cookies.get(ELDER) == "0":
        elder = False
    visitor = None
    if not _subject(request) and cache.startswith("private"):
        visitor = secrets.token_urlsafe(18)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = held.renderer.page(
        template,
        {"csrf": form_token(request, visitor), "actor": actor, **(context or {})},
        nonce=nonce,
        elder=elder,
        path=path,
        query=request.query_params.get("q", ""),
        cart=cart,
        user=actor.name if actor else None,
    )
    response = Response(
        html,
        status_code=status,
        media_type="text/html",
        headers={"Content-Security-Policy": policy(nonce, pay_origins), "Cache-Control": cache, "Vary": "Cookie"},
    )
    if visitor is not None:
        set_cookie(request, response, VISITOR, visitor, seconds=_YEAR)
    return response


def set_cookie(
    request: Request[Any, Any, Any], response: Response[Any], name: str, value: str, *, seconds: int
) -> None:
    """Set a cookie that scripts cannot read and other sites do not send."""
    response.set_cookie(
        key=name, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_secure(request)
    )


def see_other(path: str) -> Redirect:
    """Send the browser on with GET after a form was taken."""
    return Redirect(path, status_code=303, headers={"Cache-Control": "private, no-store"})


def local_path(text: str, otherwise: str = "/") -> str:
    """Return `text` where it is a path on this site, so that nobody is led elsewhere."""
    parts = urlsplit(text)
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if fine and "\n" not in text and "\r" not in text else otherwise


async def fields(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Read a form: text is cleaned, files stay files, a field that came several times is a list.

    Raises:
        ForeignForm: the form does not carry this visitor's token, or another site sent it.
    """
    data = await request.form()
    check_origin(request)
    sent = data.get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(request).encode()):
        raise ForeignForm
    found: dict[str, Any] = {}
    for name in dict.fromkeys(data.keys()):
        values = [clean_field(value) for value in data.getall(name)]
        found[name] = values[0] if len(values) == 1 else values
    found.pop("csrf", None)
    return found


def clean_field(value: Any) -> Any:  # noqa: ANN401 - a form's value is text or a file
    """Clean a form's text; a file stays as it is."""
    return value if isinstance(value, UploadFile) else clean(str(value))


def check_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that another site sent: by Fetch Metadata where the browser gives it, else by Origin.

    Raises:
        ForeignForm: it was sent from elsewhere.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignForm
    origin = request.headers.get("origin")
    if origin and origin != "null":
        public = services(request).settings.public_url
        allowed = {urlsplit(public).netloc} if public else set[str]()
        if urlsplit(origin).netloc not in allowed | {request.headers.get("host", "")}:
            raise ForeignForm


def read_form[T: msgspec.Struct](kind: type[T], found: Mapping[str, Any]) -> T:
    """Turn a form's fields into a Struct, naming every field that is wrong at once.

    Empty text counts as not given. Numbers may come as text.

    Raises:
        Invalid: a field is missing or wrong.
    """
    given = {name: value for name, value in found.items() if value != ""}
    faults: list[FieldFault] = []
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name not in given:
            if field.required:
                faults.append(FieldFault(field.name, "这一项要填"))
            continue
        try:
            values[field.name] = msgspec.convert(given[field.name], field.type, strict=False)
        except msgspec.ValidationError as error:
            faults.append(FieldFault(field.name, str(error).partition(" - at ")[0]))
    if faults:
        raise Invalid(errors=tuple(faults))
    return kind(**values)


def lead_to_sign_in(request: Request[Any, Any, Any], refusal: NotSignedIn) -> Response[Any]:
    """Lead who opens a page of one's own to signing in, and back; a form that was sent is refused."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    opened = request.method == "GET"
    way = f"/sign-in?{urlencode({'to': here})}"
    response: Response[Any] = see_other(way) if opened else refusal_page(request, refusal)
    # An answer to an exception passes by what gives every other these.
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def refusal_page(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Answer a refusal as people read it: what happened, why, what to do, whom to call."""
    return page(
        request,
        "refusal.html",
        {
            "text": refusal.text("zh"),
            "code": refusal.code,
            "status": refusal.status,
            "faults": [f"{fault.field}：{fault.message}" for fault in refusal.errors],
            "sign_in": refusal.status == 401,  # noqa: PLR2004 - RFC 9110
        },
        status=refusal.status,
    )
