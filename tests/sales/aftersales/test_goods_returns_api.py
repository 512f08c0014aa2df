"""七天无理由退货 over the JSON API, and the worker that escalates and ends what nobody answers."""

from datetime import timedelta
from pathlib import Path

from market.kernel.clock import make_clock_at
from market.kernel.settings import Settings
from market.people.notify.ports import FilePort
from market.people.storage.files import open_file_store
from market.service.worker.context import WorkerContext
from market.service.worker.polls import end_goods_returns, escalate_cases
from payments import GuardedGateway
from tests.conftest import NOW
from tests.sales.aftersales.test_bad_fruit_api import call, sign_in
from tests.sales.aftersales.test_goods_returns import DAY, HOUR, WHERE, Parcel, parcel
from tests.support.app import build_settings, run_service
from tests.support.carriers import NO_CARRIERS

__all__ = ["parcel"]


async def test_a_return_is_made_and_refunded_by_operations(parcel: Parcel, dsn: str, folder: Path) -> None:
    w = parcel.shopping
    async with w.db.transaction() as conn:
        buyer, seller = await sign_in(conn, w.buyer), await sign_in(conn, parcel.owner)
        finance = await sign_in(conn, parcel.finance, second_factor=True)
    settings = build_settings(dsn, folder, now=NOW, stripe_base=w.sandbox.url, stripe_key="sk_test_sample")
    async with run_service(settings) as service:
        body = {"lines": [{"line_id": str(parcel.line_id()), "quantity": 1}]}
        opened, again = [await call(service, "ReturnGoods", body, token=buyer, key="r", status=201) for _ in range(2)]
        assert opened == again
        assert opened["amount_fen"] == 32_00
        fresh = {"lines": [{"line_id": str(parcel.line_id(1)), "quantity": 1}]}
        assert (await call(service, "ReturnGoods", fresh, token=buyer, status=409))["code"] == "goods_perishable"
        case = {"case_id": opened["case_id"]}
        mine = await call(service, "ListOrderReturns", token=buyer, path={"order_id": parcel.order.id})
        producer = {"producer_id": parcel.owner.producers[0]}
        assert mine == await call(service, "ListProducerReturns", token=seller, path=producer)
        await call(service, "AnswerReturn", {"agree": True, "text": WHERE}, token=seller, path=case)
        number = {"carrier": "邮政", "tracking": "XB0000000001CN"}
        sent = await service.call("SendReturn", number, token=buyer, path=case)
        assert sent.status_code == 204
        refused = await service.call("WithdrawReturn", token=buyer, path=case)
        assert refused.json()["code"] == "case_not_movable"
        await call(service, "ConfirmReturn", {"objection": "少了"}, token=seller, path=case)
        [assigned] = await call(service, "ListAssignedReturns", token=finance)
        assert assigned["case_id"] == opened["case_id"]
        decision = {"grant": True, "reason": "没少"}
        assert (await call(service, "DecideReturn", decision, token=finance, path=case))["outcome"] == "solved"
    assert await parcel.refunded() == 32_00


async def test_the_worker_escalates_and_ends_returns(parcel: Parcel, folder: Path) -> None:
    w = parcel.shopping

    def at(after: timedelta) -> WorkerContext:
        files = open_file_store((folder / "files").as_uri())
        port = FilePort(folder / "sms.jsonl")
        gateway = GuardedGateway(w.gateway)
        return WorkerContext(
            Settings(data=folder), w.db, make_clock_at(NOW + after), w.seal, gateway, port, files, NO_CARRIERS
        )

    opened = await parcel.ask(after=timedelta())
    await escalate_cases(at(49 * HOUR))
    assert (await parcel.see(opened.case_id)).assignee == "finance"
    assert (await parcel.list_told())[1:3] == ["goods_return_late", "goods_return_late_seller"]
    await parcel.decide(opened.case_id, grant=True, address=WHERE)
    await parcel.send(opened.case_id, after=5 * DAY)
    await end_goods_returns(at(16 * DAY))
    assert (await parcel.see(opened.case_id)).stage == "refunded"
