"""The commands for money that went wrong."""

import asyncio
import json
from pathlib import Path

import pytest

from market.kernel import Connection
from market.kernel.postgres.embedded import find_free_port
from market.service.commands import execute
from payments import post
from tests.support.app import SECRET


async def test_problems_are_listed_and_an_unknown_one_is_refused(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    for command in (["retry-refund", "00000000-0000-0000-0000-000000000001"], ["reconcile"]):
        assert await asyncio.to_thread(execute, ["payments", *command]) == 2
        assert "MARKET_STRIPE_KEY is needed to call the payment provider." in capsys.readouterr().err
    monkeypatch.setenv("MARKET_STRIPE_KEY", "sk_test_sample")
    assert await asyncio.to_thread(execute, ["payments", "problems", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {name: len(rows) for name, rows in listed.items()} == {
        "refund_requests": 0, "failed_refunds": 0, "failed_payouts": 0, "disputes": 0, "messages": 0,
        "unknown_calls": 0, "discrepancies": 0, "suspense": 0, "advances": 0, "transfers": 0,
    }  # fmt: skip
    nobody = "00000000-0000-0000-0000-000000000001"
    assert await asyncio.to_thread(execute, ["payments", "retry-refund", nobody, "--json"]) == 1
    assert await asyncio.to_thread(execute, ["payments", "decide-refund", nobody, "--consent", "--json"]) == 1
    assert "not_signed_in" in capsys.readouterr().out
    assert await asyncio.to_thread(execute, ["payments", "requeue", "evt_none", "--json"]) == 1
    assert await asyncio.to_thread(execute, ["payments", "dismiss", "evt_none", "--note", "n", "--json"]) == 1
    assert await asyncio.to_thread(execute, ["payments", "return-suspense", "pi_none", "--reference", "r"]) == 1


async def test_a_provider_that_does_not_answer_and_a_day_without_a_statement_are_told(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path), "STRIPE_KEY": "sk_test_sample"}
    for name, value in {**given, "STRIPE_BASE": f"http://127.0.0.1:{find_free_port(1)}"}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    assert await asyncio.to_thread(execute, ["payments", "reconcile"]) == 1
    assert capsys.readouterr().err.startswith("支付渠道没有回应")
    for day in ("0001-01-01", "2009-12-31", "9999-12-31"):
        assert await asyncio.to_thread(execute, ["payments", "reconcile", day, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["code"] == "no_statement_day"


async def test_a_session_that_ended_does_not_act_as_the_operator_of_the_system(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path), "TOKEN": "ended"}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    assert await asyncio.to_thread(execute, ["payments", "problems", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "not_signed_in"


async def test_the_ledger_is_verified_since_the_last_run_or_whole(
    dsn: str, owner: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)

    async def verify(*options: str) -> tuple[int, int, list[str]]:
        """Return the exit code, the number of transactions that were read, and the codes of the findings."""
        code = await asyncio.to_thread(execute, ["ledger", "verify", *options, "--json"])
        result = json.loads(capsys.readouterr().out)
        return code, result["transactions"], [each["code"] for each in result["findings"]]

    payment = await owner.fetchval(
        "INSERT INTO payments.payments (order_ref, purpose, method, currency, amount_minor, captured_minor, state,"
        " opened_at, expires_at) VALUES ('9', 'full', 'bank', 'CNY', 5, 5, 'captured', now(), now()) RETURNING id"
    )
    await post(owner, key=f"paid:{payment}", kind="paid", legs=[("clearing:bank", -5), ("escrow:9-1", 5)])
    assert await verify() == (0, 1, [])
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE payments.transactions SET posted_at = now() - interval '2 hours'")
    assert [await verify() for _ in range(2)] == [(0, 1, []), (0, 0, [])]
    assert await verify("--all") == (0, 1, [])
    await owner.execute("RESET session_replication_role")
    await post(owner, key="released:1", kind="released", legs=[("clearing:bank", -5), ("commission", 5)])
    assert await verify() == (1, 1, ["unknown_fact"])
