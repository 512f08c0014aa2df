"""Accounts of operators: one operator, no role, ended at once; they see their operator's bills and no household."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from market.kernel import Connection, Database, Refusal
from market.people.identity.access import require_operator
from market.people.identity.actors import find_actor_by_handle, find_actor_by_token
from market.people.identity.models import NotAllowed, NotFound, Role, SecondFactorRequired
from market.people.identity.officials import HoldsOffice, create_official
from market.people.identity.operators import create_county_operator, create_operator, end_operator, list_operators
from market.people.identity.sign_in import sign_in_without_code
from market.subsidies.imports.models import OtherOperator
from market.subsidies.operators.history import find_sent_file, list_sent_files
from market.subsidies.operators.notes import NoteInvalid, add_note, list_notes
from tests.conftest import NOW
from tests.story.play import COUNTY
from tests.subsidies.operators.bills import bill_row, make_sender, refuse, send, write
from tests.support.make import SEAL, VILLAGE, make_account, make_official, make_phone
from tests.support.postgres import as_owner

HANDLE = "yd.zhang"
TODAY = NOW.date()


async def make(conn: Connection, operator: str = "mobile", **given: str) -> None:
    values = {"handle": HANDLE, "name": "样例账单员", "phone": make_phone(), "place": COUNTY} | given
    await create_operator(
        conn, SEAL, handle=values["handle"], name=values["name"], phone=values["phone"], operator=operator,
        divisions=[values["place"]], now=NOW,
    )  # fmt: skip


async def test_an_account_is_for_one_operator_and_its_counties(conn: Connection) -> None:
    phone = make_phone()
    await make(conn, phone=phone)
    await make(conn, phone=phone, place="130725")
    [listed] = await list_operators(conn, COUNTY, now=NOW)
    assert (listed.handle, listed.operator, listed.scopes) == (HANDLE, "mobile", [COUNTY])
    actor = await find_actor_by_handle(conn, HANDLE, day=TODAY)
    assert actor is not None
    assert (actor.grants, actor.is_official) == ((), False)
    assert [require_operator(actor, each) for each in (COUNTY, "130725")] == ["mobile", "mobile"]
    with pytest.raises(NotFound):
        require_operator(actor, "130623")
    with pytest.raises(HoldsOffice):
        await make(conn, "unicom", phone=phone)


async def test_an_account_of_the_province_serves_each_county(conn: Connection) -> None:
    await make(conn, place="13")
    actor = await find_actor_by_handle(conn, HANDLE, day=TODAY)
    assert actor is not None
    assert require_operator(actor, COUNTY) == "mobile"
    assert [each.handle for each in await list_operators(conn, COUNTY, now=NOW)] == [HANDLE]


async def test_who_sends_bills_holds_no_office_and_the_reverse(conn: Connection) -> None:
    phone = make_phone()
    await make(conn, phone=phone)
    with pytest.raises(HoldsOffice):
        async with conn.transaction():
            await create_official(
                conn, SEAL, name="样例账单员", handle=HANDLE, phone=phone, roles=[Role.COUNTY], division=COUNTY, now=NOW
            )
    other = make_phone()
    await make_official(conn, Role.COUNTY, COUNTY, handle="xian.li", phone=other)
    with pytest.raises(HoldsOffice):
        await make(conn, phone=other, handle="xian.li")


async def test_of_an_office_and_an_operator_at_once_the_second_is_refused(database: Database) -> None:
    phone = make_phone()

    async def appoint() -> str:
        async with database.transaction() as conn:
            await create_official(
                conn, SEAL, name="样例甲", handle=HANDLE, phone=phone, roles=[Role.COUNTY], division=COUNTY, now=NOW
            )
            return "official"

    async def seat() -> str:
        async with database.transaction() as conn:
            await make(conn, phone=phone)
            return "operator"

    outcomes = await asyncio.gather(appoint(), seat(), return_exceptions=True)
    # The second may also insert the account of the phone before it sees the first, and finds the handle taken.
    assert sorted(type(each).__name__ for each in outcomes) in (["HoldsOffice", "str"], ["HandleTaken", "str"])


async def test_the_schema_lets_no_account_send_the_bills_of_two_operators(owner: Connection) -> None:
    account = await make_account(owner)
    add = "INSERT INTO operator_grants VALUES ($1, $2, $3, '[2019-01-01,)')"
    await owner.execute(add, account, "mobile", "130624")
    with pytest.raises(asyncpg.ExclusionViolationError, match="operator_grants_one_operator"):
        await owner.execute(add, account, "unicom", "130725")


async def test_an_ended_account_loses_its_session_at_once(conn: Connection) -> None:
    await make(conn)
    actor = await find_actor_by_handle(conn, HANDLE, day=TODAY)
    assert actor is not None
    session = await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=False)
    assert session.second_factor_needed
    signed = await find_actor_by_token(conn, session.token, now=NOW)
    assert signed is not None
    with pytest.raises(SecondFactorRequired):
        require_operator(signed, COUNTY)
    assert await find_actor_by_token(conn, session.token, now=NOW + timedelta(minutes=31)) is None
    assert await end_operator(conn, HANDLE, by="test", now=NOW) == 1
    assert await find_actor_by_token(conn, session.token, now=NOW) is None
    ended = await find_actor_by_handle(conn, HANDLE, day=TODAY)
    assert ended is not None
    with pytest.raises(NotAllowed):
        require_operator(ended, COUNTY)
    assert await end_operator(conn, HANDLE, by="test", now=NOW) == 0


async def test_a_county_makes_accounts_for_itself_alone(conn: Connection) -> None:
    await make_official(conn, Role.COUNTY, COUNTY, handle="xian.li")
    await make_official(conn, Role.IMPORTER, COUNTY, handle="gan.li")
    given = {"handle": "lt.wang", "name": "样例联通某", "phone": make_phone(), "identity": "130624196202029910"}
    for handle, county in (("gan.li", COUNTY), ("xian.li", "130725")):
        official = await find_actor_by_handle(conn, handle, day=TODAY)
        assert official is not None
        with pytest.raises(NotAllowed):
            await create_county_operator(conn, SEAL, official, county, **given, operator="unicom", now=NOW)
    official = await find_actor_by_handle(conn, "xian.li", day=TODAY)
    assert official is not None
    await create_county_operator(conn, SEAL, official, COUNTY, **given, operator="unicom", now=NOW)
    assert [each.scopes for each in await list_operators(conn, "", now=NOW)] == [[COUNTY]]
    assert not VILLAGE.startswith("130725")


async def test_a_bill_of_another_operator_is_refused(county: Connection) -> None:
    sender = await make_sender(county, "unicom")
    refusal = await refuse(county, sender, "a.csv", write(bill_row(1)))
    assert isinstance(refusal, OtherOperator)
    assert refusal.text() == "清单写的运营商是移动，您的账号只交联通的文件。"


async def test_an_operator_sees_the_bills_of_its_operator_and_no_others(county: Connection) -> None:
    mobile, unicom = await make_sender(county), await make_sender(county, "unicom", handle="lt.wang")
    own = await send(county, mobile, "a.csv", write(bill_row(1)))
    assert own.file_id is not None
    assert [each.name for each in await list_sent_files(county, mobile, COUNTY)] == ["a.csv", "mobile-2019-01.csv"]
    assert {each.operator for each in await list_sent_files(county, unicom, COUNTY)} == {"unicom"}
    with pytest.raises(NotFound):
        await find_sent_file(county, unicom, COUNTY, own.file_id)
    with pytest.raises(NotFound):
        await list_sent_files(county, mobile, "130725")


async def test_operator_and_importer_write_to_each_other_about_a_bill(county: Connection) -> None:
    mobile, unicom = await make_sender(county), await make_sender(county, "unicom", handle="lt.wang")
    own = await send(county, mobile, "a.csv", write(bill_row(1)))
    assert own.file_id is not None
    gan = await find_actor_by_handle(county, "gan", day=TODAY)
    assert gan is not None
    assert await add_note(county, SEAL, gan, COUNTY, own.file_id, text="第 3 行是谁的？", now=NOW) == 1
    said = "170 5990 0001、17059900001、13062419620202991X 在 2019-03-01 销户"
    assert await add_note(county, SEAL, mobile, COUNTY, own.file_id, text=said, now=NOW) == 2
    notes = await list_notes(county, SEAL, mobile, COUNTY, own.file_id)
    assert [(each.by_operator, each.text) for each in notes] == [
        (False, "第 3 行是谁的？"), (True, "…、…、… 在 2019-03-01 销户"),
    ]  # fmt: skip
    # One of an earlier release, which nobody has encrypted yet.
    async with as_owner(county):
        await county.execute("UPDATE file_notes SET text = '还没加密的', text_sealed = NULL WHERE position = 1")
    assert (await list_notes(county, SEAL, gan, COUNTY, own.file_id))[0].text == "还没加密的"

    async def write_as(actor: object, text: str) -> Refusal | None:
        assert own.file_id is not None
        try:
            await add_note(county, SEAL, actor, COUNTY, own.file_id, text=text, now=NOW)  # pyright: ignore[reportArgumentType]
        except Refusal as refusal:
            return refusal
        return None

    assert isinstance(await write_as(unicom, "别家的"), NotFound)
    assert isinstance(await write_as(mobile, " "), NoteInvalid)
    cun = await find_actor_by_handle(county, "cun", day=TODAY)
    assert isinstance(await write_as(cun, "村里"), NotAllowed)
