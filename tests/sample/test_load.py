"""Loading the samples: the same every time, taken up where it was cut off, and told as it goes."""

from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from market.kernel.embedded import Server
from market.kernel.seal import Seal
from market.sample import load_sample
from market.settings import Settings
from market.storage import Files
from tests.conftest import clone, drop
from tests.sample.conftest import NOW, SCALE, silent

DIGESTED = (
    "SELECT name, elder, sample, created_at, phone_index FROM accounts ORDER BY phone_index",
    "SELECT number, kind, name, village_code, produce, story, state, applied_at FROM producers ORDER BY number",
    "SELECT title, story, origin_code, gi, score, sold_count, rating_sum, searched FROM listings ORDER BY number",
    "SELECT unit, label, price_fen, net_g, gross_g, takes FROM variants ORDER BY id",
    "SELECT label, left_units, waiting_units, sold_units FROM lots ORDER BY id",
    "SELECT number, state, region_code, goods_fen, freight_fen, rail, placed_at, paid_at FROM orders ORDER BY number",
    "SELECT position, kind, state, goods_fen, carrier, tracking, shipped_at, received_at FROM suborders ORDER BY id",
    "SELECT nights, amount_fen, state FROM bookings ORDER BY id",
    "SELECT rating, text, answer, at FROM reviews ORDER BY id",
    "SELECT kind, order_ref, at FROM payments.transactions ORDER BY id",
    "SELECT code, amount_minor FROM payments.postings JOIN payments.accounts ON id = account_id ORDER BY 1, 2",
    "SELECT identity_index, born_on, sex, died_on FROM persons ORDER BY identity_index",
    "SELECT household_code, valid_during, village_code, monitoring, tier FROM household_standings ORDER BY 1, 2",
    "SELECT line_code, number, plan_code, device, sim, valid_during FROM bindings ORDER BY 1, 6",
    "SELECT line_code, programme_code, applied_on, notice, status, agent FROM enrolments ORDER BY 1",
    "SELECT month, operator, number, charge_fen, reduction_fen FROM claims ORDER BY 1, 2, 3",
    "SELECT manifest_sha256, result_sha256 FROM runs ORDER BY 1, 2",
    "SELECT check_code, subject, month, at_risk_fen, evidence, state FROM findings ORDER BY 1, 2, 3",
)


async def digests(dsn: str) -> list[str]:
    """Return a digest of each of the tables that matter, ids and sealed values aside."""
    conn = await asyncpg.connect(dsn)
    try:
        return [
            sha256(repr([tuple(row) for row in await conn.fetch(query)]).encode()).hexdigest() for query in DIGESTED
        ]
    finally:
        await conn.close()


async def test_the_same_seed_and_day_give_the_same_rows(
    loaded: str, server: Server, template: str, store: tuple[Files, Path], seal: Seal
) -> None:
    name = await clone(server, template)
    await load_sample(server.dsn(name), Settings(), seal, store[0], NOW, silent, scale=SCALE)
    assert await digests(server.dsn(name)) == await digests(loaded)
    await drop(server, name)


async def test_a_load_that_was_cut_off_is_taken_up_where_it_ended(
    server: Server, template: str, store: tuple[Files, Path], seal: Seal
) -> None:
    name = await clone(server, template)
    dsn = server.dsn(name)

    def cut_off(phase: str, done: int, _total: int) -> None:
        if (phase, done) == ("补贴", 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load_sample(dsn, Settings(), seal, store[0], NOW, cut_off, scale=2)
    conn = await asyncpg.connect(dsn)
    orders = await conn.fetchval("SELECT count(*) FROM orders")
    assert orders > 0
    assert await conn.fetchval("SELECT count(*) FROM persons") == 0
    second = await load_sample(dsn, Settings(), seal, store[0], NOW, silent, scale=2)
    assert second.counts == {"households": 320, "persons": 900, "lines": 500}
    assert await conn.fetchval("SELECT count(*) FROM orders") == orders
    third = await load_sample(dsn, Settings(), seal, store[0], NOW, silent, scale=2)
    assert third.counts == {}
    assert third.accounts == second.accounts
    await conn.close()
    await drop(server, name)


async def test_progress_is_told_by_phase_and_reaches_its_end(
    server: Server, template: str, store: tuple[Files, Path], seal: Seal
) -> None:
    name = await clone(server, template)
    told: dict[str, list[tuple[int, int]]] = {}

    def listen(phase: str, done: int, total: int) -> None:
        told.setdefault(phase, []).append((done, total))

    summary = await load_sample(server.dsn(name), Settings(), seal, store[0], NOW, listen, scale=2)
    assert list(told) == ["店铺", "图片", "账目", "补贴"]
    for steps in told.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]
    assert [account.role for account in summary.accounts] == [
        "farmer",
        "buyer",
        "helper",
        "importer",
        "policy",
        "village",
        "township",
        "county",
        "finance",
        "reconciler",
        "platform",
    ]
    assert all(account.totp_secret for account in summary.accounts[3:])
    await drop(server, name)
