"""坏果包赔: what may be claimed, who answers, and where the money comes from, to the fen."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Fen
from market.people.identity.models import NotFound, Role
from market.places.counties.change import change_county_setting
from market.sales.aftersales.bad_fruit import NewClaim, check_claim, compute_claim_amount
from market.sales.aftersales.bad_fruit_views import (
    get_claim,
    get_claim_photo_name,
    list_assigned_claims,
    list_producer_claims,
)
from market.sales.aftersales.models import (
    ClaimedBefore,
    ClaimInvalid,
    ClaimTooEarly,
    ClaimTooLate,
    LineRefundReason,
    NothingLeftToClaim,
)
from market.sales.aftersales.refund import refund_line
from market.sales.orders.models import PaymentDisputed
from payments import list_payments, poll_payment
from tests.conftest import NOW
from tests.sales.aftersales.grove import HOUR, Grove, grove, make_grove, make_photo
from tests.support.looks import list_case_looks
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

__all__ = ["grove"]


async def test_after_release_the_seller_agrees_and_the_recorded_parts_pay(grove: Grove) -> None:
    await grove.receive()
    claim = await grove.claim(20, 100, after=40 * HOUR)
    assert (claim.amount_fen, claim.due_at) == (19_20, NOW + 64 * HOUR)
    before = await grove.shopping.balances()
    answer = await grove.answer(claim.case_id, agree=True, after=41 * HOUR)
    assert (answer.granted_fen, answer.escalated) == (19_20, False)
    after = await grove.shopping.balances()
    assert {code: after.get(code, 0) - sum_ for code, sum_ in before.items() if after.get(code, 0) != sum_} == {
        f"payable:{grove.number}": -18_82, "commission": -38, "clearing:alipay": 19_20,
    }  # fmt: skip
    assert (await grove.see()).granted_fen == 19_20
    assert await grove.list_told() == [
        ("claim_opened_seller", "19.20"), ("claim_granted", "19.20"), ("claim_granted_seller", "19.20"),
    ]  # fmt: skip
    with pytest.raises(CaseNotMovable):
        await grove.answer(claim.case_id, agree=True)
    assert (await grove.shopping.see_id(grove.order.id)).refunded_fen == 19_20


async def test_before_release_the_coupons_part_goes_back_to_the_platform(shopping: Shopping) -> None:
    # The platform pays 12.25 of 174.00: the share of the story, where it pays 5.49 of 78.00.
    grove = await make_grove(shopping, amount_fen=12_25)
    claim = await grove.claim(6, 60, line=1)
    await grove.answer(claim.case_id, agree=True)
    assert claim.amount_fen == 7_80
    assert (await grove.shopping.see_id(grove.order.id)).refunded_fen == 7_25
    assert (await grove.shopping.balances())["promotion"] == 55 - 12_25


@given(line_fen=st.integers(1, 10**9), total=st.integers(1, 100_000), data=st.data())
def test_a_share_is_at_least_a_fen_and_at_most_the_line(line_fen: int, total: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(1, total))
    amount = compute_claim_amount(line_fen=Fen(line_fen), bad=bad, total=total)
    assert 1 <= amount <= line_fen
    assert amount == 1 or abs(amount * total - line_fen * bad) * 2 <= total
    assert compute_claim_amount(line_fen=Fen(line_fen), bad=total, total=total) == line_fen


async def test_a_refused_claim_is_decided_by_the_county_in_part(grove: Grove) -> None:
    await grove.receive()
    claim = await grove.claim(50, 100)
    with pytest.raises(ClaimInvalid) as refused:
        await grove.answer(claim.case_id, agree=False, reason=" ")
    assert [each.field for each in refused.value.errors] == ["reason"]
    assert (await grove.answer(claim.case_id, agree=False, reason="照片不是这一箱")).escalated
    seen = await grove.see()
    assert (seen.assignee, seen.seller_reason, seen.granted_fen) == ("finance", "照片不是这一箱", None)
    with pytest.raises(NotFound):
        await grove.decide(claim.case_id, bad=10, by=grove.platform)
    with pytest.raises(CaseNotMovable):
        await grove.answer(claim.case_id, agree=True)
    async with grove.shopping.db.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM cases") == 1
    for bad, reason, field in ((51, "看过", "bad"), (-1, "看过", "bad"), (10, "", "reason")):
        with pytest.raises(ClaimInvalid) as invalid:
            await grove.decide(claim.case_id, bad=bad, reason=reason)
        assert [each.field for each in invalid.value.errors] == [field]
    assert (await grove.decide(claim.case_id, bad=10)).granted_fen == 9_60
    seen = await grove.see()
    assert (seen.outcome, seen.granted_fen, seen.decision) == ("solved", 9_60, "看过照片")
    assert (await grove.shopping.see_id(grove.order.id)).refunded_fen == 9_60
    with pytest.raises(CaseNotMovable):
        await grove.decide(claim.case_id, bad=10)
    assert [name for name, _ in await grove.list_told()] == [
        "claim_opened_seller", "claim_refused", "claim_refused_seller", "claim_waiting_finance",
        "claim_waiting_finance", "claim_granted", "claim_granted_seller",
    ]  # fmt: skip


async def test_a_decision_of_nothing_refunds_nothing_and_says_why(grove: Grove) -> None:
    claim = await grove.claim()
    await grove.answer(claim.case_id, agree=False, reason="好的")
    assert (await grove.decide(claim.case_id, bad=0, reason="照片看不出烂")).granted_fen == 0
    seen = await grove.see()
    assert (seen.outcome, seen.granted_fen, seen.decision) == ("unsolved", 0, "照片看不出烂")
    assert (await grove.shopping.see_id(grove.order.id)).refunded_fen == 0
    assert [name for name, _ in await grove.list_told()][-2:] == ["claim_rejected", "claim_rejected_seller"]


async def test_a_claim_without_an_answer_goes_up_level_by_level(grove: Grove) -> None:
    claim = await grove.claim(after=timedelta())
    assert await grove.escalate(23 * HOUR) == 0
    assert await grove.escalate(24 * HOUR) == 1
    assert (await grove.see()).assignee == "finance"
    with pytest.raises(CaseNotMovable):
        await grove.answer(claim.case_id, agree=True, after=25 * HOUR)
    assert await grove.escalate(timedelta(days=9)) == 1
    assert (await grove.see()).assignee == "platform"
    w = grove.shopping
    async with w.db.transaction(scope=get_person_scope(grove.platform)) as conn:
        [listed] = await list_assigned_claims(conn, w.seal, grove.platform, now=NOW)
        assert listed.case_id == claim.case_id
        assert await list_case_looks(conn, grove.platform) == [f"case:{listed.number}"]
    async with w.db.transaction(scope=get_person_scope(grove.finance)) as conn:
        assert await list_assigned_claims(conn, w.seal, grove.finance, now=NOW) == []
    assert (await grove.decide(claim.case_id, bad=20, by=grove.platform)).granted_fen == 19_20
    late = [name for name, _ in await grove.list_told() if "late" in name]
    assert late == ["claim_late", "claim_late_seller"] * 2


async def test_an_agreement_above_what_one_person_refunds_goes_to_the_county(grove: Grove) -> None:
    w = grove.shopping
    async with w.db.transaction() as conn:
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        await change_county_setting(
            conn, county, "130624", "refund_limit_fen", 19_19, starts_on=NOW.date(), basis="样例", now=NOW
        )
    claim = await grove.claim()
    answer = await grove.answer(claim.case_id, agree=True)
    assert (answer.escalated, answer.granted_fen) == (True, 0)
    seen = await grove.see()
    assert seen.assignee == "finance"
    assert "卖家同意退" in seen.seller_reason
    assert (await w.see_id(grove.order.id)).refunded_fen == 0
    assert ("claim_checked", None) in await grove.list_told()


async def test_the_period_counts_from_receipt_and_a_parcel_on_its_way_can_be_claimed(grove: Grove) -> None:
    await grove.receive()
    with pytest.raises(ClaimTooLate) as late:
        await grove.claim(after=48 * HOUR + timedelta(seconds=1))
    assert "48 小时" in late.value.text("zh")
    assert "打电话" not in late.value.text("zh"), "a buyer of goods sees no telephone of the seller"
    assert (await grove.claim(after=48 * HOUR)).amount_fen == 19_20
    with pytest.raises(ClaimTooLate):
        await grove.claim(line=1, after=49 * HOUR)


async def test_what_was_not_shipped_is_cancelled_and_not_claimed(grove: Grove, owner: Connection) -> None:
    await owner.execute("UPDATE suborders SET state = 'paid', shipped_at = NULL, carrier = NULL, tracking = NULL")
    with pytest.raises(ClaimTooEarly):
        await grove.claim()


async def test_a_line_is_claimed_once_even_after_a_refusal(grove: Grove) -> None:
    claim = await grove.claim()
    with pytest.raises(ClaimedBefore):
        await grove.claim()
    await grove.answer(claim.case_id, agree=True)
    with pytest.raises(ClaimedBefore):
        await grove.claim(1, 100)
    await grove.claim(line=1)


@pytest.mark.parametrize(
    ("bad", "total", "photos", "text", "fields"),
    [
        (1, 1, 1, "烂" * 300, []),
        (100_000, 100_000, 3, "", []),
        (0, 60, 1, "", ["bad"]),
        (61, 60, 1, "", ["bad"]),
        (1, 0, 1, "", ["total"]),
        (1, 100_001, 1, "", ["total"]),
        (1, 60, 0, "", ["photo"]),
        (1, 60, 4, "", ["photo"]),
        (1, 60, 1, "烂" * 301, ["text"]),
        (0, 0, 0, "烂" * 301, ["total", "photo", "text"]),
    ],
)
def test_each_wrong_field_is_named(bad: int, total: int, photos: int, text: str, fields: list[str]) -> None:
    with pytest.raises(ClaimInvalid) if fields else nullcontext() as refused:
        check_claim(NewClaim(line_id=UUID(int=1), bad=bad, total=total, text=text), photos=photos)
    assert ([each.field for each in refused.value.errors] if refused else []) == fields


async def test_a_photo_of_somebody_else_or_for_another_purpose_is_refused(grove: Grove) -> None:
    w = grove.shopping
    for owner_, purpose in ((grove.owner, "claim"), (w.buyer, "listing")):
        async with w.db.transaction() as conn:
            photo_id = await make_photo(conn, owner_, purpose)
        with pytest.raises(ClaimInvalid) as refused:
            await grove.claim(photo_id=photo_id)
        assert [each.field for each in refused.value.errors] == ["photo"]


async def test_what_was_refunded_before_is_not_claimed_again(grove: Grove) -> None:
    w = grove.shopping
    await refund_line(
        w.db, w.gateway, w.seal, grove.owner, grove.line_id(0), key="1", reason=LineRefundReason.AGREED,
        amount_fen=80_00, now=NOW,
    )  # fmt: skip
    with pytest.raises(NothingLeftToClaim) as refused:
        await grove.claim(20, 100)
    assert refused.value.facts == {"left_fen": 16_00}
    claim = await grove.claim(10, 100)
    await refund_line(
        w.db, w.gateway, w.seal, grove.owner, grove.line_id(0), key="2", reason=LineRefundReason.AGREED,
        amount_fen=10_00, now=NOW,
    )  # fmt: skip
    with pytest.raises(NothingLeftToClaim):
        await grove.answer(claim.case_id, agree=True)
    assert (await grove.see()).state == "assigned"


async def test_a_disputed_payment_is_not_refunded_by_a_claim(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    async with w.db.connection() as conn:
        [payment] = await list_payments(conn, str(grove.order.number))
    assert payment.provider_ref is not None
    await w.sandbox.open_dispute(payment.provider_ref)
    await poll_payment(w.db, w.gateway, payment.id, at=NOW)
    with pytest.raises(PaymentDisputed):
        await grove.answer(claim.case_id, agree=True)
    assert (await grove.see()).state == "assigned"


async def test_only_buyer_seller_and_deciding_officials_see_a_claim_and_its_photos(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    photo_id = (await grove.see()).photo_ids[0]
    async with w.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        elsewhere = await load_actor(conn, await make_official(conn, Role.FINANCE, "130725"))
        other = await make_product(conn)
        other_seller = await load_owner(conn, other.producer_id)
    for actor in (w.buyer, grove.owner, grove.finance, grove.platform):
        async with w.db.transaction(scope=get_person_scope(actor)) as conn:
            assert await get_claim(conn, w.seal, claim.case_id) is not None
            assert (await get_claim_photo_name(conn, actor, photo_id)).startswith("claim/")
    for actor in (stranger, county, elsewhere, other_seller):
        async with w.db.transaction(scope=get_person_scope(actor)) as conn:
            assert await get_claim(conn, w.seal, claim.case_id) is None
            assert await list_producer_claims(conn, w.seal, actor.producers) == []
            with pytest.raises(NotFound):
                await get_claim_photo_name(conn, actor, photo_id)
        with pytest.raises(NotFound):
            await grove.answer(claim.case_id, agree=True, by=actor)
        with pytest.raises(NotFound):
            await grove.decide(claim.case_id, bad=1, by=actor)
        with pytest.raises(NotFound):
            await grove.claim(by=actor, line=1)


async def test_an_official_who_bought_it_does_not_decide(grove: Grove, owner: Connection) -> None:
    claim = await grove.claim()
    await grove.answer(claim.case_id, agree=False, reason="没有")
    await owner.execute(
        "UPDATE accounts SET name = (SELECT name FROM accounts WHERE id = $1) WHERE id = $2",
        grove.shopping.buyer.account_id, grove.finance.account_id,
    )  # fmt: skip
    with pytest.raises(CaseAnswererInvolved):
        await grove.decide(claim.case_id, bad=20)
    assert (await grove.shopping.see_id(grove.order.id)).refunded_fen == 0
