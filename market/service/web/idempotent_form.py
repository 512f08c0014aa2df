"""Idempotent forms: a form that creates something takes effect once, however often it is sent."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from market.kernel import Connection, Refusal
from market.kernel.idempotency import (
    IdempotencyKeyReused,
    RequestInProgress,
    StoredResponse,
    begin_request,
    compute_fingerprint,
    finish_request,
    run_despite_deadlocks,
)
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm
from market.service.web.pages import redirect
from market.service.web.services import get_services

_MAX_KEY_LENGTH = 100
_NOT_CONTENT = frozenset({"csrf", "key", "draft"})
_SEE_OTHER = 303
_PAUSE_SECONDS = 0.1
_MAX_PAUSES = 40
_PIECE_BYTES = 1024 * 1024


class FormSentBefore(Refusal):
    """The form was sent before with other contents; nothing was changed."""

    code = "form_sent_before"
    zh = "这张表已经交过一次，上次写的和这次不一样，这次没有算数。请把页面重新打开再填。"
    en = "This form was sent before with other contents. Open the page again and fill it in once more."


async def _compute_form_fingerprint(request: HttpRequest, form: PostedForm) -> bytes:
    """Return the hash of the form's texts, without their outer whitespace, and of its files."""
    content = {
        name: [text.strip() for text in form.get_texts(name)]
        + [await _hash_file(file) for file in form.get_files(name)]
        for name in form.fields
        if name not in _NOT_CONTENT
    }
    return compute_fingerprint(request.method, request.url.path, msgspec.json.encode(content, order="sorted"))


async def _hash_file(file: UploadFile) -> str:
    digest = hashlib.sha256()
    await file.seek(0)
    while piece := await file.read(_PIECE_BYTES):
        digest.update(piece)
    await file.seek(0)
    return digest.hexdigest()


def get_request_key(form: PostedForm, about: str = "") -> str:
    """Return the idempotency key of a form; `about` tells apart what one form may send with other files."""
    return f"form:{form.key[:_MAX_KEY_LENGTH]}{about}"


async def submit_once(
    request: HttpRequest,
    actor: Actor,
    form: PostedForm,
    work: Callable[[Connection], Awaitable[str]],
    *,
    scope: str | None = None,
    about: str = "",
) -> Redirect:
    """Run `work` in one transaction and redirect to the path it returns; a repeated form redirects there too.

    A second press of the button waits up to 4 s for the first one, without a connection. A refusal is not stored:
    nothing was changed, and the form may be sent again.

    Raises:
        FormSentBefore: the form was sent before with other contents.
        RequestInProgress: the first request did not end in time.
    """
    fingerprint = await _compute_form_fingerprint(request, form)
    submit = partial(_submit, request, actor, form, work, fingerprint=fingerprint, scope=scope, about=about)
    for _ in range(_MAX_PAUSES):
        try:
            return await run_despite_deadlocks(submit)
        except RequestInProgress:
            await asyncio.sleep(_PAUSE_SECONDS)
    return await run_despite_deadlocks(submit)


async def _submit(
    request: HttpRequest,
    actor: Actor,
    form: PostedForm,
    work: Callable[[Connection], Awaitable[str]],
    *,
    fingerprint: bytes,
    scope: str | None,
    about: str,
) -> Redirect:
    who, key = str(actor.account_id), get_request_key(form, about)
    services = get_services(request)
    async with services.db.transaction(scope=scope) as conn:
        try:
            stored = await begin_request(conn, services.seal, actor=who, key=key, fingerprint=fingerprint)
        except IdempotencyKeyReused as error:
            raise FormSentBefore from error
        if isinstance(stored, StoredResponse):
            return redirect(stored.body.decode(), draft=form.draft)
        path = await work(conn)
        await finish_request(conn, services.seal, actor=who, key=key, status=_SEE_OTHER, response=path.encode())
    return redirect(path, draft=form.draft)
