"""Every statement of the project is prepared against the migrated schema, and its columns match its Struct."""

import importlib
import pkgutil

import msgspec
import pytest

import market
import payments
from market.kernel import Connection
from payments.sql import QUERIES, STATEMENT_CACHE_SIZE, Query


def import_every_module() -> list[str]:
    """Import every module of both packages, so that every query is registered."""
    names: list[str] = []
    for package in (market, payments):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                importlib.import_module(found.name)
                names.append(found.name)
    return names


async def test_every_statement_prepares_and_returns_the_columns_of_its_struct(conn: Connection) -> None:
    import_every_module()
    wrong: list[str] = []
    assert len(QUERIES) <= 2 * STATEMENT_CACHE_SIZE  # of which a connection runs a part
    for query in QUERIES:
        if query.module.startswith("tests"):
            continue
        try:
            async with conn.transaction():
                statement = await conn.prepare(query.sql)
        except Exception as error:
            wrong.append(f"{query.module}: {error}\n{query.text}")
            continue
        columns = {attribute.name for attribute in statement.get_attributes()}
        if isinstance(query.row, type) and issubclass(query.row, msgspec.Struct):
            fields = msgspec.structs.fields(query.row)
            needed = {field.encode_name for field in fields if field.required}
            known = {field.encode_name for field in fields}
            if not needed <= columns <= known:
                wrong.append(f"{query.module}: {query.row.__name__} expects {sorted(known)}, gets {sorted(columns)}")
        elif query.row is None:
            continue
        elif len(columns) != 1:
            wrong.append(f"{query.module}: one column was meant, got {sorted(columns)}\n{query.text}")
    assert wrong == []


async def test_a_query_binds_names_in_the_order_of_first_use_and_leaves_casts_alone(conn: Connection) -> None:
    query = Query(str, "SELECT :b::text || :a || :b::text")
    assert query.sql == "SELECT $1::text || $2 || $1::text"
    assert await query.one(conn, a="a", b="b") == "bab"


async def test_a_query_refuses_a_wrong_set_of_names(conn: Connection) -> None:
    query = Query(int, "SELECT :a::int")
    with pytest.raises(TypeError, match=r"parameters are \['a'\], not \['b'\]"):
        await query.one(conn, b=1)
    with pytest.raises(TypeError):
        await query.one(conn, a=1, b=1)
