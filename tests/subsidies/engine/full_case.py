"""A case with every part of the contract, its paths, and the replacement of one value."""

from copy import deepcopy
from typing import cast

from tests.subsidies.engine.cases import Json, Value, case, funders, line, programme, span, terms

DELETED = object()


def full() -> Json:
    """A case in which every part of the contract occurs."""
    return case(
        line(
            "L1",
            households=[span("2018-01-01", "2019-04-10", id="H01"), span("2019-04-10", id="H02")],
            active=[span("2018-01-01", "2019-04-10"), span("2019-04-10")],
            charges=[span("2018-01-01", "2019-04-10", monthly_fen=1), span("2019-04-10", monthly_fen=2)],
            used_on=["2019-04-01", "2019-04-02"],
            settled_fen=1,
        ),
        line("L2", programme="P2", household="H02"),
        budget=1,
        programmes=[
            programme(
                terms("2018-01-01", "2019-04-10", funders=funders(operator=7000, county=3000)),
                terms("2019-04-10"),
                idle=(30, 15),
            ),
            programme(terms(fixed_fen=10_00), code="P2"),
        ],
    )


def put(value: Value, path: str, new: object) -> Json:
    """The case with the value at a path replaced, or removed by `DELETED`; paths are written as in faults."""
    changed = deepcopy(value)
    steps = path.replace("[", ".[").removeprefix(".").split(".")
    at = changed
    for step in steps[:-1]:
        at = at[int(step[1:-1])] if step.startswith("[") else at[step]
    last: Value = int(steps[-1][1:-1]) if steps[-1].startswith("[") else steps[-1]
    if new is DELETED:
        del at[last]
    else:
        at[last] = new
    return changed


def list_paths(value: Value, at: str = "") -> list[str]:
    """Every path of a case."""
    own: list[tuple[str, Value]] = []
    if isinstance(value, dict):
        own = [(f"{at}.{key}" if at else key, item) for key, item in cast("Json", value).items()]
    elif isinstance(value, list):
        own = [(f"{at}[{i}]", item) for i, item in enumerate(cast("list[Value]", value))]
    return [path for name, item in own for path in (name, *list_paths(item, name))]


KEYS = [path for path in list_paths(full()) if not path.endswith("]")]
OBJECTS = [
    "",
    *(path for path in list_paths(full()) if path.endswith("]") and "used_on" not in path),
    "programmes[0].idle",
]
