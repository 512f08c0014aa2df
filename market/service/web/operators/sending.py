"""Queue the import of a file that an operator's account sends."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response

from market.kernel import Connection
from market.kernel.sheets.spreadsheet import digest
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm
from market.service.web.idempotent_form import get_request_key, submit_once
from market.service.web.operators.context import OperatorRoom
from market.subsidies.imports.upload import Upload
from market.subsidies.tasks.models import ImportTask
from market.subsidies.tasks.submit import add_task


def compute_upload_digest(upload: Upload, attachments: Mapping[str, bytes]) -> str:
    """Return a hash of everything that the form sends, so that another file is another request."""
    parts = [
        upload.name, upload.sha256, str(upload.dry_run), str(upload.take_fewer), str(upload.take_part),
        str(upload.replaces),
    ]  # fmt: skip
    return digest("\n".join([*parts, *(f"{name} {digest(content)}" for name, content in attachments.items())]).encode())


async def submit_file(
    request: HttpRequest,
    room: OperatorRoom,
    form: PostedForm,
    task: ImportTask,
    *,
    about: str,
    store: Callable[[], Awaitable[None]],
) -> Response[Any]:
    """Queue the import once for each request, and redirect to its task."""

    async def work(conn: Connection) -> str:
        key = get_request_key(form, about)
        task_id = await add_task(conn, room.actor, room.county, task, request_key=key, store=store, now=room.now)
        return room.to(f"/operators/tasks/{task_id}", wait=1)

    return await submit_once(request, room.actor, form, work, scope=room.county, about=about)
