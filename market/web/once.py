"""A form that creates something is taken once, however often a weak network sends it."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request
from litestar.response import Redirect

from market.identity import Actor
from market.kernel import Connection
from market.web.plumbing import see_other, services
from payments.idempotency import Replay, begin, fingerprint, finish

_LONGEST_KEY = 100
_SEE_OTHER = 303


async def once_form(
    request: Request[Any, Any, Any], actor: Actor, key: str, work: Callable[[Connection], Awaitable[str]]
) -> Redirect:
    """Do `work` in one transaction and go to the address it returns; the same form sent again leads there too.

    A twin that runs at the same moment waits for the first one's commit. A refusal is not kept: nothing was done, and
    the same form may be sent again.

    Raises:
        StillRunning: a twin has been at it for longer than a lock is waited for.
    """
    who, key = str(actor.account_id), f"form:{key[:_LONGEST_KEY]}"
    # What was typed may differ in blanks or photos when a draft is sent again: the address alone tells forms apart.
    form = fingerprint(request.method, request.url.path, b"")
    async with services(request).db.transaction() as conn:
        begun = await begin(conn, actor=who, key=key, fingerprint=form)
        if isinstance(begun, Replay):
            return see_other(begun.answer.decode())
        path = await work(conn)
        await finish(conn, actor=who, key=key, status=_SEE_OTHER, answer=path.encode())
    return see_other(path)
