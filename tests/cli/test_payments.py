"""The commands for money that went wrong."""

import asyncio
import json
from pathlib import Path

import pytest

from market.cli import execute
from tests.support.app import SECRET


async def test_problems_are_listed_and_an_unknown_one_is_refused(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    assert await asyncio.to_thread(execute, ["payments", "problems", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {name: len(rows) for name, rows in listed.items()} == {
        "failed_refunds": 0, "disputes": 0, "messages": 0, "unknown_calls": 0, "discrepancies": 0, "suspense": 0,
        "advances": 0, "transfers": 0,
    }  # fmt: skip
    nobody = "00000000-0000-0000-0000-000000000001"
    assert await asyncio.to_thread(execute, ["payments", "retry-refund", nobody, "--json"]) == 1
    assert await asyncio.to_thread(execute, ["payments", "requeue", "evt_none", "--json"]) == 1
