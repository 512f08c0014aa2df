"""Loading the samples: reproducible, resumed after an interruption, with progress reports."""

from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.storage.files import FileStore, open_file_store
from market.service.demo.sample.load import load_sample
from tests.conftest import clone_database, drop_database
from tests.service.demo.sample.conftest import NOW, SCALE, ignore_progress

pytestmark = pytest.mark.long

DIGEST_QUERIES = (
    "SELECT name, elder, sample, created_at, phone_index FROM accounts ORDER BY phone_index",
    "SELECT number, kind, name, village_code, produce, story, state, applied_at FROM producers ORDER BY number",
    "SELECT title, story, origin_code, gi, score, sold_count, rating_sum, search_text FROM listings ORDER BY number",
    "SELECT unit, label, price_fen, net_g, gross_g, lot_units_per_item FROM variants ORDER BY id",
    "SELECT label, available_units, reserved_units, sold_units FROM lots ORDER BY id",
    "SELECT number, state, region_code, goods_fen, freight_fen, method, placed_at, paid_at FROM orders ORDER BY number",
    (
        "SELECT number, position, kind, s.state, s.goods_fen, carrier, tracking, shipped_at, received_at"
        "  FROM suborders s JOIN orders ON orders.id = order_id ORDER BY number, position"
    ),
    "SELECT nights, amount_fen, state FROM bookings ORDER BY id",
    "SELECT rating, text, answer, at FROM reviews ORDER BY id",
    "SELECT kind, order_ref, at FROM payments.transactions ORDER BY id",
    "SELECT code, amount_minor FROM payments.postings JOIN payments.accounts ON id = account_id ORDER BY 1, 2",
    "SELECT identity_index, born_on, sex, died_on FROM persons ORDER BY identity_index",
    (
        "SELECT household_code, valid_during, village_code, monitoring, tier FROM household_statuses"
        " ORDER BY county_code, 1, 2"
    ),
    "SELECT line_code, number_id, plan_code, device_id, sim_id, valid_during FROM bindings ORDER BY county_code, 1, 6",
    "SELECT line_code, programme_code, applied_on, notice, status, agent FROM enrolments ORDER BY county_code, 1",
    "SELECT month, operator, number_id, charge_fen, reduction_fen FROM claims ORDER BY county_code, 1, 2, 3",
    "SELECT id, value_index FROM identifiers ORDER BY id",
    "SELECT manifest_sha256, result_sha256 FROM runs ORDER BY 1, 2",
    "SELECT check_code, subject, month, at_risk_fen, evidence, state FROM findings ORDER BY county_code, 1, 2, 3",
)


async def compute_digests(dsn: str) -> list[str]:
    """Return a digest of each query; ids and sealed values are excluded."""
    conn = await asyncpg.connect(dsn)
    try:
        return [
            sha256(repr([tuple(row) for row in await conn.fetch(query)]).encode()).hexdigest()
            for query in DIGEST_QUERIES
        ]
    finally:
        await conn.close()


@pytest.fixture
def own_store(folder: Path) -> FileStore:
    """A file store of the test alone; another load must not replace the files of the shared one."""
    return open_file_store(folder.as_uri())


async def test_equal_seeds_and_days_yield_equal_rows_and_progress_reaches_its_total(
    loaded: str, server: EmbeddedServer, template: str, own_store: FileStore, seal: Seal
) -> None:
    name = await clone_database(server, template)
    reported: dict[str, list[tuple[int, int]]] = {}

    def listen(phase: str, done: int, total: int) -> None:
        reported.setdefault(phase, []).append((done, total))

    summary = await load_sample(server.dsn(name), Settings(), seal, own_store, now=NOW, progress=listen, scale=SCALE)
    assert await compute_digests(server.dsn(name)) == await compute_digests(loaded)
    await drop_database(server, name)
    assert list(reported) == ["店铺", "图片", "账目", "补贴", "邻县", "买卖"]
    for steps in reported.values():
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]
    assert [account.role for account in summary.accounts] == [
        "farmer",
        "buyer",
        "helper",
        "host",
        "newcomer",
        "importer",
        "policy",
        "village",
        "township",
        "county",
        "finance",
        "reconciler",
        "platform",
        "supervisor",
        "auditor",
        "province",
        "confirmer",
        "operator",
    ]
    assert all(account.totp_secret for account in summary.accounts[5:])


async def test_an_interrupted_load_resumes_where_it_stopped(
    server: EmbeddedServer, template: str, own_store: FileStore, seal: Seal
) -> None:
    name = await clone_database(server, template)
    dsn = server.dsn(name)

    async def load_until(phase: str, step: int) -> None:
        def interrupt(reported: str, done: int, _total: int) -> None:
            if (reported, done) == (phase, step):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await load_sample(dsn, Settings(), seal, own_store, now=NOW, progress=interrupt, scale=2)

    await load_until("补贴", 3)
    conn = await asyncpg.connect(dsn)
    orders = await conn.fetchval("SELECT count(*) FROM orders")
    assert orders > 0
    assert await conn.fetchval("SELECT count(*) FROM persons") == 0
    await load_until("买卖", 2)
    assert await conn.fetchval("SELECT count(*) FROM persons") == 2700
    assert await conn.fetchval("SELECT count(*) FROM orders") == orders
    assert await conn.fetchval("SELECT count(*) FROM packages") == 0
    third = await load_sample(dsn, Settings(), seal, own_store, now=NOW, progress=ignore_progress, scale=2)
    added = await conn.fetchval("SELECT count(*) FROM orders") - orders
    assert third.counts == {"sales": added}
    assert added > 20
    fourth = await load_sample(dsn, Settings(), seal, own_store, now=NOW, progress=ignore_progress, scale=2)
    assert fourth.counts == {}
    assert fourth.accounts == third.accounts
    await conn.close()
    await drop_database(server, name)
