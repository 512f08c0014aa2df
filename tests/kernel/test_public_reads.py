"""Public pages of nobody may read a replica, personal ones and every decision never do; a stale replica is not used."""

import ast
import asyncio
import socket
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Database, open_database
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, find_free_port
from market.kernel.public_reads import PublicReads
from market.service.app import provide_reads
from payments.hosts import NoPrimary, list_hosts
from tests.conftest import clone_database, drop_database
from tests.support.app import build_settings, run_app
from tests.support.browser import ORIGIN, PageClient
from tests.support.make import make_producer, make_product
from tests.support.source import walk

AHEAD = "FFFFFFFF/FFFFFFFF"
"""A position that no server has reached."""


async def name_database(reads: PublicReads) -> str:
    async with reads.connection() as conn:
        return str(await conn.fetchval("SELECT current_database()"))


async def wait_for_mark(reads: PublicReads) -> None:
    while not reads.marks:
        await asyncio.sleep(0.005)


async def test_a_fresh_replica_is_read_and_a_stale_one_is_not(
    server: EmbeddedServer, dsn: str, database: Database, template: str
) -> None:
    own = dsn.rpartition("/")[2]
    replica = await open_database(server.dsn(template), min_size=0, max_size=1)
    async with PublicReads(database, replica, max_lag=10) as reads:
        assert await name_database(reads) == own, "used before the position of the primary was known"
        await wait_for_mark(reads)
        assert await name_database(reads) == template
        position = reads.marks[0]
        reads.marks.clear()
        reads.marks.append((position[0], AHEAD))
        assert await name_database(reads) == own, "used although it has not replayed what was committed"
        reads.marks[0] = (position[0] - 11, position[1])
        assert await name_database(reads) == own, "used by a position older than the lag"
        reads.marks[0] = position
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            async with reads.connection():
                raise asyncpg.ConnectionDoesNotExistError
        assert replica.pool.get_size() == 0, "a connection that failed is kept"
        assert await name_database(reads) == own, "used again at once after a failure"
    await replica.close()


async def test_a_replica_that_is_gone_or_stands_still_costs_half_a_second_and_no_page(database: Database) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as still:
        for port in (find_free_port(), still.getsockname()[1]):
            replica = await open_database(
                f"postgresql://x:x@127.0.0.1:{port}/x", min_size=0, max_size=1, acquire_timeout=0.3
            )
            async with PublicReads(database, replica, max_lag=10) as reads:
                await wait_for_mark(reads)
                began = loop.time()
                async with reads.connection() as conn:
                    assert await conn.fetchval("SELECT 1") == 1
                assert loop.time() - began < 1
            replica.pool.terminate()


async def test_only_a_visitor_without_cookies_reads_the_replica(
    server: EmbeddedServer, database: Database, dsn: str, template: str, folder: Path
) -> None:
    other = await clone_database(server, template)
    replica = await open_database(server.dsn(other), role=APP_ROLE, max_size=1)
    for each, title in ((database, "主库的枣"), (replica, "副本的枣")):
        async with each.transaction() as conn:
            product = await make_product(conn, await make_producer(conn), title=title)
            number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", product.listing_id)
    settings = build_settings(dsn, folder, public_url=ORIGIN, replica_url=server.dsn(other), replica_lag_ms=1000)
    async with run_app(settings) as app:
        await wait_for_mark(app.state["market"].reads)
        nobody, somebody = PageClient(app), PageClient(app)
        somebody.client.cookies.set("session", "x" * 43, domain="market.test")
        for path in (f"/goods/{number}", "/search?q=枣"):
            assert "副本的枣" in (await nobody.client.get(path)).text
            assert "主库的枣" in (await somebody.client.get(path)).text
    await replica.close()
    await drop_database(server, other)


def test_only_what_anybody_may_get_reads_from_a_replica() -> None:
    """`PublicReads` is named nowhere but in GET routes, their readers and the composition root."""
    named: set[str] = set()
    for place, node in walk(ast.AsyncFunctionDef, ast.FunctionDef, mentioning="PublicReads"):
        arguments = [each for each in [*node.args.args, *node.args.kwonlyargs] if each.annotation is not None]
        types = [ast.unparse(each.annotation) for each in arguments if each.annotation is not None]
        path = place.partition(":")[0]
        if not any("PublicReads" in each for each in types):
            continue
        routes = [ast.unparse(each) for each in node.decorator_list]
        is_reader = path == "market/service/web/feed.py" and node.name == "_load_page"
        assert is_reader or (len(routes) == 1 and routes[0].startswith("get(")), f"{place} {node.name}"
        assert not any("Database" in each or each == "Batcher" for each in types), f"{place} {node.name}"
        named.add(path)
    assert len(named) == 9
    users = {
        place.partition(":")[0]
        for place, node in walk(ast.Attribute, mentioning="own_reads")
        if node.attr == "own_reads"
    }
    assert users == {"market/service/app.py"}
    assert provide_reads.__module__ == "market.service.app"


async def test_a_pool_over_several_hosts_finds_the_one_that_accepts_writes(dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as still:
        server = dsn.rpartition("@")[2].partition("/")[0]
        gone = f"127.0.0.1:{find_free_port()}"
        hosts = f"{gone},127.0.0.1:{still.getsockname()[1]},{server}"
        db = await open_database(dsn.replace(server, hosts), min_size=1, max_size=2)
        began = asyncio.get_running_loop().time()
        async with db.connection() as one, db.connection() as two:
            assert [await each.fetchval("SELECT pg_is_in_recovery()") for each in (one, two)] == [False, False]
        assert asyncio.get_running_loop().time() - began < 1, "the host that stands still was asked again"
        await db.close()
    with pytest.raises(NoPrimary):
        await open_database(dsn.replace(server, f"{gone},127.0.0.1:{find_free_port()}"), min_size=1)


def test_hosts_of_a_dsn_are_listed_with_their_ports() -> None:
    assert list_hosts("postgresql://u:p%40x@one:5433,10.0.0.2:5434,two/db?a=1") == [
        ("one", 5433),
        ("10.0.0.2", 5434),
        ("two", 5432),
    ]
