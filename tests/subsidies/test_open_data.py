"""Open data: what is published is the quarter's report, and no small figure is told by it."""

from datetime import date
from fractions import Fraction
from itertools import chain, combinations

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.reports.open_data import ALL, OpenPart, hide_parts, list_open_figures, publish_quarter
from market.reports.quarter import compute_quarter
from market.reports.region import refresh_quarters
from tests.story.play import COUNTY, Player

FIRST, UNTIL = date(2019, 1, 1), date(2019, 4, 1)
SMALL = range(1, 10)


def make_part(name: str, users: int, *, households: int | None = None) -> OpenPart:
    homes = users if households is None else households
    return OpenPart(part=name, users=users, households=homes, conceded_fen=Fen(7 * users), public_fen=Fen(3 * users))


def is_told(unit: list[int], known: list[list[int]]) -> bool:
    """Return whether the known sums determine another sum: whether it is a linear combination of them."""

    def count_rank(rows: list[list[int]]) -> int:
        left, rank = [[Fraction(each) for each in row] for row in rows], 0
        for column in range(len(unit)):
            pivot = next((row for row in left[rank:] if row[column]), None)
            if pivot is None:
                continue
            left.remove(pivot)
            left.insert(rank, pivot)
            for row in left[rank + 1 :]:
                factor = row[column] / pivot[column]
                row[:] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
            rank += 1
        return rank

    return count_rank([*known, unit]) == count_rank(known)


@given(st.lists(st.one_of(st.integers(0, 14), st.integers(0, 60)), min_size=1, max_size=6), st.integers(0, 3))
def test_no_group_of_less_than_ten_is_told(people: list[int], parts: int) -> None:
    """Whatever groups of townships or operators are added and subtracted, none of 1 to 9 people comes out."""
    whole = sum(people)
    share = [whole // (parts + 1)] * parts
    operators = [*share, whole - sum(share)]
    tables = [
        [make_part(f"13062410{number}", each) for number, each in enumerate(people)],
        [make_part(f"operator {number}", each) for number, each in enumerate(operators)],
    ]
    published = {each.part: each for each in hide_parts(*tables)}
    for table in tables:
        size = len(table)
        known = [
            [int(at == index) for at in range(size)]
            for index in range(size)
            if published[table[index].part].users is not None
        ]
        if published[ALL].users is not None:
            assert published[ALL].users == whole
            known.append([1] * size)
        for group in chain.from_iterable(combinations(range(size), many) for many in range(1, size + 1)):
            if sum(table[index].users or 0 for index in group) in SMALL:
                # A group of which each member but one is empty and shown is the small one itself.
                assert not is_told([int(at in group) for at in range(size)], known), (people, operators, group)
    assert all(each.users in {None, 0} or (each.users or 0) >= 10 for each in published.values())


def test_what_is_small_in_households_or_of_earlier_months_is_hidden() -> None:
    operators = [make_part("mobile", 130, households=120)]
    townships = [make_part("a", 60, households=9), make_part("b", 30, households=30), make_part("c", 40, households=40)]
    assert [each.users for each in hide_parts(townships, operators)] == [130, None, None, 40, 130]
    back = OpenPart(part="b", users=0, households=0, conceded_fen=Fen(-500), public_fen=Fen(0))
    townships = [make_part("a", 60), back, make_part("c", 70)]
    assert [each.conceded_fen for each in hide_parts(townships, operators)][:4] == [Fen(410), None, None, None]


async def test_a_closed_quarter_is_published(quarter: Player) -> None:
    assert await refresh_quarters(quarter.database) == 1
    async with quarter.database.transaction(scope=COUNTY) as conn:
        report = await compute_quarter(conn, COUNTY, FIRST, UNTIL)
        total = report.rows[-1]
    async with quarter.database.connection() as conn:
        figures = {each.part: each for each in await list_open_figures(conn)}
        assert await list_open_figures(conn, county="130121") == []
        assert await list_open_figures(conn, quarter=UNTIL) == []
    whole = figures[ALL]
    assert (whole.users, whole.households) == (total.users, total.households)
    assert (whole.conceded_fen, whole.public_fen) == (total.conceded_fen, total.public_fen)
    assert all(each.users is None or each.users >= 10 for each in figures.values())
    assert any(each.users is None for each in figures.values())
    async with quarter.database.transaction(scope="1307") as conn:
        await conn.execute("DELETE FROM open_figures")
        assert await conn.fetchval("SELECT count(*) FROM open_figures") == len(figures), "another region's"
    small = "INSERT INTO open_figures VALUES ('130624', '2018-01-01', 'all', 9, 9, 1, 1, now())"
    async with quarter.database.connection() as conn:
        await conn.execute("SELECT set_config('market.scope', '130624', false)")
        with pytest.raises(asyncpg.CheckViolationError, match="open_figures_not_small"):
            await conn.execute(small)
        await conn.execute("SELECT set_config('market.scope', '', false)")
    async with quarter.database.transaction(scope=COUNTY) as conn:
        await publish_quarter(conn, COUNTY, FIRST, UNTIL, closed=False)
        assert await list_open_figures(conn) == []
