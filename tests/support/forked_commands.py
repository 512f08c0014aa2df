"""`market …` in processes of their own that are forks of one, which has imported what commands need.

To start Python and import takes half a second of processor time for each command.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

SERVE = "from tests.support.forked_commands import serve; serve()"


class Call(Struct):
    """A command with its working folder, the environment of its process, and the files that it writes."""

    words: list[str]
    cwd: str
    env: dict[str, str]
    stdout: str
    stderr: str


class Commands(Struct, frozen=True):
    """A running server of commands, and a folder for what they write."""

    process: subprocess.Popen[bytes]
    folder: Path

    def run(self, *words: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        out, err = self.folder / "stdout", self.folder / "stderr"
        call = Call([*words], str(cwd), dict(env), str(out), str(err))
        code = int(_ask(self.process, msgspec.json.encode(call)))
        return subprocess.CompletedProcess([*words], code, out.read_text("utf-8"), err.read_text("utf-8"))


@contextmanager
def serve_commands(folder: Path) -> Generator[Commands]:
    """Yield a server of commands, which ends with the block."""
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Commands(process, folder)
        process.communicate()


def _ask(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None
    stdin.write(line + b"\n")
    stdin.flush()
    return stdout.readline()


def serve() -> None:
    """Run the command of each line of standard input, and print its exit code."""
    import market.reports
    import market.service.commands
    import market.subsidies

    for package in (market.service.commands, market.reports, market.subsidies):
        _import_all(package.__name__, package.__path__)
    for line in sys.stdin.buffer:
        print(_run(msgspec.json.decode(line, type=Call)), flush=True)  # noqa: T201 - the answer


def _import_all(name: str, paths: Iterable[str]) -> None:
    import importlib
    import pkgutil

    for found in pkgutil.walk_packages(paths, f"{name}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def _run(call: Call) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        os.chdir(call.cwd)
        os.environ.clear()
        os.environ.update(call.env)
        for number, path in ((1, call.stdout), (2, call.stderr)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = _call_main(call.words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _call_main(words: list[str]) -> int:
    from market.service.commands import main

    sys.argv = ["market", *words]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    return 1
