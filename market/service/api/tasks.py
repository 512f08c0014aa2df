"""Long work over HTTP: answered with its result if it ends soon, else with the task to look at later."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions, require_operator
from market.people.identity.models import Actor
from market.service.api.idempotency import get_idempotency_key, store_once
from market.service.api.problem import Problem, build_problem, get_language
from market.service.http import HttpRequest
from market.subsidies.imports.upload import ImportResult
from market.subsidies.models import StepResult
from market.subsidies.month.cycles import read_county
from market.subsidies.month.run import RunResult
from market.subsidies.progress import Stage
from market.subsidies.tasks.models import (
    CountyTask,
    ImportTask,
    RunTask,
    SplitTask,
    Task,
    TaskFailed,
    TaskInput,
    TaskState,
)
from market.subsidies.tasks.outcome import open_refusal, open_result
from market.subsidies.tasks.submit import add_task, find_task

type TaskKind = Literal["import", "run", "decide"]

_RETRY_SECONDS = 2


class TaskView(Struct, frozen=True):
    """A task; one of `imported`, `calculated` and `decided` is its result, `problem` why it was refused or failed."""

    id: UUID
    kind: TaskKind
    state: TaskState
    stage: Stage
    created_at: datetime
    imported: ImportResult | None = None
    calculated: RunResult | None = None
    decided: StepResult | None = None
    problem: Problem | None = None


ACCEPTED: Mapping[int, ResponseSpec] = {
    202: ResponseSpec(
        TaskView,
        generate_examples=False,
        description="The work goes on. `Location` is the task: get it, or repeat the request with the same key.",
    )
}
"""The second response of an operation that takes long."""


async def submit_task(
    request: HttpRequest,
    db: Database,
    actor: Actor,
    county: str,
    task: CountyTask,
    *,
    seal: Seal,
    now: datetime,
    body: bytes | None = None,
    store: Callable[[], Awaitable[None]] | None = None,
) -> Response[Any]:
    """Queue a task once per idempotency key, and respond with its result or, after 2.5 s, with 202.

    `store` stores the upload of an import, see `add_task`.

    Raises:
        IdempotencyKeyNeeded, IdempotencyKeyReused, RequestInProgress: see `run_once`.
        Refusal: the task was refused, at once (see `add_task`) or by the worker.
        TaskFailed: the task was given up.
    """
    key = get_idempotency_key(request)
    stored = await store_once(
        request,
        db,
        actor,
        lambda conn: add_task(conn, actor, county, task, request_key=key, store=store, now=now),
        scope=county,
        status=202,
        body=body,
    )
    known = await find_task(db, actor, county, msgspec.json.decode(stored.body, type=UUID), wait=True)
    if known.state is TaskState.REFUSED:
        raise open_refusal(seal, known)
    if known.state is TaskState.FAILED:
        raise TaskFailed
    if known.state is TaskState.DONE:
        return Response(msgspec.json.encode(open_result(seal, known)), status_code=200, media_type="application/json")
    return Response(
        msgspec.json.encode(_present_task(seal, known, get_language(request))),
        status_code=202,
        media_type="application/json",
        headers={"Location": f"/api/v1/counties/{county}/tasks/{known.id}", "Retry-After": str(_RETRY_SECONDS)},
    )


@get("/api/v1/counties/{county:str}/tasks/{task_id:uuid}", operation_id="GetTask", tags=["subsidies"])
async def show_task(
    *,
    request: HttpRequest,
    county: FromPath[str],
    task_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
) -> TaskView:
    """Return an own task (an import, a calculation, a decision), with its result once it is done."""
    county = read_county(county)
    if actor.operator is None:
        get_visible_divisions(actor, county)
    else:
        require_operator(actor, county)
    return _present_task(seal, await find_task(db, actor, county, task_id), get_language(request))


def _get_kind(given: TaskInput) -> TaskKind:
    if isinstance(given, ImportTask):
        return "import"
    assert not isinstance(given, SplitTask), "a task of a county splits nothing"
    return "run" if isinstance(given, RunTask) else "decide"


def _present_task(seal: Seal, task: Task, language: str) -> TaskView:
    result = open_result(seal, task) if task.state is TaskState.DONE else None
    problem = None
    if task.state is TaskState.REFUSED:
        problem = build_problem(open_refusal(seal, task), language)
    if task.state is TaskState.FAILED:
        problem = build_problem(TaskFailed(), language)
    return TaskView(
        task.id,
        _get_kind(task.input),
        task.state,
        task.stage,
        task.created_at,
        result if isinstance(result, ImportResult) else None,
        result if isinstance(result, RunResult) else None,
        result if isinstance(result, StepResult) else None,
        problem,
    )


ROUTES = [show_task]
