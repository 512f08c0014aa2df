"""Try mutants on copies of the tree; the tree itself is not changed."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path

from msgspec import Struct

from tests.mutants.lists import ROOT, ByHand, Survivor

PARTS = ("market", "payments", "migrations", "tests")
DEAD = {"killed", "timeout", "caught by type check"}
_CHOICES = """
[tool.mutmut]
source_paths = ["market", "payments"]
only_mutate = {modules}
also_copy = ["migrations"]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 4.0
timeout_constant = {patience}
process_isolation = "forkserver"
use_git_change_detection = false
track_dependencies = false
"""


class Suite(Struct, frozen=True):
    """Modules and the tests that must kill their mutants.

    `patience` is the time in seconds before the first test starts, for a server to come up.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    patience: float


class Outcome(Struct):
    """The number of mutants by file, and the survivors."""

    mutants: Counter[str]
    survivors: list[Survivor]


def copy_tree(folder: Path) -> Path:
    """Copy what the tests need into a new folder."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def try_generated(suite: Suite, folder: Path, jobs: int) -> Outcome:
    """Have mutmut generate and try the mutants of a suite's modules, `jobs` at a time, with its own progress output.

    Raises:
        CalledProcessError: the tests fail on the unchanged code.
    """
    with (copy_tree(folder) / "pyproject.toml").open("a") as project:
        project.write(_CHOICES.format(modules=list(suite.modules), tests=list(suite.tests), patience=suite.patience))
    _mutmut(folder, "run", "--max-children", str(jobs), shown=True)
    outcome = Outcome(Counter(), [])
    for line in _mutmut(folder, "results", "--all", "true").splitlines():
        mutant, _, status = line.strip().partition(": ")
        file, function = _locate(mutant)
        outcome.mutants[file] += 1
        if status not in DEAD:
            outcome.survivors.append(_survivor(file, function, _mutmut(folder, "show", mutant)))
    return outcome


def _mutmut(folder: Path, *arguments: str, shown: bool = False) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    ran = subprocess.run(command, cwd=folder, check=True, text=True, stdout=None if shown else subprocess.PIPE)
    return ran.stdout or ""


def _locate(mutant: str) -> tuple[str, str]:
    """Return the file and the function of a mutant, which is called `package.module.xǁClassǁmethod__mutmut_7`."""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    return module.replace(".", "/") + ".py", name[2:].replace("ǁ", ".")


def _survivor(file: str, function: str, diff: str) -> Survivor:
    was, becomes = (
        "\n".join(line.strip() for line in re.findall(rf"^{sign}(?!{sign}{sign} )(.*)$", diff, re.MULTILINE))
        for sign in ("-", r"\+")
    )
    return Survivor(file, function, was, becomes)


def try_by_hand(mutants: Sequence[ByHand], folder: Path) -> list[ByHand]:
    """Try each mutant with its own test and return the survivors.

    Raises:
        ValueError: a file has no such text.
        RuntimeError: a test could not be run.
    """
    copy_tree(folder)
    living: list[ByHand] = []
    for n, mutant in enumerate(mutants, 1):
        sys.stderr.write(f"\rby hand {n}/{len(mutants)}, {len(living)} survive ")
        file = folder / mutant.file
        text = file.read_text()
        file.write_text(mutant.apply_to(text))
        # Python recognises a changed module by mtime in seconds and size, which two mutants may share.
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-x", mutant.test]
        ran = subprocess.run(command, cwd=folder, check=False, text=True, capture_output=True)
        file.write_text(text)
        if ran.returncode not in {0, 1}:
            raise RuntimeError(f"{mutant}\n{ran.stdout}{ran.stderr}")
        if ran.returncode == 0:
            living.append(mutant)
    sys.stderr.write("\n")
    return living
