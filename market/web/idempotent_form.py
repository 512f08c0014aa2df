"""Idempotent forms: a form that creates something takes effect once, however often it is sent."""

from collections.abc import Awaitable, Callable

from litestar.response import Redirect

from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Connection
from market.kernel.idempotency import StoredResponse, begin_request, compute_fingerprint, finish_request
from market.web.forms import PostedForm
from market.web.pages import redirect
from market.web.services import get_services

_MAX_KEY_LENGTH = 100
_SEE_OTHER = 303


async def submit_once(
    request: HttpRequest, actor: Actor, form: PostedForm, work: Callable[[Connection], Awaitable[str]]
) -> Redirect:
    """Run `work` in one transaction and redirect to the path it returns; a repeated form redirects there too.

    A duplicate request waits for the commit of the first one. A refusal is not stored: nothing was changed, and
    the form may be sent again.

    Raises:
        RequestInProgress: the first request did not end within the lock timeout.
    """
    who, key = str(actor.account_id), f"form:{form.key[:_MAX_KEY_LENGTH]}"
    # A draft that is sent again may differ in whitespace or photos, so only the path identifies the form.
    fingerprint = compute_fingerprint(request.method, request.url.path, b"")
    services = get_services(request)
    async with services.db.transaction() as conn:
        stored = await begin_request(conn, services.seal, actor=who, key=key, fingerprint=fingerprint)
        if isinstance(stored, StoredResponse):
            return redirect(stored.body.decode(), draft=form.draft)
        path = await work(conn)
        await finish_request(conn, services.seal, actor=who, key=key, status=_SEE_OTHER, response=path.encode())
    return redirect(path, draft=form.draft)
