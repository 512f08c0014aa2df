"""The commands that read the ledger: balances of accounts, postings of an order."""

import asyncio
import json
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.service.commands import execute
from payments import post
from tests.conftest import NOW
from tests.support.app import SECRET
from tests.support.make import make_product
from tests.support.shop import Shopping, make_buyer


@pytest.fixture
async def number(
    dsn: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shopping: Shopping
) -> int:
    """A market for commands, with an order that is paid (146.00) and released, and one that is not; the paid one."""
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=146_00)
        await make_buyer(conn)
    paid, unpaid = [await shopping.place([(product.variant_id, 1)], now=NOW) for _ in range(2)]
    assert unpaid.number == paid.number + 1
    await shopping.pay(paid, now=NOW)
    async with database.transaction() as conn:
        legs = [(f"escrow:{paid.number}-1", -146_00), ("payable:7", 143_08), ("commission", 2_92)]
        await post(conn, key="released:1", kind="released", order=str(paid.number), legs=legs, at=NOW)
    return paid.number


async def run(*words: str) -> int:
    return await asyncio.to_thread(execute, ["ledger", *words])


async def test_balances_are_listed_by_account_and_sum_to_zero(
    number: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.ledger.journal.MAX_ROWS", 2)
    capsys.readouterr()
    assert await run("balances", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"account": "clearing:alipay", "fen": -146_00},
        {"account": "commission", "fen": 2_92},
        {"account": f"escrow:{number}-1", "fen": 0},
        {"account": "payable:7", "fen": 143_08},
    ]
    assert await run("balances", "--prefix", "pay", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"account": "payable:7", "fen": 143_08}]
    assert await run("balances") == 0
    assert capsys.readouterr().out.splitlines() == [
        "clearing:alipay  -146.00",
        "commission          2.92",
        f"escrow:{number}-1".ljust(17) + "   0.00",
        "payable:7         143.08",
        " " * 15 + "     0.00",
    ]


async def test_the_postings_of_an_order_are_listed_with_their_legs(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert await run("postings", "--order", str(number), "--json") == 0
    paid, released = json.loads(capsys.readouterr().out)
    assert (paid["at"], paid["kind"]) == ("2019-09-20T09:00:00+08:00", "paid")
    assert paid["legs"] == [["clearing:alipay", -146_00], [f"escrow:{number}-1", 146_00]]
    assert (released["kind"], released["key"]) == ("released", "released:1")
    assert released["legs"] == [[f"escrow:{number}-1", -146_00], ["payable:7", 143_08], ["commission", 2_92]]
    assert await run("postings", "--order", str(number)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:] == [
        "2019-09-20T09:00:00+08:00  released  released:1",
        f"  escrow:{number}-1  -146.00",
        "  payable:7".ljust(len(f"  escrow:{number}-1")) + "   143.08",
        "  commission".ljust(len(f"  escrow:{number}-1")) + "     2.92",
    ]


async def test_an_unpaid_order_has_no_postings_and_an_unknown_one_is_refused(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert await run("postings", "--order", str(number + 1), "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert await run("postings", "--order", str(number + 2), "--json") == 1
    refused = json.loads(capsys.readouterr().out)
    assert (refused["outcome"], refused["code"]) == ("refused", "not_found")
    assert await run("postings", "--order", "x") == 2
    assert await run("postings") == 2


@pytest.mark.usefixtures("number")
async def test_verify_names_what_was_replaced_in_the_schema(
    owner: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    await owner.execute(
        "CREATE OR REPLACE FUNCTION check_order_sums() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    )
    capsys.readouterr()
    assert await run("verify", "--all", "--json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {"code": "schema_changed", "subject": "function public.check_order_sums()", "detail": "changed"} in found
