"""Forms that begin a task: queued once, then shown on the page of the task."""

from collections.abc import Awaitable, Callable

from litestar.response import Redirect

from market.kernel import Connection
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext
from market.service.web.forms import PostedForm
from market.service.web.idempotent_form import get_request_key, submit_once
from market.subsidies.tasks.models import CountyTask
from market.subsidies.tasks.submit import add_task


async def submit_task(
    request: HttpRequest,
    desk: DeskContext,
    form: PostedForm,
    task: CountyTask,
    *,
    about: str = "",
    store: Callable[[], Awaitable[None]] | None = None,
) -> Redirect:
    """Queue the task of a form and redirect to its page, which waits a moment for the result.

    `store` stores the upload of an import, see `add_task`.

    Raises:
        Refusal: the task is refused at once, see `add_task`.
        FormSentBefore, RequestInProgress: see `submit_once`.
    """

    async def work(conn: Connection) -> str:
        key = get_request_key(form, about)
        task_id = await add_task(conn, desk.actor, desk.county, task, request_key=key, store=store, now=desk.now)
        return desk.to(f"/desk/tasks/{task_id}", wait=1)

    return await submit_once(request, desk.actor, form, work, scope=desk.county, about=about)
