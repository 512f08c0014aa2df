"""A verified name is corrected at a person's request: told, recorded, and paid once the account is checked again."""

import asyncpg
import pytest

from market.kernel import Refusal
from market.people.identity.models import AccountId, NameReserved, NotFound, OfficialNameFixed, Role
from market.sales.payouts.account_change import activate_due_changes, decide_account_change, list_waiting_changes
from market.sales.payouts.correct_name import CorrectedName, CorrectionReasonNeeded, correct_name
from market.sales.payouts.models import NameCorrectorConsents
from market.sales.payouts.pay_out import pay_out_due
from payments.stripe import Stripe
from tests.service.web.conftest import Village
from tests.service.web.farm.money.purse import GOOD, HOLD, NOW, enter, get_seal, owe, read_payouts
from tests.service.web.farm.money.test_account_changes import ACCOUNTS, IN_THREE_DAYS, add_son, decide
from tests.support.make import load_actor, make_account, make_official
from tests.support.postgres import as_owner

REASON = "登记时写了别字，看了身份证"


async def correct(village: Village, name: str, *, reason: str = REASON, by: AccountId | None = None) -> CorrectedName:
    async with village.database.transaction() as conn:
        return await correct_name(conn, get_seal(village), village.farmer, name=name, reason=reason, by=by, now=NOW)


async def test_a_household_is_paid_under_its_corrected_name_once_its_account_is_checked_again(
    village: Village, gateway: Stripe
) -> None:
    son = await add_son(village)
    await enter(village, gateway)
    await owe(village, 50_00)
    assert await correct(village, " 样例\u3164唐改名 ") == CorrectedName(changed=True, ended_accounts=1)
    assert await correct(village, "样例唐改名") == CorrectedName(changed=False, ended_accounts=0)
    assert await village.value("SELECT name FROM accounts WHERE id = $1", village.farmer) == "样例唐改名"
    assert await village.value(ACCOUNTS) == "3456 ended"
    await pay_out_due(village.database, gateway, hold=HOLD, now=NOW)
    assert await read_payouts(village) == []
    change = await enter(village, gateway, GOOD)
    assert (change.holder, change.state, change.replaces is not None) == ("样例唐改名", "waiting", True)
    with pytest.raises(Refusal):
        await decide(village, village.farmer, change.id, consent=True)
    assert await decide(village, son, change.id, consent=True) == "waiting"
    assert await activate_due_changes(village.database, get_seal(village), now=IN_THREE_DAYS) == 1
    await pay_out_due(village.database, gateway, hold=HOLD, now=IN_THREE_DAYS)
    assert [fen for _, fen in await read_payouts(village)] == [50_00]


async def test_a_correction_is_told_and_recorded_and_ends_what_is_being_changed(
    village: Village, gateway: Stripe
) -> None:
    await enter(village, gateway)
    await enter(village, gateway, "6222000000000009")
    assert (await correct(village, "样例唐改名")).ended_accounts == 2
    assert await village.value(ACCOUNTS) == "3456 ended, 0009 rejected"
    assert await village.value("SELECT count(*) FROM messages WHERE template = 'name_corrected_unpaid'") == 1
    entry = await village.value("SELECT detail FROM audit_entries WHERE action = 'account.correct_name'")
    assert entry["reason"] == REASON
    assert "改名" not in str(entry)
    async with await village.browser(village.farmer) as farm:
        seen = await farm.open("/farm/money")
        assert "收款账户：样例" not in seen.text
        assert "/farm/money/account" in seen.html


async def test_who_corrected_the_name_does_not_agree_to_the_account_under_it(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    async with village.database.transaction() as conn:
        platform = await make_official(conn, Role.PLATFORM, "13")
        # The same person's other account.
        namesake = await make_official(
            conn, Role.FINANCE, "130624", name=await conn.fetchval("SELECT name FROM accounts WHERE id = $1", platform)
        )
        other = await make_official(conn, Role.FINANCE, "130624")
    await correct(village, "样例唐改名", by=platform)
    change = await enter(village, gateway, GOOD)

    async def consent(account: AccountId) -> str:
        async with village.database.transaction() as conn:
            actor = await load_actor(conn, account)
            return (await decide_account_change(conn, get_seal(village), actor, change.id, consent=True, now=NOW)).state

    for account in (platform, namesake):
        with pytest.raises(NameCorrectorConsents):
            await consent(account)
        async with village.database.connection() as conn:
            assert [each.own for each in await list_waiting_changes(conn, await load_actor(conn, account))] == [True]
        with pytest.raises(asyncpg.PostgresError, match="needs a second person"):
            await village.value(
                "UPDATE payout_accounts SET decided_by = $1, decided_at = entered_at WHERE id = $2 RETURNING 1",
                account,
                change.id,
            )
    assert await consent(other) == "waiting"


async def test_what_is_no_correction_is_refused_and_changes_nothing(village: Village, gateway: Stripe) -> None:
    await enter(village, gateway)
    before = await village.value("SELECT name FROM accounts WHERE id = $1", village.farmer)
    for name in ("客\u3164服", "\u2800", "长" * 61):
        with pytest.raises(NameReserved):
            await correct(village, name)
    for reason in ("", " \u200b", "长" * 301):
        with pytest.raises(CorrectionReasonNeeded):
            await correct(village, "样例唐改名", reason=reason)
    async with village.database.transaction() as conn:
        async with as_owner(conn):
            official = await make_account(conn, name="样例甘某", handle="gan")
        with pytest.raises(OfficialNameFixed):
            await correct_name(conn, get_seal(village), official, name="样例别人", reason=REASON, now=NOW)
    await village.value("UPDATE accounts SET closed_at = now() WHERE id = $1 RETURNING 1", village.farmer)
    with pytest.raises(NotFound):
        await correct(village, "样例唐改名")
    assert await village.value("SELECT name FROM accounts WHERE id = $1", village.farmer) == before
    assert await village.value(ACCOUNTS) == "3456 active"
