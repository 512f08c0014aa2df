"""坏果包赔 over the JSON API, and the worker that escalates what nobody answers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from market.kernel import Connection
from market.kernel.clock import make_clock_at
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.people.identity.sign_in import sign_in_without_code
from market.people.notify.ports import FilePort
from market.people.storage.files import open_file_store
from market.service.worker.context import WorkerContext
from market.service.worker.polls import escalate_cases
from payments import GuardedGateway
from tests.conftest import NOW
from tests.people.storage.test_photos import a_jpeg
from tests.sales.aftersales.grove import Grove, grove
from tests.support.app import Service, build_settings, run_service
from tests.support.carriers import NO_CARRIERS

__all__ = ["grove"]


async def sign_in(conn: Connection, actor: Actor, *, second_factor: bool = False) -> str:
    session = await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=second_factor)
    return session.token


async def call(
    service: Service, operation: str, body: Any = None, *, token: str, status: int = 200, **more: Any
) -> Any:
    response = await service.call(operation, body, token=token, **more)
    assert response.status_code == status, response.text
    return response.json()


async def test_a_claim_is_made_refused_and_decided_by_operations(grove: Grove, dsn: str, folder: Path) -> None:
    w = grove.shopping
    async with w.db.transaction() as conn:
        buyer, seller = await sign_in(conn, w.buyer), await sign_in(conn, grove.owner)
        finance = await sign_in(conn, grove.finance, second_factor=True)
    settings = build_settings(dsn, folder, now=NOW, stripe_base=w.sandbox.url, stripe_key="sk_test_sample")
    async with run_service(settings) as service:
        photo = await service.http.post(
            "/api/v1/photos", files={"photo": ("a.jpg", a_jpeg(300, 200), "image/jpeg")}, data={"purpose": "claim"},
            headers={"Authorization": f"Bearer {buyer}", "Idempotency-Key": "photo"},
        )  # fmt: skip
        body = {"bad": 20, "total": 100, "photo_ids": [photo.json()["id"]], "text": "烂了"}
        line = {"line_id": grove.line_id(0)}
        opened, again = [
            await call(service, "ClaimBadFruit", body, token=buyer, path=line, key="c", status=201) for _ in range(2)
        ]
        assert opened == again
        assert opened["amount_fen"] == 19_20
        refused = await call(service, "ClaimBadFruit", body, token=buyer, path=line, status=409)
        assert refused["code"] == "claimed_before"
        case = {"case_id": opened["case_id"]}
        mine = await call(service, "ListOrderClaims", token=buyer, path={"order_id": grove.order.id})
        theirs = await call(service, "ListProducerClaims", token=seller, path={"producer_id": grove.owner.producers[0]})
        assert mine == theirs
        assert [(each["text"], each["assignee"]) for each in mine] == [("烂了", "seller")]
        answer = await call(service, "AnswerClaim", {"agree": False, "reason": "没烂"}, token=seller, path=case)
        assert answer["escalated"] is True
        assert [each["case_id"] for each in await call(service, "ListAssignedClaims", token=finance)] == [
            opened["case_id"]
        ]
        decision = {"bad": 10, "reason": "看过照片"}
        assert (await call(service, "DecideClaim", decision, token=finance, path=case))["granted_fen"] == 9_60
    assert (await w.see_id(grove.order.id)).refunded_fen == 9_60


async def test_the_worker_escalates_what_the_seller_did_not_answer(grove: Grove, folder: Path) -> None:
    w = grove.shopping
    await grove.claim()
    for hours, assignee in ((24, "seller"), (26, "finance")):
        clock = make_clock_at(NOW + timedelta(hours=hours))
        files = open_file_store((folder / "files").as_uri())
        port = FilePort(folder / "sms.jsonl")
        await escalate_cases(
            WorkerContext(
                Settings(data=folder), w.db, clock, w.seal, GuardedGateway(w.gateway), port, files, NO_CARRIERS
            )
        )
        assert (await grove.see()).assignee == assignee
    assert [name for name, _ in await grove.list_told()][1:] == [
        "claim_late", "claim_late_seller", "claim_waiting_finance", "claim_waiting_finance",
    ]  # fmt: skip
