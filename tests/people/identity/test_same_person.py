"""Who is one person with several accounts, as far as names tell."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.kernel import Connection
from market.kernel.lookalikes import SIMPLIFIED
from market.people.identity.close import CLOSED_NAME, erase_account
from market.people.identity.same_person import is_same_person
from market.people.identity.sign_in import DEFAULT_NAME
from tests.conftest import NOW
from tests.support.make import make_account
from tests.support.postgres import as_owner

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("样例唐某", "样例 唐某", True),
        ("样例唐某", "样例唐某（会计）", True),
        ("样例唐某", "村支书样例唐某", True),
        ("样例唐某", "樣例唐某/书记", True),
        ("样例唐某", "样例\u3164唐某", True),
        ("样例唐某", "样例唐某水管员", False),
        ("样例唐某", "样例李某", False),
        (DEFAULT_NAME, DEFAULT_NAME, False),
    ],
)
async def test_accounts_of_one_name_belong_to_one_person_unless_it_is_the_name_of_every_new_account(
    conn: Connection, name: str, other: str, same: bool
) -> None:
    first, second = await make_account(conn, name=name), await make_account(conn, name=other)
    assert await is_same_person(conn, account_id=first, other_id=second) is same
    assert await is_same_person(conn, account_id=first, other_id=first)


async def test_the_name_of_a_closed_account_is_nobodys(conn: Connection) -> None:
    closed, other = await make_account(conn), await make_account(conn)
    namesake = await make_account(conn, name=CLOSED_NAME)
    for each in (closed, other):
        await erase_account(conn, each, by="样例", now=NOW)
    for person in (other, namesake):
        assert not await is_same_person(conn, account_id=closed, other_id=person)
    assert await is_same_person(conn, account_id=closed, other_id=closed)


FOLDED = {
    "张三": "张三", "村会计张三": "张三", "张三（会计）": "张三", "张 三 组长": "张三", "王主任": "王主任",
    "王书记": "王书记", "村主任": "村主任", "村会计": "村会计", "村委会主任": "村委会主任", "ＬＩ·四": "li四",
    "副镇长 李四": "李四", "李四": "李四", "村支书张三": "张三", "张三老师": "张三", "驻村工作队员张三": "张三",
    "张三/书记": "张三", "张三-会计": "张三", "张三（会计": "张三", "（张三": "张三", "（张三）": "张三",
    "张•三": "张三", "张丶三": "张三", "張三豐": "张三丰", "张三2": "张三2", "gan2": "gan2", "Gan.2": "gan2",
    "张三丰代": "张三丰", "代张三丰": "张三丰", "张三丰印章": "张三丰", "张三印": "张三印",
    "代张三": "代张三", "张三丰书记代": "张三丰", "代小红": "代小红", "张文书": "张文书",
    "村党支部书记兼村主任张三": "张三", "老张三": "张三", "王五": "王五",
    "张三县长": "张三", "副县长张三": "张三", "县长": "县长", "王县长": "王县长", "张三（常务副县长）": "张三",
    "县民政局副局长张三": "张三", "张三科员": "张三", "四级主任科员张三": "张三", "县委办公室主任 张三": "张三",
    "张三副镇长": "张三", "乡党委书记张三": "张三", "张三市长": "张三", "区长张三丰代": "张三丰", "秘书长": "秘书长",
    "—": "", "": "", "张\u3164三": "张三", "张\uffa0三\u115f": "张三", "张\ufe00三\u2800": "张三",
}  # fmt: skip


@pytest.mark.parametrize(("name", "folded"), FOLDED.items())
async def test_a_name_is_folded_to_its_letters_without_titles(conn: Connection, name: str, folded: str) -> None:
    assert await conn.fetchval("SELECT fold_name($1)", name) == folded
    assert await conn.fetchval("SELECT fold_name(fold_name($1))", name) == folded


@pytest.mark.parametrize(("handles", "same"), [(("gan", "gan2"), True), (("gan", None), False), ((None, None), False)])
async def test_a_digit_makes_another_person_unless_both_are_officials(
    conn: Connection, handles: tuple[str | None, str | None], same: bool
) -> None:
    async with as_owner(conn):
        first, second = [
            await make_account(conn, name=name, handle=handle)
            for name, handle in zip(("样例农户04", "样例农户５主任2"), handles, strict=True)
        ]
    assert await is_same_person(conn, account_id=first, other_id=second) is same
    keys = [await conn.fetchval("SELECT get_person_key($1)", each) for each in (first, second)]
    assert (keys[0] == keys[1]) is same


async def test_every_traditional_character_has_its_simplified_one(conn: Connection) -> None:
    source = (ROOT / "migrations/functions/simplify_characters.sql").read_text("utf-8")
    characters = "".join(re.findall(r"'([\u4e00-\u9fff]+)'", source))
    traditional, simplified = characters[: len(characters) // 2], characters[len(characters) // 2 :]
    assert len(set(traditional)) == len(traditional) == len(simplified)
    assert not set(traditional) & set(simplified)
    assert await conn.fetchval("SELECT simplify_characters($1)", traditional) == simplified
    assert await conn.fetchval("SELECT simplify_characters('劉備關羽張飛')") == "刘备关羽张飞"
    assert traditional.translate(SIMPLIFIED) == simplified


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("张三", {"张三"}),
        ("张三丰", {"张三丰"}),
        ("张三印", {"张三", "张三印"}),
        ("代张三", {"张三", "代张三"}),
        ("代张三章", {"张三", "张三章"}),
        ("王建国华", {"王建国", "王建国华", "王建", "国华", "建国华"}),
        ("水管张三", {"水管", "张三", "水管张三", "水管张", "管张三"}),
        ("张三、李四", {"张三", "李四", "张三李四", "张三李", "三李四"}),
        ("村干部（张三）", {"张三", "村干部", "干部"}),
        ("王", {"王"}),
        ("", set[str]()),
        ("长" * 61, {"长" * 61}),
    ],
)
async def test_a_part_of_a_text_may_be_a_name_if_a_title_is_left(conn: Connection, text: str, parts: set[str]) -> None:
    assert {row[0] for row in await conn.fetch("SELECT list_name_parts($1)", text)} == parts


_BRACKETS = str.maketrans(dict.fromkeys("()[]{}<>（）［］｛｝＜＞【】〔〕〖〗《》〈〉「」『』", ""))
_NAME_PIECES = st.sampled_from([*"张三王李樂國丰代印村主任书记水管员ab1 ·()（）【、", "主任", "村会计", "长" * 30])


def list_parts(text: str) -> set[str]:
    """Return the parts of a folded text, by the rule that `list_name_parts` states."""
    parts = {text} - {""}
    for before in range(len(text) if len(text) <= 60 else 0):
        for end in range(before + 2, len(text) + 1):
            size, after = end - before, len(text) - end
            left = before != 1 or size > 2 or re.match("[a-z代兼原前现新印章签办村乡镇组队户]", text)
            right = after != 1 or size > 2 or re.search("[a-z代兼等印章签字记写办审核村乡镇组队户]$", text)
            if left and right:
                parts.add(text[before:end])
    return parts


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(_NAME_PIECES, max_size=8).map("".join), min_size=20, max_size=40))
async def test_the_parts_of_any_text_are_those_of_the_rule(conn: Connection, texts: list[str]) -> None:
    rows = await conn.fetch(
        "SELECT fold_official_name(t) AS folded, fold_official_name(plain) AS plain,"
        " simplify_characters(t) AS simplified, ARRAY(SELECT list_name_parts(t)) AS parts"
        " FROM unnest($1::text[], $2::text[]) AS r(t, plain)",
        texts,
        [text.translate(_BRACKETS) for text in texts],
    )
    for text, row in zip(texts, rows, strict=True):
        assert row["simplified"] == text.translate(SIMPLIFIED)
        assert set(row["parts"]) == list_parts(row["folded"]) | list_parts(row["plain"])
