"""Agreements and terms are approved by another person; a county may require that of a month."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from market.kernel import Connection, FieldFault, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor, NotAllowed
from market.people.storage.sent_bytes import TooManyBytes
from market.subsidies.agreements.agreements import (
    decide_agreement,
    list_agreements,
    propose_agreement,
    read_agreement_document,
)
from market.subsidies.agreements.models import (
    AgreementDecided,
    AgreementInvalid,
    AgreementMissing,
    AgreementNotFound,
    AgreementRate,
    NewAgreement,
    SecondTermsPart,
    TermsNotApproved,
    TooManyAgreements,
)
from market.subsidies.agreements.terms import (
    approve_terms,
    list_terms_files,
    require_agreements,
    require_approved_terms,
)
from market.subsidies.names import Operator
from tests.story.play import COUNTY, nine_o_clock
from tests.support.make import SEAL
from tests.support.postgres import as_owner

NOW = nine_o_clock("2019-02-04")
JANUARY = date(2019, 1, 1)
FIRST = NewAgreement(
    operator=Operator.MOBILE, name="样例移动协议", rates=[AgreementRate(programme="P1", concession_bp=7000)],
    start=date(2018, 10, 1),
    document_name="协议.pdf", document="样例协议".encode(),
)  # fmt: skip


class Office:
    """Proposes and approves in one transaction of the county."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    async def actor(self, handle: str) -> Actor:
        found = await find_actor_by_handle(self.conn, handle, day=NOW.date())
        assert found is not None
        return found

    async def propose(self, new: NewAgreement, *, who: str = "jiang") -> UUID:
        return await propose_agreement(self.conn, SEAL, await self.actor(who), COUNTY, new, now=NOW)

    async def decide(self, agreement_id: UUID, *, who: str = "xian", approve: bool = True) -> None:
        await decide_agreement(self.conn, await self.actor(who), COUNTY, agreement_id, approve=approve, now=NOW)

    async def approve(self, file_id: UUID, *, who: str = "xian") -> None:
        await approve_terms(self.conn, await self.actor(who), COUNTY, file_id, now=NOW)

    async def fail(self, work: Any) -> Refusal:
        attempt = self.conn.transaction()
        await attempt.start()
        try:
            await work
        except Refusal as refusal:
            return refusal
        finally:
            await attempt.rollback()
        raise AssertionError("it was done")

    async def require(self, name: str) -> None:
        """Let the county require approved terms or agreements."""
        async with as_owner(self.conn):
            await self.conn.execute(
                "INSERT INTO county_settings (county_code, name, valid_during, value, basis)"
                " VALUES ($1, $2, '[2019-01-01,)', 1, '样例')",
                COUNTY, name,
            )  # fmt: skip

    async def grant(self, handle: str, role: str, scope: str = COUNTY) -> None:
        async with as_owner(self.conn):
            await self.conn.execute(
                "INSERT INTO grants (account_id, role, scope, valid_during)"
                " SELECT id, $2, $3, '[2018-01-01,)' FROM accounts WHERE handle = $1",
                handle, role, scope,
            )  # fmt: skip


async def test_an_agreement_counts_once_another_person_approves_it_and_ends_the_one_before(county: Connection) -> None:
    office = Office(county)
    wrong = replace(FIRST, name=" ", rates=[], until=date(2018, 10, 1), document=b"")
    refusal = await office.fail(office.propose(wrong))
    assert isinstance(refusal, AgreementInvalid)
    assert [each.field for each in refusal.errors] == ["name", "rates", "until", "document"]
    bad = [AgreementRate(programme=code, concession_bp=rate) for code, rate in (("P9", 1), ("P1", 10001), ("P1", 1))]
    refusal = await office.fail(
        office.propose(replace(FIRST, rates=[*bad, AgreementRate(programme="P3", concession_bp=-1)]))
    )
    assert [(each.field, each.message[:5]) for each in refusal.errors if isinstance(each, FieldFault)] == [
        ("rates.P9", "本县没有这"), ("rates.P1", "一个项目只"), ("rates.P1", "一个项目只"), ("rates.P3", "让利比例应"),
    ]  # fmt: skip
    assert isinstance(await office.fail(office.propose(FIRST, who="zhen")), NotAllowed)
    first = await office.propose(FIRST)
    assert isinstance(await office.fail(office.decide(first, who="jiang")), NotAllowed)
    await office.grant("jiang", "county")
    assert isinstance(await office.fail(office.decide(first, who="jiang")), SecondTermsPart)
    await office.decide(first)
    assert isinstance(await office.fail(office.decide(first)), AgreementDecided)
    for name, refused in (("agreements.MAX_WAITING_AGREEMENTS", TooManyAgreements), ("", TooManyBytes)):
        with pytest.MonkeyPatch.context() as patched:
            whole = (
                f"market.subsidies.agreements.{name}" if name else "market.people.storage.sent_bytes.MAX_BYTES_A_DAY"
            )
            patched.setattr(whole, 0)
            assert isinstance(await office.fail(office.propose(FIRST)), refused)
    # One that begins before the first cannot be approved beside it; a later one ends it; a refused one counts nothing.
    early = await office.propose(replace(FIRST, start=date(2018, 9, 1)))
    assert isinstance(await office.fail(office.decide(early)), AgreementDecided)
    await office.decide(early, approve=False)
    later = await office.propose(replace(FIRST, name="样例新协议", start=date(2019, 1, 16)))
    await office.decide(later)
    listed = [(each.name, each.start, each.until, each.outcome) for each in await list_agreements(county, COUNTY)]
    assert listed == [
        ("样例新协议", date(2019, 1, 16), None, "approved"),
        ("样例移动协议", date(2018, 10, 1), date(2019, 1, 16), "approved"),
        ("样例移动协议", date(2018, 9, 1), None, "refused"),
    ]
    assert await read_agreement_document(county, SEAL, COUNTY, later) == "样例协议".encode()
    assert "样例协议".encode() not in await county.fetchval("SELECT document_sealed FROM agreements LIMIT 1")
    for statement in (
        "UPDATE agreements SET outcome = 'refused' WHERE outcome = 'approved'",
        "UPDATE agreements SET valid_during = daterange(lower(valid_during), NULL) WHERE replaced_by IS NOT NULL",
        "UPDATE agreement_rates SET concession_bp = 0",
        "INSERT INTO agreement_rates SELECT id, county_code, 'P3', 1 FROM agreements WHERE outcome IS NOT NULL",
        "DELETE FROM agreements",
    ):
        with pytest.raises(asyncpg.PostgresError, match=r"decided before|append-only"):
            async with county.transaction(), as_owner(county):
                await county.execute(statement)


async def test_terms_are_approved_by_another_person_before_a_month_is_decided(county: Connection) -> None:
    office = Office(county)
    run_id = await county.fetchval("SELECT run_id FROM cycles WHERE month = '2019-01-01'")
    check: dict[str, Any] = {"run_id": run_id, "now": NOW}
    await require_approved_terms(county, COUNTY, JANUARY, **check)
    await office.require("terms_approved")
    refusal = await office.fail(require_approved_terms(county, COUNTY, JANUARY, **check))
    assert isinstance(refusal, TermsNotApproved)
    assert refusal.facts["files"] == "plans.csv、programmes.json"
    files = {each.kind: each for each in await list_terms_files(county, COUNTY)}
    assert {kind: each.approved_by for kind, each in files.items()} == {"programmes": "", "plans": ""}
    await office.grant("jiang", "county")
    assert isinstance(await office.fail(office.approve(files["plans"].id, who="jiang")), SecondTermsPart)
    bill = await county.fetchval("SELECT id FROM import_files WHERE kind = 'billing' LIMIT 1")
    assert isinstance(await office.fail(office.approve(bill)), AgreementNotFound)
    for each in files.values():
        await office.approve(each.id)
    assert isinstance(await office.fail(office.approve(files["plans"].id)), AgreementDecided)
    await require_approved_terms(county, COUNTY, JANUARY, **check)
    assert {each.approved_by for each in await list_terms_files(county, COUNTY)} == {"样例县某"}


async def test_operators_without_an_agreement_at_the_rates_of_the_terms_are_not_settled(county: Connection) -> None:
    office = Office(county)
    run_id = await county.fetchval("SELECT run_id FROM cycles WHERE month = '2019-01-01'")

    async def find_missing() -> str:
        try:
            await require_agreements(county, COUNTY, JANUARY, run_id=run_id, now=NOW)
        except AgreementMissing as refusal:
            return str(refusal.facts["problems"])
        return ""

    assert await find_missing() == ""
    await office.require("agreements_required")
    none = "没有管整个月的审定的协议"
    assert await find_missing() == f"移动{none}；电信{none}；联通{none}"
    # P1 is conceded at 70 %, P3 at 50 %, and P2 is the county's alone, which no agreement needs to name.
    both = [AgreementRate(programme=code, concession_bp=rate) for code, rate in (("P1", 7000), ("P3", 5000))]
    for operator in (Operator.MOBILE, Operator.TELECOM):
        await office.decide(await office.propose(replace(FIRST, operator=operator, rates=both)))
    assert await find_missing() == f"联通{none}"
    await office.decide(await office.propose(replace(FIRST, operator=Operator.UNICOM, start=date(2019, 1, 2))))
    assert await find_missing() == f"联通{none}；联通 P3 协议让利 0%，标准 50%"
    other = replace(
        FIRST, operator=Operator.TELECOM, start=date(2019, 1, 31), rates=[both[1], replace(both[0], concession_bp=6999)]
    )
    await office.decide(await office.propose(other))
    assert await find_missing() == f"电信 P1 协议让利 69.99%，标准 70%；联通{none}；联通 P3 协议让利 0%，标准 50%"
    with pytest.raises(asyncpg.PostgresError, match="has no rate"):
        async with county.transaction():
            await county.execute(
                "INSERT INTO agreements (county_code, operator, name, valid_during, document_name, document_sha256,"
                " document_sealed, proposed_by, proposed_at) SELECT county_code, operator, name, valid_during,"
                " document_name, document_sha256, document_sealed, proposed_by, proposed_at FROM agreements LIMIT 1;"
                " SET CONSTRAINTS ALL IMMEDIATE"
            )
