"""January of part A by its commands, each in a process of its own, and what they refuse in a month not begun."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from market.kernel.postgres.embedded import embedded_server
from tests.story.play import COUNTY, STORY, Answer
from tests.story.test_month import PLAN, compared, expected_rows
from tests.support.forked_commands import Commands, serve_commands

JANUARY = 19
DECIDED = 15
"""The step that decides the findings of January."""
MONTH = ("--county", COUNTY, "--month", "2019-01")


class Shell:
    """Runs `market …` on one data folder, at nine in the morning of a day."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self.folder = folder
        self.commands = commands

    def __call__(self, *words: str, day: str = "2018-12-20") -> tuple[int, Any]:
        env = dict(os.environ, MARKET_DATA=str(self.folder), MARKET_NOW=f"{day}T09:00:00+08:00")
        done = self.commands.run(*words, cwd=STORY, env=env)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    def report(self, name: str) -> Answer:
        code, answer = self("subsidies", "report", name, "--county", COUNTY, "--month", "2019-01", "--json")
        assert code == 0
        return answer


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shell]:
    """Commands on a migrated database with the officials."""
    folder = tmp_path_factory.mktemp("shell")
    with embedded_server(folder, fsync="off"), serve_commands(tmp_path_factory.mktemp("said")) as commands:
        shell = Shell(folder, commands)
        assert shell("migrate")[0] == 0
        for argv in PLAN["before"]:
            assert shell(*argv, "--json")[0] == 0
        yield shell


def test_january_by_its_commands(shell: Shell, tmp_path: Path) -> None:
    for step in PLAN["steps"][:JANUARY]:
        commands = [*step["commands"]]
        if step["n"] == DECIDED:
            code, answer = shell(*commands[0], "--seen", "2019-02-04T00:00:00+08:00", "--json", day=step["date"])
            assert (code, answer["code"]) == (1, "finding_recalculated")
            commands[0] = [*commands[0], "--seen", shell.report("findings")["facts_at"]]
        for argv in commands:
            code, answer = shell(*argv, "--json", day=step["date"])
            assert (answer["outcome"], answer.get("code")) == (step["outcome"], step.get("code")), answer
            assert code == (0 if step["outcome"] != "refused" else 1)
    for name in ("sheets", "villages", "claims"):
        compared(expected_rows(f"{name}.csv", month="2019-01"), shell.report(name)["rows"])
    findings = shell.report("findings")["rows"]
    compared(expected_rows("findings.csv", cycle="2019-01"), findings, without=("evidence",))
    want = json.loads((STORY / "expected/settlement.json").read_text("utf-8"))["months"]["2019-01"]
    got = shell.report("settlement")
    assert {key: got[key] for key in want} == want
    assert shell.report("adjustments")["rows"] == []
    code, told = shell("subsidies", "pack", *MONTH, "--out", str(shell.folder / "pack.zip"), "--json")
    assert (code, told["outcome"], told["number"]) == (0, "ok", 1)
    code, refused = shell("subsidies", "case", "--county", "130699", "--month", "2019-01")
    assert (code, refused["code"]) == (1, "no_such_place")
    code, opened = shell("subsidies", "pack-key", *MONTH, "--json")
    assert (code, len(opened["key"])) == (0, 64)
    alone = Shell(tmp_path, shell.commands)
    verifier = tmp_path / "verify_pack.py"
    words = (str(shell.folder / "pack.zip"), "--key", opened["key"], "--public-key", told["public_key"])
    code, text = alone("subsidies", "verify-pack", *words, "--copy-to", str(verifier))
    assert (code, told["head"] in text) == (0, True)
    assert list(tmp_path.iterdir()) == [verifier], "no database was needed"
    done = subprocess.run([sys.executable, verifier, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, text)


def test_a_failed_command_reports_the_reason_and_its_exit_code(shell: Shell) -> None:
    month = ("--county", COUNTY, "--month", "2019-12")
    code, answer = shell("subsidies", "confirm", *month, "--opinion", "看过", "--as", "cun", "--json")
    assert (code, answer["outcome"], answer["code"]) == (1, "refused", "no_cycle")
    code, answer = shell("subsidies", "return", *month, "--why", "样例", "--to", "open", "--as", "cun", "--json")
    assert (code, answer["outcome"], answer["code"]) == (1, "refused", "no_cycle")
    code, answer = shell("subsidies", "run", *month, "--void-approvals", "--as", "nobody", "--json")
    assert (code, answer["code"]) == (1, "unknown_account")
    code, answer = shell("subsidies", "run", "--county", "13062", "--month", "2019-01", "--as", "gan", "--json")
    assert (code, answer["code"]) == (2, "bad_county")
    code, answer = shell("subsidies", "report", "sheets", "--county", COUNTY, "--month", "2019-13", "--json")
    assert (code, answer["code"]) == (2, "bad_month")
    code, answer = shell("import", "usage", "input/no-such-file.csv", "--county", COUNTY, "--as", "gan", "--json")
    assert (code, answer["code"]) == (2, "no_such_file")
    code, answer = shell(
        "subsidies", "report", "sheets", "--county", "130623", "--month", "2019-01", "--as", "gan", "--json"
    )
    assert (code, answer["code"]) == (1, "not_found")
    path = "input/bindings/bindings-2018-12-21.csv"
    code, answer = shell("import", "register", path, "--county", COUNTY, "--as", "gan", "--json")
    assert (code, answer["code"], answer["errors"][0]["row"]) == (2, "file_malformed", 1)
