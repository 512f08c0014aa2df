"""The commands for the accounts of officials."""

import asyncio
import getpass
import json
from pathlib import Path

import pytest

from market.kernel import Connection, Database
from market.people.identity.models import NotFound, Role
from market.service.commands import execute
from market.service.commands.officials import (
    create_official_account,
    list_official_accounts,
    move_official_account,
    reset_official_factor,
    revoke_official_account,
)
from market.service.commands.persons import correct_person_name
from tests.support.app import SECRET
from tests.support.make import make_account, make_phone


async def test_an_official_is_created_moved_and_revoked_by_a_named_user(
    dsn: str, owner: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    created = await create_official_account(
        "wang", name="样例王干部", phone=make_phone(), roles=["county"], place="130624000000"
    )
    assert (created["outcome"], created["handle"], created["roles"]) == ("ok", "wang", ["county"])
    moved = await move_official_account("wang", place="130725000000", roles=[])
    assert (moved["outcome"], moved["roles"]) == ("ok", ["county"])
    assert (await reset_official_factor("wang"))["totp_secret"] != created["totp_secret"]
    assert [official.handle for official in await list_official_accounts("130725000000")] == ["wang"]
    assert await revoke_official_account("wang") == {"outcome": "ok", "handle": "wang", "ended": 1}
    assert await revoke_official_account("nobody") == {"outcome": "no-op", "handle": "nobody", "ended": 0}
    recorded = await owner.fetch("SELECT action, detail ->> 'operator' AS operator FROM audit_entries ORDER BY at")
    assert [row["action"] for row in recorded] == [
        "official.second_factor",
        "official.make",
        "official.move",
        "official.second_factor",
        "official.end",
    ]
    assert {row["operator"] for row in recorded} == {getpass.getuser()}


async def test_a_role_that_does_not_exist_is_refused_with_those_that_do(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    role = ["--role", "county", "--role", "boss", "--place", "130624000000", "--json"]
    for command in (
        ["official", "wang", "--name", "样例王干部", "--phone", make_phone(), *role],
        ["move", "wang", *role],
    ):
        assert await asyncio.to_thread(execute, ["accounts", *command]) == 2
        [fault] = json.loads(capsys.readouterr().out)["errors"]
        assert fault == {"field": "roles", "message": f"one of {', '.join(Role)}, not boss"}


async def test_a_place_that_does_not_exist_is_refused_and_nothing_stored(
    dsn: str, owner: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    person = ["--name", "样例王干部", "--phone", make_phone()]
    nowhere = ["--place", "130699000000", "--json"]
    for command in (
        ["official", "wang", *person, "--role", "county", *nowhere],
        ["operator", "wang", *person, "--operator", "mobile", "--place", "130624", *nowhere],
    ):
        assert await asyncio.to_thread(execute, ["accounts", *command]) == 1
        assert json.loads(capsys.readouterr().out)["code"] == "no_such_place"
    assert await owner.fetchval("SELECT count(*) FROM accounts") == 0
    await create_official_account("li", name="样例李干部", phone=make_phone(), roles=["county"], place="130624")
    assert await asyncio.to_thread(execute, ["accounts", "move", "li", *nowhere]) == 1
    assert await owner.fetchval("SELECT array_agg(scope) FROM grants WHERE NOT isempty(valid_during)") == ["130624"]


async def test_reading_of_a_place_that_does_not_exist_is_refused(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    for place in ("%", "1306%", "_30624", "130699", "13"):
        for command in ("list", "operators"):
            refused = place != "13"
            assert await asyncio.to_thread(execute, ["accounts", command, "--place", place, "--json"]) == refused
            assert ("no_such_place" in capsys.readouterr().out) == refused
    for county, code in (("130699", 1), ("130624", 0)):
        assert await asyncio.to_thread(execute, ["counties", "show", county, "--json"]) == code
        assert ("no_such_place" in capsys.readouterr().out) == bool(code)


async def test_the_officials_of_the_parts_of_a_place_are_listed_with_it(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    for handle, place in (("wang", "130624100"), ("li", "130624"), ("zhao", "1306"), ("qian", "130725")):
        await create_official_account(handle, name="样例干部", phone=make_phone(), roles=["county"], place=place)
    for place in ("130624", "130624000000"):
        assert [each.handle for each in await list_official_accounts(place)] == ["li", "wang", "zhao"]


async def test_a_persons_name_is_corrected_by_command(
    dsn: str, database: Database, owner: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    phone = make_phone()
    async with database.transaction() as conn:
        account_id = await make_account(conn, name="样例唐某", phone=phone)
    for outcome in ("ok", "no-op"):
        done = await correct_person_name(phone, name="样例唐真名", reason="看了身份证")
        assert done == {"outcome": outcome, "account": str(account_id), "ended_payout_accounts": 0}
    assert await owner.fetchval("SELECT name FROM accounts WHERE id = $1", account_id) == "样例唐真名"
    with pytest.raises(NotFound):
        await correct_person_name(make_phone(), name="样例唐真名", reason="看了身份证")
    recorded = await owner.fetch("SELECT action, detail ->> 'operator' AS operator FROM audit_entries")
    assert [tuple(row) for row in recorded] == [("account.correct_name", getpass.getuser())]
