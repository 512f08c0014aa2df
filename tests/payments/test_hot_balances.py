"""The balance of an account without a balance row: a checkpoint's sum and what was posted after it."""

from random import Random

import pytest

from payments import Connection, Database, get_balance, list_balances, post
from payments.ledger.verification import add_checkpoints
from tests.payments.test_ledger import books
from tests.payments.test_verification import age, owners

__all__ = ["books", "owners"]

ACCOUNTS = ("clearing:bank", "clearing:alipay", "commission", "promotion", "payable:P1", "payable:P2", "escrow:L-1")
COUNT_READ = """
    SELECT sum(pg_stat_get_xact_tuples_returned(relid))::integer
      FROM unnest(ARRAY['payments.postings', 'payments.postings_account', 'payments.postings_pkey']::regclass[])
        AS relation,
           pg_partition_tree(relation)
     WHERE isleaf
"""


async def list_sums(conn: Connection) -> dict[tuple[str, str], int]:
    """Return the sum of every posting of each account."""
    rows = await conn.fetch(
        "SELECT code, currency, sum(amount_minor)::bigint AS minor FROM payments.accounts"
        " JOIN payments.postings ON account_id = accounts.id GROUP BY code, currency"
    )
    return {(row["code"], row["currency"]): row["minor"] for row in rows}


@pytest.mark.parametrize("seed", range(5))
async def test_balances_are_the_sums_of_all_postings_whenever_checkpoints_are_added(
    books: Connection, owners: Database, seed: int
) -> None:
    random = Random(seed)
    for n in range(20):
        if random.random() < 0.2:
            await age(books)
            assert await add_checkpoints(owners) <= 1
            continue
        taken = random.choice(ACCOUNTS[:2])
        given = random.choice([each for each in ACCOUNTS if each != taken])
        minor, currency = random.randint(1, 9_99), random.choice(["CNY", "JPY"])
        await post(books, key=f"{seed}-{n}", kind="move", legs=[(taken, -minor), (given, minor)], currency=currency)
        sums = await list_sums(books)
        assert {(each.code, each.currency): each.minor for each in await list_balances(books)} == sums
        code, currency = random.choice(list(sums))
        assert await get_balance(books, code, currency) == sums[code, currency]


async def test_a_hot_balance_reads_only_what_was_posted_after_the_checkpoint(
    books: Connection, owners: Database
) -> None:
    for n in range(100):
        await post(books, key=f"old {n}", kind="move", legs=[("clearing:bank", -2), ("commission", 2)])
    await age(books)
    assert await add_checkpoints(owners) == 1
    for n in range(3):
        await post(books, key=f"new {n}", kind="move", legs=[("clearing:bank", -5), ("commission", 5)])
    await books.execute("VACUUM ANALYZE payments.postings")
    read: list[int] = []
    async with books.transaction():
        # The table is so small here that the planner would read all of it.
        await books.execute("SET LOCAL enable_seqscan = off")
        for step in ("nothing", "one", "list"):
            if step == "one":
                assert await get_balance(books, "commission") == 2_15
            elif step == "list":
                assert [each.minor for each in await list_balances(books, prefix="commission")] == [2_15]
            read.append(await books.fetchval(COUNT_READ))
    assert [read[1] - read[0], read[2] - read[1]] == [3, 3]
