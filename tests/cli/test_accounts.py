"""The commands for the accounts of officials."""

from pathlib import Path

import pytest

from market.cli.officials import create_official_account, revoke_official_account
from tests.support.app import SECRET
from tests.support.make import make_phone


async def test_an_official_is_created_and_revoked(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    created = await create_official_account(
        "wang", name="样例王干部", phone=make_phone(), roles=["county"], place="130624000000"
    )
    assert (created["outcome"], created["handle"], created["roles"]) == ("ok", "wang", ["county"])
    assert await revoke_official_account("wang") == {"outcome": "ok", "handle": "wang", "ended": 1}
    assert await revoke_official_account("nobody") == {"outcome": "no-op", "handle": "nobody", "ended": 0}
