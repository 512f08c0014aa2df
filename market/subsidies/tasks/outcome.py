"""The outcome of a task, encrypted because results and refusals quote cells of the county's files."""

from typing import Any

import msgspec
from msgspec import Struct

from market.kernel import FieldFault, Refusal
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.subsidies.imports.upload import ImportResult
from market.subsidies.models import StepResult
from market.subsidies.month.run import RunResult
from market.subsidies.tasks.models import DecideTask, ImportTask, SplitResult, SplitTask, Task, TaskResult

OUTCOME_CONTEXT = "tasks.outcome_sealed"


class _StoredRefusal(Struct, frozen=True):
    name: str
    facts: dict[str, Any]
    errors: list[dict[str, Any]]


def seal_result(seal: Seal, result: TaskResult) -> bytes:
    """Return a result encrypted."""
    return seal.seal_bytes(msgspec.json.encode(result), OUTCOME_CONTEXT)


def seal_refusal(seal: Seal, refusal: Refusal) -> bytes:
    """Return a refusal encrypted: the name of its class, with its facts and faults."""
    facts = msgspec.to_builtins(refusal.facts, str_keys=True, enc_hook=str)
    stored = _StoredRefusal(type(refusal).__name__, facts, [msgspec.to_builtins(fault) for fault in refusal.errors])
    return seal.seal_bytes(msgspec.json.encode(stored), OUTCOME_CONTEXT)


def open_result(seal: Seal, task: Task) -> TaskResult:
    """Return the result of a task that is done."""
    assert task.outcome_sealed is not None, "the task is not done"
    content = seal.open_bytes(task.outcome_sealed, OUTCOME_CONTEXT)
    if isinstance(task.input, ImportTask):
        return msgspec.json.decode(content, type=ImportResult)
    if isinstance(task.input, SplitTask):
        return msgspec.json.decode(content, type=SplitResult)
    if isinstance(task.input, DecideTask):
        return msgspec.json.decode(content, type=StepResult)
    return msgspec.json.decode(content, type=RunResult)


def open_refusal(seal: Seal, task: Task) -> Refusal:
    """Return the refusal of a refused task, equal to the one that was raised."""
    assert task.outcome_sealed is not None, "the task is not refused"
    stored = msgspec.json.decode(seal.open_bytes(task.outcome_sealed, OUTCOME_CONTEXT), type=_StoredRefusal)
    kind = _find_refusal(Refusal, stored.name) or Refusal
    errors = tuple(msgspec.convert(each, CellFault if "row" in each else FieldFault) for each in stored.errors)
    # Not through the constructor of the class, which may make its facts from other arguments.
    refusal = kind.__new__(kind)
    Refusal.__init__(refusal, errors=errors, **stored.facts)
    return refusal


def _find_refusal(kind: type[Refusal], name: str) -> type[Refusal] | None:
    """Return the refusal class of a name among a class and those below it."""
    if kind.__name__ == name:
        return kind
    return next((found for each in kind.__subclasses__() if (found := _find_refusal(each, name))), None)
