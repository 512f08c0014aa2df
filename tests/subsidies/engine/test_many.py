"""`market subsidies calculate-many`: cases in several processes, with the same answers for any number of them."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.many import MAX_PROCESSES, calculate_many, calculate_many_command, count_processors
from market.subsidies.engine.models import Funder
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import Json, case, funders, line, programme, terms

TERMS = programme(terms(funders=funders(operator=7000, county=3000)))


def _make_township(number: int) -> Json:
    lines = [line(f"L{number}-{at}", household=f"H{at}", claimed_fen=19_50 + at) for at in range(1 + number % 4)]
    return case(*lines, budget=20_00 if number % 3 else None, programmes=[TERMS])


def _run(folder: Path, content: bytes, *, processes: int = 1) -> tuple[int, str, str, bytes | None]:
    path, answers = folder / "cases.jsonl", folder / "answers.jsonl"
    path.write_bytes(content)
    out, err = io.StringIO(), io.StringIO()
    code = calculate_many_command(path, out, err, processes=processes, answers=answers)
    written = answers.read_bytes() if answers.exists() else None
    assert {each.name for each in folder.iterdir()} <= {"cases.jsonl", "answers.jsonl"}
    return code, out.getvalue(), err.getvalue(), written


def test_any_number_of_processes_gives_the_same(tmp_path: Path) -> None:
    cases = [json.dumps(_make_township(number)).encode() for number in range(13)]
    content = b"\n\n".join(cases)
    code, out, err, written = _run(tmp_path, content)
    assert (code, err) == (0, "")
    alone = [calculate(read_case(each)) for each in cases]
    assert written is not None
    assert [json.loads(each) for each in written.splitlines()] == [json.loads(each.to_json()) for each in alone]
    sums = json.loads(out)
    for name in ("manifest_sha256", "result_sha256"):
        own = "".join(getattr(each, name) for each in alone)
        assert sums.pop(name) == hashlib.sha256(own.encode()).hexdigest()
    totals = sums.pop("totals")
    shares = totals.pop("shares")
    assert sums == {"month": "2019-04", "cases": 13, "lines": sum(len(each.lines) for each in alone)}
    assert shares == {
        name: sum(each.totals.shares.get(name, 0) for each in alone) for name in (Funder.OPERATOR, Funder.COUNTY)
    }
    assert totals == {name: sum(getattr(each.totals, name) for each in alone) for name in totals}
    assert 0 < totals["public_fen"] < totals["approved_fen"]
    assert _run(tmp_path, content, processes=2) == (code, out, err, written)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bad_case_refuses_all(tmp_path: Path, processes: int) -> None:
    township = json.dumps(_make_township(1)).encode()
    bad = json.dumps({**_make_township(2), "budget_fen": -1}).encode()
    later = json.dumps({**_make_township(3), "month": "2019-05"}).encode()
    code, out, err, written = _run(tmp_path, b"\n".join([township, bad, later, b"{", township]), processes=processes)
    assert (code, out, written) == (2, "", None)
    faults = err.splitlines()
    assert faults[0] == "case 2: budget_fen: must be an integer from 0 to 1000000000000 or null, not -1"
    assert faults[1] == "case 3: month: must be 2019-04 as in case 1, not 2019-05"
    assert faults[2].startswith("case 4: $: ")


def test_a_file_without_a_case_or_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert _run(tmp_path, b"\n \n") == (2, "", "$: must have a case, each a line of JSON\n", None)
    out, err = io.StringIO(), io.StringIO()
    assert calculate_many_command(tmp_path / "none", out, err, processes=1) == 2
    assert (out.getvalue(), err.getvalue()) == ("", f"$: {tmp_path / 'none'}: No such file or directory\n")


def test_the_sums_alone_are_written_if_nobody_asks_for_the_answers(tmp_path: Path) -> None:
    content = json.dumps(_make_township(1)).encode()
    code, out, err, _ = _run(tmp_path, content)
    alone = io.StringIO()
    assert calculate_many_command(tmp_path / "cases.jsonl", alone, io.StringIO(), processes=1) == code
    assert (alone.getvalue(), err) == (out, "")


def test_cases_that_cannot_be_read_to_the_end_give_nothing() -> None:
    def read() -> Iterator[bytes]:
        yield json.dumps(_make_township(1)).encode()
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        calculate_many(read(), processes=2, err=io.StringIO())


def test_the_processors_of_the_process_are_counted() -> None:
    assert 1 <= count_processors() <= MAX_PROCESSES
