"""The verifier: one file, the standard library, apart from the engine, of the same opinion."""

import ast
import subprocess
import sys
from pathlib import Path

from market.subsidies.evidence import verify_pack
from tests.subsidies.evidence.agreement import find_disagreements
from tests.subsidies.evidence.editing import SealedPack

SOURCE = Path(verify_pack.__file__)


def test_engine_and_verifier_agree_on_random_cases() -> None:
    assert find_disagreements(500) == []


def test_the_verifier_needs_the_standard_library_alone() -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_bytes()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([each.name for each in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported <= sys.stdlib_module_names


def test_the_verifier_runs_alone_on_another_computer(packs: list[SealedPack], tmp_path: Path) -> None:
    (tmp_path / "verify_pack.py").write_bytes(SOURCE.read_bytes())
    (tmp_path / "pack.zip").write_bytes(packs[0].content)
    done = subprocess.run(
        [sys.executable, "-I", "verify_pack.py", "pack.zip", "--key", packs[0].key],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "一致　130624 2019-01 第 1 包" in done.stdout
