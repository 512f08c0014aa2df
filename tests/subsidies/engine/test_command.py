"""`market subsidies calculate CASE.json` as a function: streams and exit codes."""

import gc
import io
import json
from pathlib import Path

import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.command import calculate_command, pause_gc
from market.subsidies.engine.read import read_case
from tests.subsidies.engine.cases import Json, case, line


def run(path: Path | str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return calculate_command(path, out, err), out.getvalue(), err.getvalue()


def written(folder: Path, value: Json | bytes) -> Path:
    path = folder / "case.json"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def test_an_answer_is_printed_as_json(tmp_path: Path) -> None:
    made = case(line("线"))
    code, out, err = run(written(tmp_path, made))
    assert (code, err, out[-1]) == (0, "", "\n")
    assert out.encode() == calculate(read_case(json.dumps(made))).to_json() + b"\n"
    assert json.loads(out)["lines"][0]["id"] == "线"
    assert out.startswith('{\n "month": "2019-04",\n')
    assert '\n   "id": "线",\n' in out


def test_faults_are_printed_one_per_line_and_nothing_else(tmp_path: Path) -> None:
    bad = case(line("L1", claimed_fen=1950.0, used_on=["x\ny\u2028z"]), line("L1"))
    code, out, err = run(written(tmp_path, bad))
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'lines[0].used_on[0]: must be a day written YYYY-MM-DD, not "x\\ny\\u2028z"',
        "lines[0].claimed_fen: must be an integer from 0 to 1000000000000 or null, not 1950.0",
        'lines[1].id: must be unique, but lines[0] has "L1" too',
    ]


def test_faults_beyond_a_thousand_are_counted_and_not_printed(tmp_path: Path) -> None:
    for days, lines in ((1_000, 1_000), (1_001, 1_001), (50_000, 1_001)):
        twice = [line("L1", used_on=["x"] * days), line("L1")]
        code, out, err = run(written(tmp_path, case(*twice[: 1 + (days == 50_000)])))
        assert (code, out, len(err.splitlines())) == (2, "", lines)
    assert err.splitlines()[999:] == [
        'lines[0].used_on[999]: must be a day written YYYY-MM-DD, not "x"',
        "$: has 49001 more faults, which are not listed",
    ]


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"", "$: must be JSON: line 1, column 1: Expecting value\n"),
        (b"\x80", "$: must be UTF-8: byte 0 is not\n"),
        (b"[" * 300_000, "$: must be JSON of a case: nested too deeply\n"),
        (b"[]", "$: must be an object, not a list\n"),
    ],
)
def test_a_file_that_is_not_a_case_is_reported(tmp_path: Path, content: bytes, reported: str) -> None:
    assert run(written(tmp_path, content)) == (2, "", reported)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    assert run(tmp_path / "none.json") == (2, "", "$: cannot be read: No such file or directory\n")
    assert run(str(tmp_path)) == (2, "", "$: cannot be read: Is a directory\n")
    assert run("nul\0.json") == (2, "", "$: cannot be read: embedded null byte\n")


def test_a_stream_without_chinese_gets_escapes(tmp_path: Path) -> None:
    path = written(tmp_path, case(line("线")))
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    assert calculate_command(path, out, io.StringIO()) == 0
    out.flush()
    assert raw.getvalue().decode() == run(path)[1].replace("线", "\\u7ebf").replace("×", "\\u00d7")


def test_the_garbage_collector_is_paused_and_restored(tmp_path: Path) -> None:
    assert gc.isenabled()
    with pause_gc():
        assert not gc.isenabled()
        with pause_gc():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    assert run(tmp_path)[0] == 2
    assert gc.isenabled()
