"""The page of a task: how far it is, then the page of its result or refusal."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.desk.files.imports import render_import_refusal, render_tried_file
from market.service.web.desk.months.month_pages import explain_refusal, render_month
from market.service.web.desk.presenters import describe_task, present_progress
from market.service.web.pages import redirect
from market.subsidies.imports.upload import ImportResult
from market.subsidies.models import Outcome, StepResult
from market.subsidies.month.run import RunResult
from market.subsidies.month.steps import DECIDE
from market.subsidies.tasks.models import ImportTask, SplitTask, TaskFailed, TaskInput, TaskResult, TaskState
from market.subsidies.tasks.outcome import open_refusal, open_result
from market.subsidies.tasks.submit import find_task


@get("/tasks/{task_id:uuid}", include_in_schema=False)
async def show_task(
    request: HttpRequest,
    *,
    task_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Show how far an own task is, or what came of it; the page of a new task waits for it a moment.

    Raises:
        NotFound: the official has no such task in the county.
    """
    desk = await open_desk(request, db, actor, clock)
    task = await find_task(db, actor, desk.county, task_id, wait=request.query_params.get("wait") == "1")
    if not task.ended:
        context = {"name": describe_task(task), "progress": present_progress(task), "task_id": task.id}
        return render_desk_page(request, desk, "task.html", context)
    if task.state is TaskState.DONE:
        return await _show_result(request, db, desk, task.input, open_result(seal, task))
    refusal = open_refusal(seal, task) if task.state is TaskState.REFUSED else TaskFailed()
    if isinstance(task.input, ImportTask):
        return await render_import_refusal(request, db, desk, task.input, refusal)
    assert not isinstance(task.input, SplitTask), "a task of a county splits nothing"
    notice = await explain_refusal(db, seal, desk, task.input.month, task.input.step, refusal=refusal)
    return await render_month(request, db, seal, desk, task.input.month, notice=notice, status=refusal.status)


async def _show_result(
    request: HttpRequest, db: Database, desk: DeskContext, given: TaskInput, result: TaskResult
) -> Response[Any]:
    if isinstance(result, RunResult):
        done = "again" if result.outcome is Outcome.NO_OP else "run"
        return redirect(desk.to(f"/desk/months/{result.month}", done=done))
    if isinstance(result, StepResult):
        return redirect(desk.to(f"/desk/months/{result.month}", done=DECIDE.name))
    assert isinstance(given, ImportTask), "the result is that of an import"
    assert isinstance(result, ImportResult), "the result is that of an import"
    if result.outcome is Outcome.OK and not given.dry_run:
        return redirect(desk.to(f"/desk/imports/{given.file_kind}", done=1))
    return await render_tried_file(request, db, desk, given, result)


ROUTES = [show_task]
